//! A host's robots.txt, in memory and in the host's row.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    base::time::{Mono, Now, Wall},
    http::request::Request,
    robots::Robots,
};

/// How long a copy is used if no new one can be fetched (RFC 9309 section 2.3.1.4).
pub(super) const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Maximum size of an encoded robots.txt in a row, in bytes. Most files of 500 KiB, the most that is read, come to less. A
/// larger one is fetched again after a restart.
const MAX_STORED: usize = 64 << 10;

/// What is known about a host's robots.txt.
#[derive(Clone, Debug)]
pub(crate) enum RobotsState {
    /// robots.txt was never fetched, or could not be fetched.
    Unknown,
    /// A lease for it is out.
    Fetching,
    /// It was redirected, and the next hop waits for its turn.
    Redirected(Box<RobotsHop>),
    /// Its rules are known.
    Rules(CachedRobots),
    /// A lease for a new copy is out; the old copy is valid until then.
    Refreshing(CachedRobots),
}

/// The next hop of a redirected robots.txt.
#[derive(Clone, Debug)]
pub(crate) struct RobotsHop {
    pub(crate) request: Request,
    /// The copy that is valid until then.
    pub(crate) copy: Option<CachedRobots>,
}

/// A copy of a host's robots.txt in memory.
#[derive(Clone, Debug)]
pub(crate) struct CachedRobots {
    pub(crate) rules: Arc<Robots>,
    /// When it was fetched.
    pub(crate) fetched: Mono,
    /// When it should be fetched again.
    pub(crate) refresh: Mono,
}

impl RobotsState {
    /// Returns the copy that is valid.
    pub(crate) fn copy(&self) -> Option<&CachedRobots> {
        match self {
            Self::Rules(copy) | Self::Refreshing(copy) => Some(copy),
            Self::Redirected(hop) => hop.copy.as_ref(),
            Self::Unknown | Self::Fetching => None,
        }
    }
}

/// A copy of a host's robots.txt in its row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredRobots {
    rules: Bytes,
    fetched: Wall,
    refresh: Wall,
}

impl StoredRobots {
    /// The form of a copy for the row; `None` if it is too large.
    pub(super) fn new(copy: &CachedRobots, now: Now) -> Option<Self> {
        let rules = Bytes::from(copy.rules.to_bytes());
        let refresh = now.wall_at(copy.refresh);
        (rules.len() <= MAX_STORED).then_some(Self { rules, fetched: now.wall, refresh })
    }

    /// Returns the rules, and when they were fetched.
    pub(crate) fn into_rules(self) -> Option<(Robots, Wall)> {
        Some((Robots::from_bytes(&self.rules)?, self.fetched))
    }

    /// Restores the copy; `None` if it is too old.
    pub(super) fn to_state(&self, now: Now) -> Option<RobotsState> {
        let rules = Robots::from_bytes(&self.rules).filter(|_| now.wall.since(self.fetched) < MAX_AGE)?;
        let refresh = now.mono_at(self.refresh);
        Some(RobotsState::Rules(CachedRobots { rules: Arc::new(rules), fetched: now.mono, refresh }))
    }
}
