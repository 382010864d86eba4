//! The one place that reads the machine's clocks; actors pass what it says on as an argument.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::base::time::{Mono, Now, Wall};

/// Reads the clocks. Copies share one origin, so their monotonic times compare.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    /// What the wall clock showed then. It is read once: if it jumps, whatever was counted by it stays right.
    wall: Wall,
}

impl Clock {
    /// A clock whose monotonic time starts at zero now.
    #[allow(clippy::disallowed_methods, reason = "this is where time enters")]
    pub(crate) fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { origin: Instant::now(), wall: Wall(0) + wall }
    }

    /// The same clock, if need be with a wall time that goes on from `last`: it was set back since, and what was to wait
    /// until some moment then would wait for as long again.
    pub(crate) fn no_earlier_than(self, last: Wall) -> Self {
        Self { wall: self.wall.max(last), ..self }
    }

    /// The monotonic time.
    #[allow(clippy::disallowed_methods, reason = "this is where time enters")]
    pub(crate) fn mono(&self) -> Mono {
        Mono(0) + self.origin.elapsed()
    }

    /// Both times.
    pub(crate) fn now(&self) -> Now {
        let mono = self.mono();
        Now { mono, wall: self.wall + mono.since(Mono(0)) }
    }
}

/// Processor time that this process has used, by all its threads.
pub(crate) fn cpu_of_process() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}

/// Processor time that this thread has used.
pub(crate) fn cpu_of_thread() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime))
}

fn duration(time: Timespec) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}
