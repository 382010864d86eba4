//! The one place that reads the machine's clocks; actors pass what it says on as an argument.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::time::{Mono, Now, Wall};

/// Reads the clocks. Copies share one origin, so their monotonic times compare.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock whose monotonic time starts at zero now.
    #[allow(clippy::disallowed_methods, reason = "this is where time enters")]
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// The monotonic time.
    #[allow(clippy::disallowed_methods, reason = "this is where time enters")]
    pub(crate) fn mono(&self) -> Mono {
        Mono(0) + self.origin.elapsed()
    }

    /// Both times.
    #[allow(clippy::disallowed_methods, reason = "this is where time enters")]
    pub(crate) fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: self.mono(), wall: Wall(0) + wall }
    }
}
