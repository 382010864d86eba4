//! Traps (`[traps]`): endless URLs for few pages, usually made by accident.
//!
//! The Parser refuses URLs that are traps by themselves ([`Config::admits`]). Others are noticed only by their number:
//! [`Traps`] counts the new URLs per host and pattern, and refuses those over the limit. The counts are in memory; the
//! highest ones of each host are also in its row, and hold after a restart. [`subdomains`] counts hosts likewise.

pub(crate) mod kept;
pub(crate) mod pattern;
pub(crate) mod subdomains;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use url::Url;
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub(crate) use self::kept::TrapCounts;
use self::pattern::{combined, dated, shape};
use crate::{
    keys::HostKey,
    urls::{canonical::canonical_url, session::without_session},
};

/// Maximum number of patterns in memory. At the limit those with a single URL are dropped; if that is too few, all.
const MAX_PATTERNS: usize = 1 << 17;

/// `[traps]`: limits per host, or per domain; 0 = no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Maximum number of times a segment may occur in a path.
    pub repeats: usize,
    /// Maximum number of segments in a path.
    pub path_depth: usize,
    /// Maximum number of session ids for one page.
    pub sessions: u32,
    /// Maximum number of URLs that differ only in a date.
    pub calendar: u32,
    /// Maximum number of URLs with the same path and three or more query parameters.
    pub combinations: u32,
    /// Maximum number of URLs that differ only in numbers.
    pub numbers: u32,
    /// Maximum number of subdomains of a registrable domain.
    pub subdomains: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            repeats: 3,
            path_depth: 24,
            sessions: 2,
            calendar: 1000,
            combinations: 2000,
            numbers: 0,
            subdomains: 1000,
        }
    }
}

/// Kind of a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Trap {
    /// Repeated segments: `/a/b/a/b/a/b/a/b`.
    Repeats,
    /// An ever longer path.
    PathDepth,
    /// A page with ever new session ids.
    Sessions,
    /// A calendar with endless days.
    Calendar,
    /// All combinations of many query parameters.
    Combinations,
    /// Endless numbers.
    Numbers,
    /// Endless subdomains.
    Subdomains,
}

impl Trap {
    /// Name of the trap in counters: `trap_` and the key of its limit.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Repeats => "trap_repeats",
            Self::PathDepth => "trap_path_depth",
            Self::Sessions => "trap_sessions",
            Self::Calendar => "trap_calendar",
            Self::Combinations => "trap_combinations",
            Self::Numbers => "trap_numbers",
            Self::Subdomains => "trap_subdomains",
        }
    }
}

/// A pattern for which a URL counts, and the limit of the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) trap: Trap,
    /// The common part of its URLs.
    pub(crate) pattern: String,
    pub(crate) limit: u32,
}

impl Counted {
    /// Returns the hash of host and pattern.
    pub(crate) fn key(&self, host: HostKey) -> u64 {
        xxh3_64_with_seed(self.pattern.as_bytes(), host.0 ^ self.trap as u64)
    }
}

impl Config {
    /// Checks what a canonical URL shows by itself.
    ///
    /// # Errors
    /// The kind of trap.
    pub(crate) fn admits(&self, url: &Url) -> Result<(), Trap> {
        let segments = || url.path().split('/').filter(|segment| !segment.is_empty());
        let count = segments().count();
        if self.path_depth > 0 && count > self.path_depth {
            return Err(Trap::PathDepth);
        }
        if self.repeats == 0 || count <= self.repeats {
            return Ok(());
        }
        // Numbers repeat naturally. There are at most `path_depth` segments, or as many as fit into `scope.max_url`.
        let words = || segments().filter(|segment| segment.bytes().any(|byte| !byte.is_ascii_digit()));
        let repeats = |word: &str| words().filter(|other| *other == word).count() > self.repeats;
        if words().any(repeats) { Err(Trap::Repeats) } else { Ok(()) }
    }

    /// Returns the patterns for which a URL counts; usually none.
    pub(crate) fn patterns(&self, url: &Url) -> Vec<Counted> {
        let url = &*canonical_url(url);
        let mut found = Vec::new();
        let mut add = |trap, limit, pattern: Option<String>| {
            found.extend(pattern.map(|pattern| Counted { trap, pattern, limit }));
        };
        if self.sessions > 0 {
            add(Trap::Sessions, self.sessions, without_session(url).map(String::from));
        }
        if self.calendar > 0 {
            add(Trap::Calendar, self.calendar, dated(url));
        }
        if self.combinations > 0 {
            add(Trap::Combinations, self.combinations, combined(url));
        }
        if self.numbers > 0 {
            add(Trap::Numbers, self.numbers, shape(url));
        }
        found
    }
}

/// Counts URLs per host and pattern.
#[derive(Debug)]
pub(crate) struct Traps {
    config: Config,
    /// New URLs by host and pattern; at most [`MAX_PATTERNS`].
    counts: HashMap<u64, u32>,
}

impl Traps {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, counts: HashMap::new() }
    }

    /// Counts a new URL of a host; `kept` are the counts in the host's row.
    ///
    /// # Errors
    /// The kind of trap, if its pattern is over the limit.
    pub(crate) fn count(&mut self, host: HostKey, kept: &mut TrapCounts, url: &Url) -> Result<(), Trap> {
        for counted in self.config.patterns(url) {
            self.make_room();
            let key = counted.key(host);
            let Counted { trap, pattern, limit } = counted;
            let count = self.counts.entry(key).or_insert_with(|| kept.count(key));
            if *count == limit {
                let site = url.host_str().unwrap_or_default();
                log::warn!(host = site, pattern:%, limit, trap = trap.name(); "trap found; further URLs of this pattern are refused");
            }
            *count = count.saturating_add(1);
            kept.note(key, *count);
            if *count > limit {
                return Err(trap);
            }
        }
        Ok(())
    }

    fn make_room(&mut self) {
        if self.counts.len() < MAX_PATTERNS {
            return;
        }
        self.counts.retain(|_, count| *count > 1);
        if self.counts.len() > MAX_PATTERNS / 2 {
            self.counts.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        format!("http://a.example{path}").parse().unwrap()
    }

    #[test]
    fn traps_visible_in_a_url() {
        let config = Config { path_depth: 10, ..Config::default() };
        for (path, admitted) in [
            ("/", Ok(())),
            ("/tree/1/1/1/1/1/1/1", Ok(())),
            ("/a/b/a/b/a/b", Ok(())),
            ("/a/b/a/b/a/b/a", Err(Trap::Repeats)),
            ("/1/2/3/4/5/6/7/8/9/10/11", Err(Trap::PathDepth)),
        ] {
            assert_eq!(config.admits(&url(path)), admitted, "{path}");
        }
        let none = Config { repeats: 0, path_depth: 0, ..Config::default() };
        assert_eq!(none.admits(&url(&"/a".repeat(100))), Ok(()));
    }

    #[test]
    fn limits_apply_per_host_and_pattern() {
        let limits = Config { sessions: 1, calendar: 2, combinations: 3, numbers: 4, ..Config::default() };
        let mut traps = Traps::new(limits.clone());
        let mut kept = TrapCounts::default();
        let mut refused = |path: &dyn Fn(u64) -> String| {
            (0..10).filter_map(|n| traps.count(HostKey(1), &mut kept, &url(&path(n))).err()).collect::<Vec<_>>()
        };
        assert_eq!(refused(&|n| format!("/x;jsessionid={n}")), [Trap::Sessions; 9]);
        assert_eq!(refused(&|n| format!("/calendar/2024/{}", n + 1)), [Trap::Calendar; 8]);
        assert_eq!(refused(&|n| format!("/q?a={n}&b=x&c")), [Trap::Combinations; 7]);
        assert_eq!(refused(&|n| format!("/page/{n}")), [Trap::Numbers; 6]);
        assert_eq!(refused(&|n| format!("/%E4%BD%A0/{n}")), [Trap::Numbers; 6]);
        assert_eq!(refused(&|n| format!("/%D0%B{n}")), []);
        assert_eq!(
            refused(&|n| format!("/{}/2025/{}", ["da%79s", "days", "d%61ys"][n as usize % 3], n + 1)),
            [Trap::Calendar; 8]
        );
        assert_eq!(refused(&|n| format!("/page/{}", "x".repeat(n as usize))), []);
        assert_eq!(traps.count(HostKey(2), &mut TrapCounts::default(), &url("/page/1")), Ok(()));
        let mut after_a_restart = Traps::new(limits);
        assert_eq!(after_a_restart.count(HostKey(1), &mut kept, &url("/page/11")), Err(Trap::Numbers));
    }

    #[test]
    fn counts_are_bounded() {
        let mut traps = Traps::new(Config { numbers: 9, ..Config::default() });
        for n in 0..MAX_PATTERNS + 10 {
            traps.count(HostKey(n as u64), &mut TrapCounts::default(), &url("/1")).unwrap();
        }
        assert!(traps.counts.len() <= MAX_PATTERNS);
    }
}
