//! Hops of a redirected robots.txt: each is held to the limiter of the host that it goes to.

use std::time::Duration;

use url::Url;

use super::{
    HostSchedule,
    limiter::LimiterId,
    parking::DelayCause,
    slots::{StartTarget, Started},
};
use crate::{
    base::time::Mono,
    frontier::{assignment::LeaseKind, hosts::Host},
    keys::HostKey,
};

/// Minimum time until a host with all its slots taken is tried again.
const MIN_WAIT: Duration = Duration::from_millis(100);

/// Whether a hop may be requested.
pub(crate) enum HopTurn {
    /// It goes to the host itself, or to one with the same limiter: the turn of the host is its turn.
    OwnLimiter,
    /// It has started at the limiter of another host.
    Started(Started),
    /// It must wait.
    Waits,
}

impl HostSchedule {
    /// Starts a hop to `url`, with the delay of the host there, if it is that host's turn. Otherwise `host`, whose robots.txt
    /// leads there, waits for that turn.
    pub(crate) fn start_hop(&mut self, host: &Host, (url, delay): (&Url, Duration), now: Mono) -> HopTurn {
        let policy = self.policies.index(url);
        let limiter = self.join_limiter(HostKey::from_url(url), url, policy);
        if limiter == host.politeness.limiter {
            self.limiters.leave(limiter, now);
            return HopTurn::OwnLimiter;
        }
        let allowed = match self.limiters.clock(limiter) {
            (allowed, _) if allowed > now => allowed,
            // Its slots are taken. A place in its queue would be lost with either host, so the host asks again later.
            _ if !self.limiters.has_slot(limiter) => now + delay.max(MIN_WAIT),
            _ => return HopTurn::Started(self.started_hop(host, limiter, delay, now)),
        };
        self.limiters.leave(limiter, now);
        self.postpone(&host.politeness, allowed, DelayCause::Delay);
        HopTurn::Waits
    }

    fn started_hop(&mut self, host: &Host, limiter: LimiterId, delay: Duration, now: Mono) -> Started {
        let class = host.politeness.class();
        self.shares.issued(class);
        self.limiters.start(limiter, now, delay, DelayCause::Delay);
        let (ip_limiter, kind, target) = (None, LeaseKind::Robots, StartTarget::Other);
        Started { delay, limiter, ip_limiter, target, class, kind }
    }

    /// Returns the delay of requests to the host of `url`; `other` is that host if it is in memory.
    pub(crate) fn hop_delay(&mut self, url: &Url, other: Option<&Host>, now: Mono) -> Duration {
        match other {
            Some(other) => self.delay(other, now),
            None => self.policies.get(self.policies.index(url)).politeness.delay,
        }
    }

    /// Ends a hop, once its slot is free.
    pub(crate) fn end_hop(&mut self, started: &Started, now: Mono) {
        match started.target {
            StartTarget::Host => {}
            StartTarget::Other => self.limiters.leave(started.limiter, now),
        }
    }
}
