//! How much longer than configured a host's delay is. Trouble (429, 503, timeouts, resets) multiplies it; without trouble
//! it is held for a while and then shrinks, slowly, to what is configured. Answers that take longer than they used to
//! lengthen it by as much.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::time::{Mono, Now, Wall};

/// What one trouble makes of the delay, and what a second one in a row does.
const FIRST: f64 = 1.25;
const REPEATED: f64 = 2.0;

/// The shortest delay of a host in trouble: where none is configured, there must be something to multiply.
const LEAST: Duration = Duration::from_millis(50);

/// The longest.
const MOST: Duration = Duration::from_secs(60);

/// How long a delay is held after trouble: shorter, and a host with a limit would be pushed over it again and again.
const HOLD: Duration = Duration::from_secs(30);

/// How long after the hold the delay is what is configured again.
const RETURN: Duration = Duration::from_secs(240);

/// How many times its usual latency counts as slow, how much slower that must be at least, and how many times the delay
/// grows for it at most.
const SLOW: f64 = 2.0;
const SLOWER_BY: f64 = 0.1;
const MOST_SLOWED: f64 = 10.0;

/// How much of a new latency goes into the recent ones, and into the usual ones: those follow downwards faster.
const RECENT: f64 = 0.25;
const USUAL_UP: f64 = 0.01;
const USUAL_DOWN: f64 = 0.03;

/// Answers before anything is called usual: their plain mean is where the usual latency begins.
const FIRST_ANSWERS: u8 = 20;

/// One host's as its row keeps it: milliseconds and seconds, with the precision that is worth keeping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Saved {
    raised: Option<(u32, Wall)>,
    is_repeated: bool,
    latency: Option<(f32, f32)>,
    answers: u8,
}

/// One host's.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AdaptiveDelay {
    /// The delay after the last trouble, and when that was.
    raised: Option<(Duration, Mono)>,
    /// Whether the last attempt was in trouble.
    is_repeated: bool,
    /// Seconds from request to answer: of late, and as usual.
    latency: Option<(f64, f64)>,
    /// Answers that went into it, up to [`FIRST_ANSWERS`].
    answers: u8,
}

impl AdaptiveDelay {
    /// The delay where `base` is configured: that, or longer.
    pub(crate) fn delay(&self, base: Duration, now: Mono) -> Duration {
        let slowed = base.mul_f64(self.slowness()).min(MOST.max(base));
        self.raised_delay(base, now).max(slowed)
    }

    /// A request that went out at `started` met with trouble. Several under way at the same time are one trouble, and so
    /// are those that a host still counts against us right after the delay grew.
    pub(crate) fn trouble(&mut self, base: Duration, started: Mono, now: Mono) {
        if self.raised.is_some_and(|(delay, at)| started < at + 2 * delay) {
            return;
        }
        let factor = if self.is_repeated { REPEATED } else { FIRST };
        let raised = self.delay(base, now).max(LEAST).mul_f64(factor).min(MOST.max(base));
        self.raised = Some((raised, now));
        self.is_repeated = true;
    }

    /// A request was answered in this time.
    pub(crate) fn ease(&mut self, latency: Duration) {
        self.is_repeated = false;
        let sample = latency.as_secs_f64();
        let (recent, usual) = self.latency.unwrap_or((sample, sample));
        let share = match self.answers {
            first @ 0..FIRST_ANSWERS => 1.0 / f64::from(first + 1),
            FIRST_ANSWERS.. if sample < usual => USUAL_DOWN,
            FIRST_ANSWERS.. => USUAL_UP,
        };
        self.answers = self.answers.saturating_add(1).min(FIRST_ANSWERS);
        self.latency = Some((recent + RECENT * (sample - recent), usual + share * (sample - usual)));
    }

    /// What the row keeps.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits of a latency are enough")]
    pub(crate) fn saved(&self, now: Now) -> Saved {
        let millis = |delay: Duration| u32::try_from(delay.as_millis()).unwrap_or(u32::MAX);
        let raised = self.raised.map(|(delay, at)| (millis(delay), now.wall_of_past(at)));
        let latency = self.latency.map(|(recent, usual)| (recent as f32, usual as f32));
        Saved { raised, is_repeated: self.is_repeated, latency, answers: self.answers }
    }

    /// Goes on from there. What grew before this process began counts as grown at its beginning, which only holds it
    /// longer.
    pub(crate) fn restored(saved: &Saved, now: Now) -> Self {
        let is_over = |at: Wall| now.wall.since(at) >= HOLD + RETURN;
        let raised = saved.raised.filter(|(_, at)| !is_over(*at));
        let raised = raised.map(|(delay, at)| (Duration::from_millis(delay.into()), now.mono_of_past(at)));
        let latency = saved.latency.filter(|(recent, usual)| recent.is_finite() && usual.is_finite());
        let latency = latency.map(|(recent, usual)| (recent.into(), usual.into()));
        Self { raised, is_repeated: saved.is_repeated, latency, answers: saved.answers.min(FIRST_ANSWERS) }
    }

    /// How many times slower than usual the host is; 1 when that is little.
    fn slowness(&self) -> f64 {
        match self.latency {
            Some(_) if self.answers < FIRST_ANSWERS => 1.0,
            Some((recent, usual)) if recent > usual * SLOW && recent > usual + SLOWER_BY => {
                (recent / usual).min(MOST_SLOWED)
            }
            Some(_) | None => 1.0,
        }
    }

    /// The delay after trouble shrinks by the same factor each second, so that it always takes as long.
    fn raised_delay(&self, base: Duration, now: Mono) -> Duration {
        let Some((raised, at)) = self.raised else { return base };
        let returned = now.since(at).saturating_sub(HOLD).div_duration_f64(RETURN);
        if returned >= 1.0 || raised <= base {
            return base;
        }
        let end = base.max(LEAST / 4);
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
    fn trouble_multiplies_and_passes() {
        let mut throttle = AdaptiveDelay::default();
        assert_eq!(throttle.delay(BASE, at(0)), BASE);
        throttle.trouble(BASE, at(0), at(1));
        assert_eq!(throttle.delay(BASE, at(1)).as_millis(), 250);
        throttle.trouble(BASE, at(0), at(2));
        assert_eq!(throttle.delay(BASE, at(2)).as_millis(), 250, "it went out before the delay grew");
        throttle.trouble(BASE, at(2), at(3));
        assert_eq!(throttle.delay(BASE, at(33)).as_millis(), 500);
        let shrinking = throttle.delay(BASE, at(150)).as_millis();
        assert!((300..330).contains(&shrinking), "{shrinking}");
        assert_eq!(throttle.delay(BASE, at(3 + 270)), BASE);
        let mut now = at(1000);
        (0..20).for_each(|_| {
            now += 2 * throttle.delay(BASE, now);
            throttle.trouble(BASE, now, now);
        });
        assert!(throttle.delay(BASE, now) > MOST / 4 && throttle.delay(BASE, now) <= MOST);
        assert_eq!(throttle.delay(Duration::from_secs(100), now).as_secs(), 100);
        let mut throttle = AdaptiveDelay::default();
        throttle.trouble(Duration::ZERO, at(0), at(0));
        assert!(throttle.delay(Duration::ZERO, at(0)) > LEAST && throttle.delay(Duration::ZERO, at(270)).is_zero());
    }

    #[test]
    fn it_goes_on_after_a_restart() {
        let mut throttle = AdaptiveDelay::default();
        (0..20).for_each(|_| throttle.ease(Duration::from_millis(100)));
        throttle.trouble(BASE, at(5), at(6));
        let then = Now { mono: at(6), wall: Wall(1_000_000) };
        let saved = throttle.saved(then);
        let at_wall = |wall| Now { mono: at(2), wall: Wall(wall) };
        let restored = AdaptiveDelay::restored(&saved, at_wall(1_001_000));
        assert_eq!(restored.delay(BASE, at(2)), throttle.delay(BASE, at(7)));
        let much_later = AdaptiveDelay::restored(&saved, at_wall(2_000_000));
        assert_eq!(much_later.delay(BASE, at(2)), BASE);
        assert_eq!(AdaptiveDelay::restored(&Saved::default(), then).delay(BASE, at(6)), BASE);
    }

    #[test]
    fn a_host_slower_than_it_used_to_be_is_asked_less_often() {
        let mut throttle = AdaptiveDelay::default();
        (0..20).for_each(|_| throttle.ease(Duration::from_millis(100)));
        assert_eq!(throttle.delay(BASE, at(0)), BASE);
        (0..20).for_each(|_| throttle.ease(Duration::from_millis(800)));
        let slowed = throttle.delay(BASE, at(0));
        assert!(slowed > BASE * 3 && slowed < BASE * 8, "{slowed:?}");
        assert!(throttle.delay(Duration::ZERO, at(0)).is_zero(), "there is nothing to lengthen");
        (0..20).for_each(|_| throttle.ease(Duration::from_millis(100)));
        assert_eq!(throttle.delay(BASE, at(0)), BASE);
    }

    #[test]
    fn noise_is_not_trouble() {
        let (mut throttle, mut luck) = (AdaptiveDelay::default(), fastrand::Rng::with_seed(1));
        // The first answer is quick, as that for robots.txt is.
        throttle.ease(Duration::from_millis(2));
        let slowed = (0..2000).filter(|_| {
            throttle.ease(Duration::from_millis(luck.u64(5..300)));
            throttle.delay(BASE, at(0)) > BASE
        });
        let slowed = slowed.count();
        assert!(slowed < 100, "{slowed} of 2000");
    }
}
