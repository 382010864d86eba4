//! Which proxy a request goes through.

mod config;
mod environment;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

pub use self::config::ProxyConfig;
pub(crate) use self::environment::Environment;
use crate::{
    clock::Clock,
    outcome::FetchError,
    request::Request,
    time::Mono,
    wire::{HostPattern, Proxy},
};

/// Failures in a row after which a proxy is retired.
const MAX_FAILURES: u32 = 3;

/// How long the first time; doubled each time it fails again.
const RETIREMENT: Duration = Duration::from_secs(30);

/// How long at most.
const MAX_RETIREMENT: Duration = Duration::from_secs(600);

/// The configured proxies, used in turn; those that fail rest for a while.
#[derive(Debug)]
pub(super) struct Proxies {
    members: Vec<Member>,
    environment: Environment,
    turn: Cell<usize>,
    clock: Clock,
}

/// A proxy and how it has been doing.
#[derive(Debug)]
struct Member {
    url: String,
    /// One that is none fails its requests: going out without it would show the address that it is there to hide.
    proxy: Result<Rc<Proxy>, FetchError>,
    hosts: Vec<HostPattern>,
    /// In a row.
    failures: Cell<u32>,
    retired_until: RefCell<Mono>,
}

impl Proxies {
    /// The proxies of `fetcher.proxies`; without any, those of the environment.
    pub(super) fn new(configured: &[ProxyConfig], environment: Environment, clock: Clock) -> Self {
        let environment = if configured.is_empty() { environment } else { Environment::default() };
        let configured = configured.iter().map(|proxy| Member::new(&proxy.url, proxy.hosts.clone()));
        let named = environment.urls().map(|url| Member::new(url, Vec::new()));
        let members = configured.chain(named).collect();
        Self { members, environment, turn: Cell::new(0), clock }
    }

    /// The proxy of a request: its own, else the next one configured for its host, else none.
    ///
    /// # Errors
    /// When the proxy cannot be used.
    pub(super) fn choose(&self, request: &Request) -> Result<Option<Rc<Proxy>>, FetchError> {
        if let Some(own) = request.proxy_url() {
            return Member::new(own, Vec::new()).proxy.map(Some);
        }
        if self.members.is_empty() {
            return Ok(None);
        }
        let url = request.url();
        let members: Vec<_> = if self.environment.is_proxied() {
            let named = self.environment.proxy(url);
            self.members.iter().filter(|member| named == Some(&*member.url)).collect()
        } else {
            let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
            let is_for = |member: &&Member| member.hosts.iter().any(|pattern| pattern.matches(host));
            let own: Vec<_> = self.members.iter().filter(is_for).collect();
            if own.is_empty() { self.members.iter().filter(|member| member.hosts.is_empty()).collect() } else { own }
        };
        self.next(&members).map(|member| member.proxy.clone()).transpose()
    }

    /// The next one in turn that is not retired; when all are, the one that returns first.
    fn next<'m>(&self, members: &[&'m Member]) -> Option<&'m Member> {
        let now = self.clock.mono();
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        let in_turn = members.iter().cycle().skip(turn % members.len().max(1)).take(members.len());
        let healthy = in_turn.copied().find(|member| *member.retired_until.borrow() <= now);
        healthy.or_else(|| members.iter().copied().min_by_key(|member| *member.retired_until.borrow()))
    }

    /// Notes whether a proxy did its part.
    pub(super) fn report<T>(&self, used: &Rc<Proxy>, result: &Result<T, FetchError>) {
        let is_used = |member: &&Member| member.proxy.as_ref().is_ok_and(|proxy| Rc::ptr_eq(proxy, used));
        let Some(member) = self.members.iter().find(is_used) else { return };
        if !matches!(result, Err(FetchError::Proxy(_))) {
            member.failures.set(0);
            return;
        }
        let failures = member.failures.get().saturating_add(1);
        member.failures.set(failures);
        if let Some(times) = failures.checked_sub(MAX_FAILURES) {
            let rest = RETIREMENT.saturating_mul(1 << times.min(8)).min(MAX_RETIREMENT);
            member.retired_until.replace(self.clock.mono() + rest);
            log::warn!(proxy:? = used, seconds = rest.as_secs(); "proxy fails again and again; retired for a while");
        }
    }
}

impl Member {
    fn new(url: &str, hosts: Vec<HostPattern>) -> Self {
        let proxy = Proxy::parse(url).map(Rc::new).map_err(|words| FetchError::Proxy(words.into()));
        let (failures, retired_until) = Default::default();
        Self { url: url.to_owned(), proxy, hosts, failures, retired_until }
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
    fn they_take_turns_and_a_request_may_have_its_own() {
        let proxies = proxies(&["http://a:1".into(), "socks5://b:2".into(), "nonsense".into()]);
        let request = Request::get("http://x.example/".parse().unwrap());
        assert_eq!(chosen(&proxies, &request).unwrap(), "a:1");
        assert_eq!(chosen(&proxies, &request.clone().proxy("http://own:3")).unwrap(), "own:3");
        assert_eq!(chosen(&proxies, &request).unwrap(), "b:2");
        assert!(chosen(&proxies, &request).is_err());
        assert_eq!(chosen(&proxies, &Request::get("https://x.example/".parse().unwrap())).unwrap(), "a:1");
    }

    #[test]
    fn some_are_for_some_hosts() {
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
    fn those_that_fail_rest_and_return() {
        let proxies = proxies(&["http://a:1".into(), "http://b:2".into()]);
        let request = Request::get("http://x.example/".parse().unwrap());
        let failed: Result<(), _> = Err(FetchError::Proxy("down".into()));
        for _ in 0..4 {
            let proxy = proxies.choose(&request).unwrap().unwrap();
            let result = if proxy.authority() == "a:1" { &failed } else { &Ok(()) };
            proxies.report(&proxy, result);
        }
        let proxy = proxies.members[0].proxy.clone().unwrap();
        proxies.report(&proxy, &failed);
        for _ in 0..3 {
            assert_eq!(chosen(&proxies, &request).unwrap(), "b:2");
        }
        proxies.members[0].retired_until.replace(Mono(0));
        assert!((0..2).any(|_| chosen(&proxies, &request).unwrap() == "a:1"));
        // All of them down: the one that returns first is tried.
        proxies.members[1].retired_until.replace(Mono(u64::MAX));
        proxies.members[0].retired_until.replace(Mono(u64::MAX - 1));
        assert_eq!(chosen(&proxies, &request).unwrap(), "a:1");
    }
}
