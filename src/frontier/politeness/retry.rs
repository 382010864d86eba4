//! `[retry]`: when a failed request is repeated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[retry]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Maximum number of attempts after the first.
    pub times: u16,
    /// Maximum length of the first pause; it doubles with each attempt.
    #[serde(with = "crate::base::units::duration")]
    pub base: Duration,
    /// Maximum length of any pause.
    #[serde(with = "crate::base::units::duration")]
    pub max: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { times: 3, base: Duration::from_secs(2), max: Duration::from_secs(600) }
    }
}

impl Config {
    /// Returns the pause before retry `attempt` (1 = the first retry), for a `random` number in 0..1. Exponential backoff
    /// with full jitter: uniform between 0 and `base * 2^(attempt - 1)`, capped at `max`.
    #[must_use]
    pub fn pause(&self, attempt: u16, random: f64) -> Duration {
        let doublings = u32::from(attempt.saturating_sub(1)).min(30);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.max);
        ceiling.mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_maximum() {
        let config = Config::default();
        let ceilings: Vec<_> = [1, 2, 3, 9, 10, 60_000].map(|attempt| config.pause(attempt, 1.0).as_secs()).into();
        assert_eq!(ceilings, [2, 4, 8, 512, 600, 600]);
        assert_eq!(config.pause(3, 0.25), Duration::from_secs(2));
    }
}
