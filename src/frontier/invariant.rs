//! The rules that keep every URL over a store that answers late. Tests break them, one at a time, to prove that the model
//! of the whole protocol notices; nothing else can.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invariant {
    /// A batch waits for its own questions.
    Wait,
    /// A batch is remembered until it is committed and the question that was out at that moment is home.
    Remember,
    /// Everything queued up to a host's read position is a head or leased.
    Heads,
    /// Where a queue begins is what was so when its batch was cut: what has left it since is not in that commit.
    Floors,
    /// Who goes to rest has a turn that the reading of the due order has not passed.
    Turn,
}

#[cfg(test)]
thread_local! {
    /// The rule that the test of this thread breaks.
    pub(super) static BROKEN: std::cell::Cell<Option<Invariant>> = const { std::cell::Cell::new(None) };
}

impl Invariant {
    /// Whether it is kept: always.
    #[cfg(not(test))]
    pub(super) const fn is_kept(self) -> bool {
        true
    }

    /// Whether it is kept in this test.
    #[cfg(test)]
    pub(super) fn is_kept(self) -> bool {
        BROKEN.get() != Some(self)
    }
}
