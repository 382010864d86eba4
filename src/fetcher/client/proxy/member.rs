//! One proxy and its health.

use std::{cell::Cell, rc::Rc, time::Duration};

use crate::{
    base::time::Mono,
    failure::FetchError,
    transport::{HostPattern, Proxy},
};

/// Number of consecutive failures after which a proxy is paused.
const MAX_FAILURES: u32 = 3;

/// First pause. It is doubled with every further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// Maximum pause.
const MAX_PAUSE: Duration = Duration::from_secs(600);

/// A configured proxy of a Fetcher.
#[derive(Debug)]
pub(crate) struct Member {
    /// URL as configured.
    pub(crate) url: String,
    /// The proxy, or the error of its URL. Then its requests fail: sent directly, they would reveal the own address.
    pub(crate) proxy: Result<Rc<Proxy>, FetchError>,
    /// Hosts for which it is used. Empty means all hosts without a proxy of their own.
    pub(crate) hosts: Vec<HostPattern>,
    /// End of its last pause.
    pub(crate) paused_until: Cell<Mono>,
    /// Number of consecutive failures.
    failures: Cell<u32>,
    /// Time of its last success or pause. Failures of requests sent before do not count.
    known_at: Cell<Mono>,
}

/// What the result of a request says about its proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyResult {
    /// It transmitted a response, or reported that it cannot reach the server.
    Success,
    /// It transmitted nothing.
    ///
    /// The server may be the cause, too. So it counts only if no other request got a response meanwhile, and only several
    /// times in a row. The first success resets the count.
    Failure,
    /// It says nothing.
    Unknown,
}

impl ProxyResult {
    /// Judges the proxy by the result of a request: a response, or the error before its head.
    pub(crate) fn from_result<T>(result: &Result<T, FetchError>) -> Self {
        match result {
            Ok(_) | Err(FetchError::Connect(_)) => Self::Success,
            Err(
                FetchError::Proxy(_)
                | FetchError::Timeout(_)
                | FetchError::Reset(_)
                | FetchError::Framing(_)
                | FetchError::Truncated,
            ) => Self::Failure,
            // A failed handshake is a response of the server. The other errors occur before the proxy is used.
            Err(
                FetchError::Tls(_)
                | FetchError::Dns(_)
                | FetchError::Guard(_)
                | FetchError::Request(_)
                | FetchError::Status(_),
            ) => Self::Unknown,
        }
    }
}

impl Member {
    /// Creates a proxy without history.
    pub(crate) fn new(url: &str, hosts: Vec<HostPattern>) -> Self {
        let proxy = Proxy::parse(url).map(Rc::new).map_err(|message| FetchError::Proxy(message.into()));
        Self {
            url: url.to_owned(),
            proxy,
            hosts,
            paused_until: Cell::default(),
            failures: Cell::new(0),
            known_at: Cell::default(),
        }
    }

    /// Returns true if it is this proxy.
    pub(crate) fn is(&self, proxy: &Rc<Proxy>) -> bool {
        self.proxy.as_ref().is_ok_and(|own| Rc::ptr_eq(own, proxy))
    }

    /// Records a success.
    pub(crate) fn record_success(&self, now: Mono) {
        self.failures.set(0);
        self.paused_until.set(now);
        self.known_at.set(now);
    }

    /// Records a failure of a request sent at `began`.
    pub(crate) fn record_failure(&self, began: Mono, now: Mono) {
        if began < self.known_at.get() {
            return;
        }
        let failures = self.failures.get().saturating_add(1);
        self.failures.set(failures);
        let Some(doublings) = failures.checked_sub(MAX_FAILURES) else { return };
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings.min(8)).min(MAX_PAUSE);
        self.paused_until.set(now + pause);
        self.known_at.set(now);
        if let Ok(proxy) = &self.proxy {
            log::warn!(proxy:?, seconds = pause.as_secs(); "proxy failed repeatedly; paused");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Stage;

    fn at(seconds: u64) -> Mono {
        Mono(0) + Duration::from_secs(seconds)
    }

    /// Returns a proxy with failures in the seconds 1 to `times`.
    fn failed(times: u64) -> Member {
        let member = Member::new("http://a:1", Vec::new());
        (1..=times).for_each(|second| member.record_failure(at(second), at(second)));
        member
    }

    #[test]
    fn results_are_judged() {
        let message = || "x".into();
        for (result, expected) in [
            (Ok(()), ProxyResult::Success),
            (Err(FetchError::Connect(message())), ProxyResult::Success),
            (Err(FetchError::Proxy(message())), ProxyResult::Failure),
            (Err(FetchError::Reset(message())), ProxyResult::Failure),
            (Err(FetchError::Framing(message())), ProxyResult::Failure),
            (Err(FetchError::Timeout(Stage::Connect)), ProxyResult::Failure),
            (Err(FetchError::Timeout(Stage::FirstByte)), ProxyResult::Failure),
            (Err(FetchError::Tls(message())), ProxyResult::Unknown),
            (Err(FetchError::Guard(message())), ProxyResult::Unknown),
            (Err(FetchError::Request(message())), ProxyResult::Unknown),
        ] {
            assert_eq!(ProxyResult::from_result(&result), expected, "{result:?}");
        }
    }

    #[test]
    fn consecutive_failures_pause_it_for_longer_and_longer() {
        assert_eq!(failed(2).paused_until.get(), at(0));
        assert_eq!(failed(3).paused_until.get(), at(3 + 30));
        assert_eq!(failed(4).paused_until.get(), at(4 + 60));
        assert_eq!(failed(50).paused_until.get(), at(50 + 600));
    }

    #[test]
    fn a_success_resets_failures() {
        let member = failed(2);
        member.record_success(at(3));
        for second in [4, 5] {
            member.record_failure(at(second), at(second));
        }
        assert_eq!(member.paused_until.get(), at(3));
        member.record_failure(at(6), at(6));
        assert_eq!(member.paused_until.get(), at(36));
        // It was used because the other proxies were paused, too.
        member.record_success(at(8));
        assert_eq!(member.paused_until.get(), at(8));
    }

    #[test]
    fn failures_of_older_requests_do_not_count() {
        // A server that never answers, while others do through the same proxy.
        let member = failed(0);
        member.record_success(at(15));
        for second in 0..10 {
            member.record_failure(at(second), at(second + 20));
        }
        assert_eq!(member.failures.get(), 0);
        // All requests that were running when it went down.
        let member = failed(3);
        for _ in 0..100 {
            member.record_failure(at(2), at(5));
        }
        assert_eq!(member.paused_until.get(), at(33));
    }
}
