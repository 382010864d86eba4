//! Time as data. The frontier and all of rank 0 take `now` as an argument, so tests and simulations control the clock.

use std::{
    ops::{Add, AddAssign},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// A point on the monotonic clock, in nanoseconds since the crawl's clock was created. Never goes back. Has no meaning in
/// another process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mono(pub u64);

/// A point on the wall clock, in milliseconds since the Unix epoch. Used for stored times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Wall(pub u64);

/// Both clocks read at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Now {
    /// For times within this process.
    pub mono: Mono,
    /// For times that must survive a restart.
    pub wall: Wall,
}

impl Mono {
    /// The time from `earlier` to `self`; zero if `earlier` is later.
    #[must_use]
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl AddAssign<Duration> for Mono {
    fn add_assign(&mut self, time: Duration) {
        *self = *self + time;
    }
}

impl Wall {
    /// The time from `earlier` to `self`; zero if `earlier` is later.
    #[must_use]
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Wall {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Now {
    /// Converts a monotonic time in the future to wall-clock time. Past times become now.
    #[must_use]
    pub(crate) fn wall_at(self, at: Mono) -> Wall {
        self.wall + at.since(self.mono)
    }

    /// Converts a monotonic time in the past to wall-clock time. Future times become now.
    #[must_use]
    pub(crate) fn wall_of_past(self, at: Mono) -> Wall {
        let passed = u64::try_from(self.mono.since(at).as_millis()).unwrap_or(u64::MAX);
        Wall(self.wall.0.saturating_sub(passed))
    }

    /// Converts a wall-clock time in the past to monotonic time, as if the clock never jumped. Times before this process
    /// become its start, future times become now.
    #[must_use]
    pub(crate) fn mono_of_past(self, at: Wall) -> Mono {
        let passed = u64::try_from(self.wall.since(at).as_nanos()).unwrap_or(u64::MAX);
        Mono(self.mono.0.saturating_sub(passed))
    }

    /// Converts a wall-clock time in the future to monotonic time, as if the clock never jumps. Past times become now.
    #[must_use]
    pub(crate) fn mono_at(self, at: Wall) -> Mono {
        self.mono + at.since(self.wall)
    }
}
