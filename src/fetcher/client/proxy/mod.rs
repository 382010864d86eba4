//! Selection of the proxy of a request.
//!
//! `config` is `fetcher.proxies`, `environment` the variables of the environment; `member` is one proxy and its health,
//! `failed` remembers recent failures.

pub(crate) mod config;
pub(crate) mod environment;
pub(crate) mod failed;
pub(crate) mod member;

use std::{cell::Cell, ptr, rc::Rc};

pub use self::config::ProxyConfig;
pub(crate) use self::environment::Environment;
use self::{
    failed::RecentFailures,
    member::{Member, ProxyResult},
};
use crate::{
    base::time::Mono,
    failure::FetchError,
    http::request::{Request, fingerprint::Fingerprint},
    runtime::clock::Clock,
    transport::Proxy,
};

/// The proxies of a Fetcher, used in turn. Those that fail are paused.
#[derive(Debug)]
pub(crate) struct Proxies {
    members: Vec<Member>,
    environment: Environment,
    turn: Cell<usize>,
    /// Requests whose last attempt failed. The next attempt uses another proxy.
    requests: RecentFailures<Fingerprint>,
    /// Hosts without a response since their last failure.
    hosts: RecentFailures<Box<str>>,
    clock: Clock,
}

impl Proxies {
    /// Uses the proxies of `fetcher.proxies`; without any, those of the environment.
    pub(crate) fn new(configured: &[ProxyConfig], environment: Environment, clock: Clock) -> Self {
        let environment = if configured.is_empty() { environment } else { Environment::default() };
        let configured = configured.iter().map(|proxy| Member::new(&proxy.url, proxy.hosts.clone()));
        let from_environment = environment.urls().map(|url| Member::new(url, Vec::new()));
        let members = configured.chain(from_environment).collect();
        Self {
            members,
            environment,
            turn: Cell::new(0),
            requests: RecentFailures::default(),
            hosts: RecentFailures::default(),
            clock,
        }
    }

    /// Returns the proxy of a request: its own, else the next one for its host, else none.
    ///
    /// # Errors
    /// If the URL of the proxy is not valid.
    pub(crate) fn choose(&self, request: &Request) -> Result<Option<Rc<Proxy>>, FetchError> {
        if let Some(own) = request.proxy_url() {
            return Member::new(own, Vec::new()).proxy.map(Some);
        }
        if self.members.is_empty() {
            return Ok(None);
        }
        let url = request.url();
        let members: Vec<_> = if self.environment.has_proxy() {
            let proxy_url = self.environment.proxy(url);
            self.members.iter().filter(|member| proxy_url == Some(&*member.url)).collect()
        } else {
            let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
            let matches_host = |member: &&Member| member.hosts.iter().any(|pattern| pattern.matches(host));
            let own: Vec<_> = self.members.iter().filter(matches_host).collect();
            if own.is_empty() { self.members.iter().filter(|member| member.hosts.is_empty()).collect() } else { own }
        };
        self.next(&members, request).map(|member| member.proxy.clone()).transpose()
    }

    /// Returns the next proxy that is not paused. If all are paused, returns the one whose pause ends first.
    ///
    /// Prefers a proxy with which neither this request nor its host has just failed.
    fn next<'m>(&self, members: &[&'m Member], request: &Request) -> Option<&'m Member> {
        let now = self.clock.mono();
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        let in_turn = members.iter().copied().cycle().skip(turn % members.len().max(1)).take(members.len());
        let mut healthy = in_turn.filter(|member| member.paused_until.get() <= now);
        let failed = self.failed_proxy(request);
        let other = healthy.clone().find(|member| failed.is_none_or(|failed| !ptr::eq(failed, *member)));
        other.or_else(|| healthy.next()).or_else(|| {
            let paused = members.iter().copied();
            paused.min_by_key(|member| member.paused_until.get())
        })
    }

    /// Returns the proxy with which this request, or one to the same host, has just failed.
    fn failed_proxy(&self, request: &Request) -> Option<&Member> {
        let by_request = || {
            (!self.requests.is_empty()).then(|| self.requests.proxy_of(&Fingerprint::from_request(request))).flatten()
        };
        let by_host = || self.hosts.proxy_of(request.url().host_str().unwrap_or_default());
        self.members.get(by_request().or_else(by_host)?)
    }

    /// Records the result of a request sent at `began`: a status, or the error before the head.
    pub(crate) fn report(&self, request: &Request, used: &Rc<Proxy>, began: Mono, result: Result<u16, FetchError>) {
        let Some((index, member)) = self.members.iter().enumerate().find(|(_, member)| member.is(used)) else { return };
        let host = request.url().host_str().unwrap_or_default();
        match ProxyResult::from_result(&result) {
            ProxyResult::Success => {
                member.record_success(self.clock.mono());
                self.hosts.remove(host);
            }
            ProxyResult::Failure => {
                // If the host failed with another proxy before, the host is the cause.
                if self.hosts.proxy_of(host).is_none_or(|before| before == index) {
                    member.record_failure(began, self.clock.mono());
                }
                self.hosts.insert(host.into(), index);
            }
            ProxyResult::Unknown => {}
        }
        let is_failed = result.map_or_else(|error| error.is_transient(), FetchError::is_transient_status);
        if is_failed && self.members.len() > 1 {
            self.requests.insert(Fingerprint::from_request(request), index);
        } else if !self.requests.is_empty() {
            self.requests.remove(&Fingerprint::from_request(request));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(configured: &[ProxyConfig]) -> Proxies {
        Proxies::new(configured, Environment::default(), Clock::start())
    }

    fn chosen(proxies: &Proxies, request: &Request) -> Result<String, FetchError> {
        proxies.choose(request).map(|proxy| proxy.map_or(String::new(), |proxy| proxy.authority().to_owned()))
    }

    #[test]
    fn proxies_take_turns_and_a_request_may_have_its_own() {
        let proxies = proxies(&["http://a:1".into(), "socks5://b:2".into(), "nonsense".into()]);
        let request = Request::get("http://x.example/".parse().unwrap());
        assert_eq!(chosen(&proxies, &request).unwrap(), "a:1");
        assert_eq!(chosen(&proxies, &request.clone().proxy("http://own:3")).unwrap(), "own:3");
        assert_eq!(chosen(&proxies, &request).unwrap(), "b:2");
        assert!(chosen(&proxies, &request).is_err());
        assert_eq!(chosen(&proxies, &Request::get("https://x.example/".parse().unwrap())).unwrap(), "a:1");
    }

    #[test]
    fn proxies_may_be_limited_to_hosts() {
        let special = ProxyConfig { url: "http://b:2".to_owned(), hosts: vec!["*.special.example".parse().unwrap()] };
        let proxies = proxies(&["http://a:1".into(), special.clone()]);
        let [plain, other] = ["http://x.example/", "http://x.special.example/"].map(|url| url.parse().unwrap());
        let [plain, other] = [plain, other].map(Request::get);
        for _ in 0..3 {
            assert_eq!(chosen(&proxies, &plain).unwrap(), "a:1");
            assert_eq!(chosen(&proxies, &other).unwrap(), "b:2");
        }
        assert_eq!(chosen(&self::proxies(&[special]), &plain).unwrap(), "");
        assert_eq!(chosen(&self::proxies(&[]), &plain).unwrap(), "");
    }

    #[test]
    fn failing_proxies_are_paused_and_return() {
        let proxies = proxies(&["http://a:1".into(), "http://b:2".into()]);
        let request = Request::get("http://x.example/".parse().unwrap());
        for _ in 0..6 {
            let other = Request::get(format!("http://x.example/{}", fastrand::u64(..)).parse().unwrap());
            let proxy = proxies.choose(&other).unwrap().unwrap();
            let down = FetchError::Proxy("down".into());
            let result = if proxy.authority() == "a:1" { Err(down) } else { Ok(200) };
            proxies.report(&other, &proxy, proxies.clock.mono(), result);
        }
        for _ in 0..3 {
            assert_eq!(chosen(&proxies, &request).unwrap(), "b:2");
        }
        proxies.members[0].paused_until.set(Mono(0));
        assert!((0..2).any(|_| chosen(&proxies, &request).unwrap() == "a:1"));
        // All are paused: the one whose pause ends first is used.
        proxies.members[1].paused_until.set(Mono(u64::MAX));
        proxies.members[0].paused_until.set(Mono(u64::MAX - 1));
        assert_eq!(chosen(&proxies, &request).unwrap(), "a:1");
    }

    #[test]
    fn a_host_that_fails_with_all_proxies_pauses_none() {
        let proxies = proxies(&["http://a:1".into(), "http://b:2".into()]);
        for page in 0..20 {
            let request = Request::get(format!("http://x.example/{page}").parse().unwrap());
            let used = proxies.choose(&request).unwrap().unwrap();
            proxies.report(&request, &used, proxies.clock.mono(), Err(FetchError::Reset("closed".into())));
        }
        assert!(proxies.members.iter().all(|member| member.paused_until.get() == Mono(0)));
    }

    #[test]
    fn a_retry_uses_another_proxy() {
        let request = Request::get("http://x.example/".parse().unwrap());
        for (result, uses_another) in [
            (Err(FetchError::Reset("closed".into())), true),
            (Ok(503), true),
            (Ok(200), false),
            (Ok(404), false),
            (Err(FetchError::Request("odd".into())), false),
        ] {
            let proxies = proxies(&["http://a:1".into(), "http://b:2".into(), "http://c:3".into()]);
            let used = proxies.choose(&request).unwrap().unwrap();
            proxies.report(&request, &used, proxies.clock.mono(), result);
            let mut again: Vec<_> = (0..6).map(|_| chosen(&proxies, &request).unwrap()).collect();
            assert_eq!(!again.contains(&used.authority().to_owned()), uses_another);
            // Unless the others are paused.
            proxies.members[1..].iter().for_each(|member| member.paused_until.set(Mono(u64::MAX)));
            again.push(chosen(&proxies, &request).unwrap());
            assert_eq!(again.last().unwrap(), used.authority());
        }
    }
}
