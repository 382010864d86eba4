//! The invariants that keep every URL although the store answers late. Only tests can break them, one at a time, to prove
//! that the model of the whole protocol notices.

/// An invariant of the frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invariant {
    /// A batch waits until its own links are decided.
    Wait,
    /// A batch is remembered until it is committed and the query that was out at that moment has returned.
    Remember,
    /// Everything queued up to a host's read position is a head or leased.
    Heads,
    /// The floors of a queue are those at the cut of its batch: what left the queue later is not in that commit.
    Floors,
    /// An evicted host has a due time that the reading of the due index has not passed.
    DueTime,
}

#[cfg(test)]
thread_local! {
    /// The invariant that the test of this thread breaks.
    pub(super) static BROKEN: std::cell::Cell<Option<Invariant>> = const { std::cell::Cell::new(None) };
}

impl Invariant {
    /// Returns true. Only tests turn an invariant off.
    #[cfg(not(test))]
    pub(super) const fn is_kept(self) -> bool {
        true
    }

    /// Returns false if the test of this thread breaks it.
    #[cfg(test)]
    pub(super) fn is_kept(self) -> bool {
        BROKEN.get() != Some(self)
    }
}
