//! Counters by name, with Scrapy's keys where Scrapy has one.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Counters by name. They only grow, so two halves of a crawl add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats(BTreeMap<Cow<'static, str>, u64>);

impl Stats {
    /// Counts one more of `key`.
    pub fn count(&mut self, key: impl Into<Cow<'static, str>>) {
        self.add(key, 1);
    }

    /// Counts so many more of `key`; nothing for none.
    pub fn add(&mut self, key: impl Into<Cow<'static, str>>, count: u64) {
        if count > 0 {
            *self.0.entry(key.into()).or_default() += count;
        }
    }

    /// Adds another's counters.
    pub fn merge(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            match self.0.get_mut(key) {
                Some(sum) => *sum += count,
                None => drop(self.0.insert(key.clone(), *count)),
            }
        }
    }

    /// The counter of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> u64 {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// Every counter, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(key, &count)| (&**key, count))
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(key, count)| writeln!(formatter, "{key}: {count}"))
    }
}
