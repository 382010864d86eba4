//! Shares of the fetch slots. A host that hangs keeps a slot until a timeout, so a few hundred of them would take every slot
//! from the others.

/// What a host has shown so far, which decides its share of the fetch slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostClass {
    /// Its last page lease ended with a whole answer.
    Responsive,
    /// It has not been asked for a page, or its last answer was not whole.
    Untested,
    /// It did not answer at the last attempt.
    Unresponsive,
}

/// Leases of hosts that are not responsive, and how many of them may be out.
#[derive(Debug)]
pub(super) struct SlotShares {
    /// Maximum number of these leases: three quarters of the fetch slots, at least 1.
    limit: usize,
    /// Maximum number of those of unresponsive hosts: half of the fetch slots, at least 1.
    unresponsive_limit: usize,
    /// Leases issued for untested hosts and not settled.
    untested: usize,
    /// The same for unresponsive hosts, and stalled leases of responsive ones.
    unresponsive: usize,
    /// Whether any host has answered. Until then the network may be at fault, and there is no limit.
    has_answer: bool,
    /// Whether any page was whole. Until then, slots that are kept from untested hosts would be of use to none.
    has_page: bool,
}

impl SlotShares {
    /// The shares of this number of fetch slots.
    pub(super) fn new(slots: usize) -> Self {
        let (limit, unresponsive_limit) = ((slots - slots / 4).max(1), (slots / 2).max(1));
        Self { limit, unresponsive_limit, untested: 0, unresponsive: 0, has_answer: false, has_page: false }
    }

    /// Returns true if one more lease may go to a host of this class.
    pub(super) fn has_room(&self, class: HostClass) -> bool {
        let has_room = self.untested + self.unresponsive < self.limit;
        !self.has_answer
            || match class {
                HostClass::Responsive => true,
                HostClass::Untested => has_room || !self.has_page,
                HostClass::Unresponsive => has_room && self.unresponsive < self.unresponsive_limit,
            }
    }

    /// Counts a lease issued for a host of this class.
    pub(super) fn issued(&mut self, class: HostClass) {
        match class {
            HostClass::Responsive => {}
            HostClass::Untested => self.untested += 1,
            HostClass::Unresponsive => self.unresponsive += 1,
        }
    }

    /// Counts such a lease as settled.
    pub(super) fn settled(&mut self, class: HostClass) {
        match class {
            HostClass::Responsive => {}
            HostClass::Untested => self.untested = self.untested.saturating_sub(1),
            HostClass::Unresponsive => self.unresponsive = self.unresponsive.saturating_sub(1),
        }
    }

    /// Notes that some host has answered.
    pub(super) fn answered(&mut self) {
        self.has_answer = true;
    }

    /// Notes that some page was whole.
    pub(super) fn page_was_whole(&mut self) {
        self.has_page = true;
    }
}
