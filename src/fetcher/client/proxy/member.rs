//! A proxy and how it has been doing.

use std::{cell::Cell, rc::Rc, time::Duration};

use crate::{
    base::time::Mono,
    failure::FetchError,
    transport::{HostPattern, Proxy},
};

/// Failures in a row after which a proxy is retired.
const MAX_FAILURES: u32 = 3;

/// How long the first time; doubled each time it fails again.
const RETIREMENT: Duration = Duration::from_secs(30);

/// How long at most.
const MAX_RETIREMENT: Duration = Duration::from_secs(600);

/// A proxy of a Fetcher.
#[derive(Debug)]
pub(crate) struct Member {
    /// As it is configured.
    pub(crate) url: String,
    /// One that is none fails its requests: going out without it would show the address that it is there to hide.
    pub(crate) proxy: Result<Rc<Proxy>, FetchError>,
    /// The hosts it is for; empty: all that no other proxy is for.
    pub(crate) hosts: Vec<HostPattern>,
    /// When its rest ends, or ended.
    pub(crate) retired_until: Cell<Mono>,
    /// In a row.
    failures: Cell<u32>,
    /// When it last answered, or was retired: what had begun before tells nothing new when it fails.
    known_at: Cell<Mono>,
}

/// What the end of a request tells of its proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Something came through it, or it says itself that it cannot reach a server.
    Works,
    /// Nothing came through it. That may be a server's fault, too, which a proxy without a word for it passes on: so it
    /// counts only if nobody else was answered meanwhile, several times in a row, and the first answer undoes it.
    Fails,
    /// Nothing at all.
    Nothing,
}

impl Word {
    /// What a result tells: an answer, or why there is no head of one.
    pub(crate) fn of<T>(result: &Result<T, FetchError>) -> Self {
        match result {
            Ok(_) | Err(FetchError::Connect(_)) => Self::Works,
            Err(
                FetchError::Proxy(_)
                | FetchError::Timeout(_)
                | FetchError::Reset(_)
                | FetchError::Framing(_)
                | FetchError::Truncated,
            ) => Self::Fails,
            // A handshake that goes wrong is some answer, and the others never got to the proxy.
            Err(
                FetchError::Tls(_)
                | FetchError::Dns(_)
                | FetchError::Guard(_)
                | FetchError::Request(_)
                | FetchError::Status(_),
            ) => Self::Nothing,
        }
    }
}

impl Member {
    /// One that has not been used yet.
    pub(crate) fn new(url: &str, hosts: Vec<HostPattern>) -> Self {
        let proxy = Proxy::parse(url).map(Rc::new).map_err(|message| FetchError::Proxy(message.into()));
        Self {
            url: url.to_owned(),
            proxy,
            hosts,
            retired_until: Cell::default(),
            failures: Cell::new(0),
            known_at: Cell::default(),
        }
    }

    /// Whether it is this proxy.
    pub(crate) fn is(&self, proxy: &Rc<Proxy>) -> bool {
        self.proxy.as_ref().is_ok_and(|own| Rc::ptr_eq(own, proxy))
    }

    /// Something came through it.
    pub(crate) fn works(&self, now: Mono) {
        self.failures.set(0);
        self.retired_until.set(now);
        self.known_at.set(now);
    }

    /// Nothing came of a request that began then.
    pub(crate) fn fails(&self, began: Mono, now: Mono) {
        if began < self.known_at.get() {
            return;
        }
        let failures = self.failures.get().saturating_add(1);
        self.failures.set(failures);
        let Some(times) = failures.checked_sub(MAX_FAILURES) else { return };
        let rest = RETIREMENT.saturating_mul(1 << times.min(8)).min(MAX_RETIREMENT);
        self.retired_until.set(now + rest);
        self.known_at.set(now);
        if let Ok(proxy) = &self.proxy {
            log::warn!(proxy:?, seconds = rest.as_secs(); "proxy fails again and again; retired for a while");
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

    /// One that has failed so often, each time within the second of its number.
    fn failed(times: u64) -> Member {
        let member = Member::new("http://a:1", Vec::new());
        (1..=times).for_each(|second| member.fails(at(second), at(second)));
        member
    }

    #[test]
    fn what_counts() {
        let message = || "x".into();
        for (result, word) in [
            (Ok(()), Word::Works),
            (Err(FetchError::Connect(message())), Word::Works),
            (Err(FetchError::Proxy(message())), Word::Fails),
            (Err(FetchError::Reset(message())), Word::Fails),
            (Err(FetchError::Framing(message())), Word::Fails),
            (Err(FetchError::Timeout(Stage::Connect)), Word::Fails),
            (Err(FetchError::Timeout(Stage::FirstByte)), Word::Fails),
            (Err(FetchError::Tls(message())), Word::Nothing),
            (Err(FetchError::Guard(message())), Word::Nothing),
            (Err(FetchError::Request(message())), Word::Nothing),
        ] {
            assert_eq!(Word::of(&result), word, "{result:?}");
        }
    }

    #[test]
    fn failures_in_a_row_retire_it_for_longer_and_longer() {
        assert_eq!(failed(2).retired_until.get(), at(0));
        assert_eq!(failed(3).retired_until.get(), at(3 + 30));
        assert_eq!(failed(4).retired_until.get(), at(4 + 60));
        assert_eq!(failed(50).retired_until.get(), at(50 + 600));
    }

    #[test]
    fn an_answer_undoes_them() {
        let member = failed(2);
        member.works(at(3));
        for second in [4, 5] {
            member.fails(at(second), at(second));
        }
        assert_eq!(member.retired_until.get(), at(3));
        member.fails(at(6), at(6));
        assert_eq!(member.retired_until.get(), at(36));
        // It was asked because the others rest, too.
        member.works(at(8));
        assert_eq!(member.retired_until.get(), at(8));
    }

    #[test]
    fn what_began_before_it_is_known_tells_nothing() {
        // A server that never answers, while others do through the same proxy.
        let member = failed(0);
        member.works(at(15));
        for second in 0..10 {
            member.fails(at(second), at(second + 20));
        }
        assert_eq!(member.failures.get(), 0);
        // All that were under way when it went down.
        let member = failed(3);
        for _ in 0..100 {
            member.fails(at(2), at(5));
        }
        assert_eq!(member.retired_until.get(), at(33));
    }
}
