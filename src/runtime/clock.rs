//! Reads the machine's clocks. No other file does; time is passed on as an argument.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::base::time::{Mono, Now, Wall};

/// Monotonic and wall clock. Copies share one origin, so their times can be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    /// Wall time at the origin. It is read only once, so jumps of the wall clock change nothing.
    wall: Wall,
}

impl Clock {
    /// Creates a clock whose monotonic time starts at 0 now.
    #[allow(clippy::disallowed_methods, reason = "the only place that reads the clock")]
    pub(crate) fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { origin: Instant::now(), wall: Wall(0) + wall }
    }

    /// Returns this clock with a wall time that is not before `last`.
    ///
    /// If the wall clock was set back since `last`, stored times would be too far in the future.
    pub(crate) fn no_earlier_than(self, last: Wall) -> Self {
        Self { wall: self.wall.max(last), ..self }
    }

    /// Returns the monotonic time.
    #[allow(clippy::disallowed_methods, reason = "the only place that reads the clock")]
    pub(crate) fn mono(&self) -> Mono {
        Mono(0) + self.origin.elapsed()
    }

    /// Returns both times.
    pub(crate) fn now(&self) -> Now {
        let mono = self.mono();
        Now { mono, wall: self.wall + mono.since(Mono(0)) }
    }
}

/// Returns the CPU time of all threads of this process.
pub(crate) fn cpu_of_process() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}

/// Returns the CPU time of this thread.
pub(crate) fn cpu_of_thread() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime))
}

fn duration(time: Timespec) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}
