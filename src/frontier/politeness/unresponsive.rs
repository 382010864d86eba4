//! A cap on the fetch slots of unresponsive hosts. A host that hangs keeps a slot until a timeout, so a few hundred of them
//! would take every slot from the others.

/// Leases of hosts that never answered, or did not at the last attempt.
#[derive(Debug)]
pub(super) struct UnresponsiveCap {
    /// Half of the fetch slots; at least 1.
    limit: usize,
    /// Leases issued for unresponsive hosts and not settled.
    in_flight: usize,
    /// Whether any host has answered. Until then the network may be at fault, and there is no cap.
    has_answer: bool,
}

impl UnresponsiveCap {
    /// The cap for this number of fetch slots.
    pub(super) fn new(slots: usize) -> Self {
        Self { limit: (slots / 2).max(1), in_flight: 0, has_answer: false }
    }

    /// Returns true if one more lease may go to an unresponsive host.
    pub(super) fn has_room(&self) -> bool {
        !self.has_answer || self.in_flight < self.limit
    }

    /// Counts a lease issued for an unresponsive host.
    pub(super) fn issued(&mut self) {
        self.in_flight += 1;
    }

    /// Counts such a lease as settled.
    pub(super) fn settled(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Notes that some host has answered.
    pub(super) fn answered(&mut self) {
        self.has_answer = true;
    }
}
