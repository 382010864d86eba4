//! Which proxy a request goes through.

pub(crate) mod config;
pub(crate) mod environment;
pub(crate) mod failed;
pub(crate) mod member;

use std::{cell::Cell, ptr, rc::Rc};

pub use self::config::ProxyConfig;
pub(crate) use self::environment::Environment;
use self::{
    failed::Failed,
    member::{Member, Word},
};
use crate::{
    base::time::Mono,
    failure::FetchError,
    http::request::{Request, fingerprint::Fingerprint},
    runtime::clock::Clock,
    transport::Proxy,
};

/// The configured proxies, used in turn; those that fail rest for a while.
#[derive(Debug)]
pub(crate) struct Proxies {
    members: Vec<Member>,
    environment: Environment,
    turn: Cell<usize>,
    /// Requests whose last attempt failed: the next one takes another proxy.
    requests: Failed<Fingerprint>,
    /// Hosts of which nothing has come since.
    hosts: Failed<Box<str>>,
    clock: Clock,
}

impl Proxies {
    /// The proxies of `fetcher.proxies`; without any, those of the environment.
    pub(crate) fn new(configured: &[ProxyConfig], environment: Environment, clock: Clock) -> Self {
        let environment = if configured.is_empty() { environment } else { Environment::default() };
        let configured = configured.iter().map(|proxy| Member::new(&proxy.url, proxy.hosts.clone()));
        let named = environment.urls().map(|url| Member::new(url, Vec::new()));
        let members = configured.chain(named).collect();
        Self { members, environment, turn: Cell::new(0), requests: Failed::default(), hosts: Failed::default(), clock }
    }

    /// The proxy of a request: its own, else the next one configured for its host, else none.
    ///
    /// # Errors
    /// When the proxy cannot be used.
    pub(crate) fn choose(&self, request: &Request) -> Result<Option<Rc<Proxy>>, FetchError> {
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
        self.next(&members, request).map(|member| member.proxy.clone()).transpose()
    }

    /// The next one in turn that is not retired, and by which neither this request nor its host has just failed if there is
    /// another one; when all are retired, the one that returns first.
    fn next<'m>(&self, members: &[&'m Member], request: &Request) -> Option<&'m Member> {
        let now = self.clock.mono();
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        let in_turn = members.iter().copied().cycle().skip(turn % members.len().max(1)).take(members.len());
        let mut healthy = in_turn.filter(|member| member.retired_until.get() <= now);
        let failed = self.failed_by(request);
        let other = healthy.clone().find(|member| failed.is_none_or(|failed| !ptr::eq(failed, *member)));
        other.or_else(|| healthy.next()).or_else(|| {
            let resting = members.iter().copied();
            resting.min_by_key(|member| member.retired_until.get())
        })
    }

    /// The proxy by which a request, or one to the same host, has just failed, if that is known.
    fn failed_by(&self, request: &Request) -> Option<&Member> {
        let request_by =
            || (!self.requests.is_empty()).then(|| self.requests.by(&Fingerprint::from_request(request))).flatten();
        let host_by = || self.hosts.by(request.url().host_str().unwrap_or_default());
        self.members.get(request_by().or_else(host_by)?)
    }

    /// Notes what came of a request that began then: a status, or no head of an answer.
    pub(crate) fn report(&self, request: &Request, used: &Rc<Proxy>, began: Mono, result: Result<u16, FetchError>) {
        let Some((at, member)) = self.members.iter().enumerate().find(|(_, member)| member.is(used)) else { return };
        let host = request.url().host_str().unwrap_or_default();
        match Word::of(&result) {
            Word::Works => {
                member.works(self.clock.mono());
                self.hosts.forget(host);
            }
            Word::Fails => {
                // A host that fails by one after the other has itself to blame.
                if self.hosts.by(host).is_none_or(|before| before == at) {
                    member.fails(began, self.clock.mono());
                }
                self.hosts.note(host.into(), at);
            }
            Word::Nothing => {}
        }
        let is_failed = result.map_or_else(|error| error.is_transient(), FetchError::is_transient_status);
        if is_failed && self.members.len() > 1 {
            self.requests.note(Fingerprint::from_request(request), at);
        } else if !self.requests.is_empty() {
            self.requests.forget(&Fingerprint::from_request(request));
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
        proxies.members[0].retired_until.set(Mono(0));
        assert!((0..2).any(|_| chosen(&proxies, &request).unwrap() == "a:1"));
        // All of them down: the one that returns first is tried.
        proxies.members[1].retired_until.set(Mono(u64::MAX));
        proxies.members[0].retired_until.set(Mono(u64::MAX - 1));
        assert_eq!(chosen(&proxies, &request).unwrap(), "a:1");
    }

    #[test]
    fn a_host_that_fails_by_all_of_them_retires_none() {
        let proxies = proxies(&["http://a:1".into(), "http://b:2".into()]);
        for page in 0..20 {
            let request = Request::get(format!("http://x.example/{page}").parse().unwrap());
            let used = proxies.choose(&request).unwrap().unwrap();
            proxies.report(&request, &used, proxies.clock.mono(), Err(FetchError::Reset("closed".into())));
        }
        assert!(proxies.members.iter().all(|member| member.retired_until.get() == Mono(0)));
    }

    #[test]
    fn what_failed_by_one_takes_another() {
        let request = Request::get("http://x.example/".parse().unwrap());
        for (result, is_elsewhere) in [
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
            assert_eq!(!again.contains(&used.authority().to_owned()), is_elsewhere);
            // Unless the others rest.
            proxies.members[1..].iter().for_each(|member| member.retired_until.set(Mono(u64::MAX)));
            again.push(chosen(&proxies, &request).unwrap());
            assert_eq!(again.last().unwrap(), used.authority());
        }
    }
}
