//! A host's delay, lengthened while it fails or slows down.
//!
//! A failure (429, 503, timeout, reset) multiplies the delay. Without further failures the delay is held for a while and
//! then shrinks slowly to the configured one. Answers that take longer than usual lengthen the delay by the same factor.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::time::{Mono, Now, Wall};

/// Factor for the delay after a failure, and after the second and later consecutive ones.
const FIRST_FACTOR: f64 = 1.25;
const REPEATED_FACTOR: f64 = 2.0;

/// Shortest delay of a failing host, so that there is something to multiply if none is configured.
const MIN_RAISED: Duration = Duration::from_millis(50);

/// Longest lengthened delay.
const MAX_RAISED: Duration = Duration::from_secs(60);

/// Time that a delay is held after a failure. With less, a host with a rate limit would be pushed over it again and again.
const HOLD: Duration = Duration::from_secs(30);

/// Time from the end of the hold until the delay is the configured one again.
const RETURN: Duration = Duration::from_secs(240);

/// A host is slow if its recent latency is this many times the usual one, and at least this much longer, in seconds.
const SLOW_FACTOR: f64 = 2.0;
const SLOW_MARGIN: f64 = 0.1;

/// Maximum factor for the delay of a slow host.
const MAX_SLOWDOWN: f64 = 10.0;

/// Weight of a new latency in the recent one, and in the usual one, which follows faster downwards.
const RECENT_WEIGHT: f64 = 0.25;
const USUAL_WEIGHT_UP: f64 = 0.01;
const USUAL_WEIGHT_DOWN: f64 = 0.03;

/// Number of answers whose plain mean is the first usual latency; before that no host is slow.
const FIRST_ANSWERS: u8 = 20;

/// The adaptive delay in a host's row: milliseconds and seconds, with less precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredAdaptiveDelay {
    raised: Option<(u32, Wall)>,
    is_repeated: bool,
    latency: Option<(f32, f32)>,
    answers: u8,
}

/// The adaptive delay of one host.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AdaptiveDelay {
    /// The delay after the last failure, and the time of that failure.
    raised: Option<(Duration, Mono)>,
    /// Whether the last attempt failed.
    is_repeated: bool,
    /// Seconds from request to answer: recent and usual.
    latency: Option<(f64, f64)>,
    /// Answers counted in `latency`, up to [`FIRST_ANSWERS`].
    answers: u8,
}

impl AdaptiveDelay {
    /// Returns the delay for a configured delay of `base`: that, or longer.
    pub(super) fn delay(&self, base: Duration, now: Mono) -> Duration {
        let slowed = base.mul_f64(self.slowdown()).min(MAX_RAISED.max(base));
        self.raised_delay(base, now).max(slowed)
    }

    /// Notes that a request started at `started` failed. Several failures in flight at the same time count as one, and so
    /// do those soon after the delay grew: the host still counts the earlier requests.
    pub(super) fn failed(&mut self, base: Duration, started: Mono, now: Mono) {
        if self.raised.is_some_and(|(delay, at)| started < at + 2 * delay) {
            return;
        }
        let factor = if self.is_repeated { REPEATED_FACTOR } else { FIRST_FACTOR };
        let raised = self.delay(base, now).max(MIN_RAISED).mul_f64(factor).min(MAX_RAISED.max(base));
        self.raised = Some((raised, now));
        self.is_repeated = true;
    }

    /// Notes that a request was answered after `latency`.
    pub(super) fn answered(&mut self, latency: Duration) {
        self.is_repeated = false;
        let sample = latency.as_secs_f64();
        let (recent, usual) = self.latency.unwrap_or((sample, sample));
        let weight = match self.answers {
            first @ 0..FIRST_ANSWERS => 1.0 / f64::from(first + 1),
            FIRST_ANSWERS.. if sample < usual => USUAL_WEIGHT_DOWN,
            FIRST_ANSWERS.. => USUAL_WEIGHT_UP,
        };
        self.answers = self.answers.saturating_add(1).min(FIRST_ANSWERS);
        self.latency = Some((recent + RECENT_WEIGHT * (sample - recent), usual + weight * (sample - usual)));
    }

    /// Returns the form for the host's row.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits of a latency are enough")]
    pub(crate) fn to_stored(self, now: Now) -> StoredAdaptiveDelay {
        let millis = |delay: Duration| u32::try_from(delay.as_millis()).unwrap_or(u32::MAX);
        let raised = self.raised.map(|(delay, at)| (millis(delay), now.wall_of_past(at)));
        let latency = self.latency.map(|(recent, usual)| (recent as f32, usual as f32));
        StoredAdaptiveDelay { raised, is_repeated: self.is_repeated, latency, answers: self.answers }
    }

    /// Restores the delay from a row. A failure before this process started counts as one at its start, which only holds
    /// the delay longer.
    pub(crate) fn from_stored(stored: &StoredAdaptiveDelay, now: Now) -> Self {
        let is_over = |at: Wall| now.wall.since(at) >= HOLD + RETURN;
        let raised = stored.raised.filter(|(_, at)| !is_over(*at));
        let raised = raised.map(|(delay, at)| (Duration::from_millis(delay.into()), now.mono_of_past(at)));
        let latency = stored.latency.filter(|(recent, usual)| recent.is_finite() && usual.is_finite());
        let latency = latency.map(|(recent, usual)| (recent.into(), usual.into()));
        Self { raised, is_repeated: stored.is_repeated, latency, answers: stored.answers.min(FIRST_ANSWERS) }
    }

    /// Returns how many times slower than usual the host is; 1 if it is not slow.
    fn slowdown(&self) -> f64 {
        match self.latency {
            Some(_) if self.answers < FIRST_ANSWERS => 1.0,
            Some((recent, usual)) if recent > usual * SLOW_FACTOR && recent > usual + SLOW_MARGIN => {
                (recent / usual).min(MAX_SLOWDOWN)
            }
            Some(_) | None => 1.0,
        }
    }

    /// Returns the delay by failures alone. It shrinks by the same factor each second, so that the return to `base`
    /// always takes the same time.
    fn raised_delay(&self, base: Duration, now: Mono) -> Duration {
        let Some((raised, at)) = self.raised else { return base };
        let returned = now.since(at).saturating_sub(HOLD).div_duration_f64(RETURN);
        if returned >= 1.0 || raised <= base {
            return base;
        }
        let end = base.max(MIN_RAISED / 4);
        raised.mul_f64(end.div_duration_f64(raised).powf(returned)).max(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_millis(200);

    fn at(seconds: u64) -> Mono {
        Mono(seconds * 1_000_000_000)
    }

    #[test]
    fn failures_multiply_the_delay_for_a_while() {
        let mut delay = AdaptiveDelay::default();
        assert_eq!(delay.delay(BASE, at(0)), BASE);
        delay.failed(BASE, at(0), at(1));
        assert_eq!(delay.delay(BASE, at(1)).as_millis(), 250);
        delay.failed(BASE, at(0), at(2));
        assert_eq!(delay.delay(BASE, at(2)).as_millis(), 250, "it started before the delay grew");
        delay.failed(BASE, at(2), at(3));
        assert_eq!(delay.delay(BASE, at(33)).as_millis(), 500);
        let shrinking = delay.delay(BASE, at(150)).as_millis();
        assert!((300..330).contains(&shrinking), "{shrinking}");
        assert_eq!(delay.delay(BASE, at(3 + 270)), BASE);
        let mut now = at(1000);
        (0..20).for_each(|_| {
            now += 2 * delay.delay(BASE, now);
            delay.failed(BASE, now, now);
        });
        assert!(delay.delay(BASE, now) > MAX_RAISED / 4 && delay.delay(BASE, now) <= MAX_RAISED);
        assert_eq!(delay.delay(Duration::from_secs(100), now).as_secs(), 100);
        let mut delay = AdaptiveDelay::default();
        delay.failed(Duration::ZERO, at(0), at(0));
        assert!(delay.delay(Duration::ZERO, at(0)) > MIN_RAISED && delay.delay(Duration::ZERO, at(270)).is_zero());
    }

    #[test]
    fn a_restart_keeps_the_delay() {
        let mut delay = AdaptiveDelay::default();
        (0..20).for_each(|_| delay.answered(Duration::from_millis(100)));
        delay.failed(BASE, at(5), at(6));
        let then = Now { mono: at(6), wall: Wall(1_000_000) };
        let stored = delay.to_stored(then);
        let at_wall = |wall| Now { mono: at(2), wall: Wall(wall) };
        let restored = AdaptiveDelay::from_stored(&stored, at_wall(1_001_000));
        assert_eq!(restored.delay(BASE, at(2)), delay.delay(BASE, at(7)));
        let much_later = AdaptiveDelay::from_stored(&stored, at_wall(2_000_000));
        assert_eq!(much_later.delay(BASE, at(2)), BASE);
        assert_eq!(AdaptiveDelay::from_stored(&StoredAdaptiveDelay::default(), then).delay(BASE, at(6)), BASE);
    }

    #[test]
    fn a_slow_host_is_asked_less_often() {
        let mut delay = AdaptiveDelay::default();
        (0..20).for_each(|_| delay.answered(Duration::from_millis(100)));
        assert_eq!(delay.delay(BASE, at(0)), BASE);
        (0..20).for_each(|_| delay.answered(Duration::from_millis(800)));
        let slowed = delay.delay(BASE, at(0));
        assert!(slowed > BASE * 3 && slowed < BASE * 8, "{slowed:?}");
        assert!(delay.delay(Duration::ZERO, at(0)).is_zero(), "no delay to lengthen");
        (0..20).for_each(|_| delay.answered(Duration::from_millis(100)));
        assert_eq!(delay.delay(BASE, at(0)), BASE);
    }

    #[test]
    fn noise_does_not_lengthen_the_delay() {
        let (mut delay, mut rng) = (AdaptiveDelay::default(), fastrand::Rng::with_seed(1));
        // The first answer is quick, as for a robots.txt.
        delay.answered(Duration::from_millis(2));
        let slowed = (0..2000).filter(|_| {
            delay.answered(Duration::from_millis(rng.u64(5..300)));
            delay.delay(BASE, at(0)) > BASE
        });
        let slowed = slowed.count();
        assert!(slowed < 100, "{slowed} of 2000");
    }
}
