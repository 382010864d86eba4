//! What is known of a host's robots.txt.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    base::time::{Mono, Now, Wall},
    robots::Robots,
};

/// What is known of a host's robots.txt.
#[derive(Clone, Debug)]
pub(crate) enum RobotsState {
    /// Not asked yet, or the answer was none.
    Unknown,
    /// A lease for it is out.
    Asked,
    /// Its rules.
    Rules(Copy),
    /// A lease for new ones is out; the old ones count until it is home.
    Refreshing(Copy),
}

/// A copy of a host's robots.txt.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) rules: Arc<Robots>,
    /// When it was fetched.
    pub(crate) fetched: Mono,
    /// When it should be fetched again.
    pub(crate) refresh: Mono,
}

impl RobotsState {
    /// The copy that counts, if there is one.
    pub(crate) fn copy(&self) -> Option<&Copy> {
        match self {
            Self::Rules(copy) | Self::Refreshing(copy) => Some(copy),
            Self::Unknown | Self::Asked => None,
        }
    }
}

/// How long a copy counts when no new one can be had (RFC 9309 section 2.3.1.4).
pub(crate) const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// The largest copy of a robots.txt that a row keeps, packed, in bytes (64 KiB, which is more than what most files of the
/// 500 KiB that are read come to): a larger one is asked for again after a restart.
const MAX_COPY: usize = 64 << 10;

/// A host's robots.txt as its row keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RobotsCopy {
    rules: Bytes,
    fetched: Wall,
    refresh: Wall,
}

impl RobotsCopy {
    pub(crate) fn new(copy: &Copy, now: Now) -> Option<Self> {
        let rules = Bytes::from(copy.rules.to_bytes());
        let refresh = now.wall_at(copy.refresh);
        (rules.len() <= MAX_COPY).then_some(Self { rules, fetched: now.wall, refresh })
    }

    /// What it says, and when it was fetched.
    pub(crate) fn into_rules(self) -> Option<(Robots, Wall)> {
        Some((Robots::from_bytes(&self.rules)?, self.fetched))
    }

    /// What it says, unless it is so old that it counts no more.
    pub(crate) fn state(&self, now: Now) -> Option<RobotsState> {
        let rules = Robots::from_bytes(&self.rules).filter(|_| now.wall.since(self.fetched) < MAX_AGE)?;
        let refresh = now.mono_at(self.refresh);
        Some(RobotsState::Rules(Copy { rules: Arc::new(rules), fetched: now.mono, refresh }))
    }
}
