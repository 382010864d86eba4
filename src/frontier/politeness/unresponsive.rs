//! Fair between hosts that answer and hosts that may not: a host that hangs keeps a fetch slot for as long as a timeout
//! lasts, so some hundred of them would take every slot from the others.

/// Counts the slots that doubtful hosts have: those that have never answered, or did not at the last attempt.
#[derive(Debug)]
pub(crate) struct UnresponsiveCap {
    /// Half of the fetch slots, at least one.
    limit: usize,
    /// Leases out to doubtful hosts.
    out: usize,
    /// Whether any host has answered: until then it may be the network that does not.
    has_answer: bool,
}

impl UnresponsiveCap {
    /// For so many fetch slots.
    pub(crate) fn new(slots: usize) -> Self {
        Self { limit: (slots / 2).max(1), out: 0, has_answer: false }
    }

    /// Whether one more lease may go to a doubtful host.
    pub(crate) fn has_room(&self) -> bool {
        !self.has_answer || self.out < self.limit
    }

    /// A doubtful host got a lease.
    pub(crate) fn lent(&mut self) {
        self.out += 1;
    }

    /// It came home.
    pub(crate) fn home(&mut self) {
        self.out = self.out.saturating_sub(1);
    }

    /// Some host has answered.
    pub(crate) fn answered(&mut self) {
        self.has_answer = true;
    }
}
