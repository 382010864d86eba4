//! When a failed request is made again: `[retry]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[retry]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Attempts after the first.
    pub times: u16,
    /// The first pause, at most: exponential with full jitter.
    #[serde(with = "crate::base::units::duration")]
    pub base: Duration,
    /// The longest pause.
    #[serde(with = "crate::base::units::duration")]
    pub max: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { times: 3, base: Duration::from_secs(2), max: Duration::from_secs(600) }
    }
}

impl Config {
    /// The pause before attempt `attempt` (1 = the first retry); `luck` in 0..1 is the jitter. Exponential backoff with
    /// full jitter: uniform between 0 and `base * 2^(attempt - 1)`, capped at `max`.
    #[must_use]
    pub fn pause(&self, attempt: u16, luck: f64) -> Duration {
        let doublings = u32::from(attempt.saturating_sub(1)).min(30);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.max);
        ceiling.mul_f64(luck.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap() {
        let config = Config::default();
        let ceilings: Vec<_> = [1, 2, 3, 9, 10, 60_000].map(|attempt| config.pause(attempt, 1.0).as_secs()).into();
        assert_eq!(ceilings, [2, 4, 8, 512, 600, 600]);
        assert_eq!(config.pause(3, 0.25), Duration::from_secs(2));
    }
}
