//! Counters by name. Names are Scrapy's where Scrapy has one.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Counters by name. They only grow, so the counters of two runs can be added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats(BTreeMap<Cow<'static, str>, u64>);

impl Stats {
    /// Adds one to `key`.
    pub fn count(&mut self, key: impl Into<Cow<'static, str>>) {
        self.add(key, 1);
    }

    /// Adds `count` to `key`. Adding 0 does not create the key.
    pub fn add(&mut self, key: impl Into<Cow<'static, str>>, count: u64) {
        if count > 0 {
            *self.0.entry(key.into()).or_default() += count;
        }
    }

    /// Adds the counters of another.
    pub fn merge(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            match self.0.get_mut(key) {
                Some(sum) => *sum += count,
                None => drop(self.0.insert(key.clone(), *count)),
            }
        }
    }

    /// Returns the counter of `key`, 0 if there is none.
    #[must_use]
    pub fn get(&self, key: &str) -> u64 {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// Returns all counters, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(key, &count)| (&**key, count))
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(key, count)| writeln!(formatter, "{key}: {count}"))
    }
}
