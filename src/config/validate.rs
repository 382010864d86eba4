//! What types cannot say: values that go together, ranges, patterns.

use std::{fmt::Display, path::Path, time::Duration};

use super::{
    Config,
    seeds::request::parse_seed,
    syntax::{check_header, check_proxy, is_status_range},
};
use crate::{
    error::{ConfigError, Error, Result},
    frontier::scope::Scope,
    sink::SinkKind,
    transport::Tls,
    urls::rewrite,
};

impl Config {
    /// Checks what [`Layers::load`](super::Layers::load) has checked already: for configurations made in code.
    ///
    /// # Errors
    /// [`Error::Config`] with every mistake.
    pub fn check(&self) -> Result<()> {
        let mistakes = self.mistakes();
        if mistakes.is_empty() { Ok(()) } else { Err(Error::Config(mistakes)) }
    }

    /// Every value that its type admits and the crawl does not.
    pub(super) fn mistakes(&self) -> Vec<ConfigError> {
        let mut mistakes = Mistakes(Vec::new());
        self.check_crawl(&mut mistakes);
        self.check_zeros(&mut mistakes);
        self.check_fetcher(&mut mistakes);
        mistakes.check("tls".to_owned(), Tls::new(&self.tls));
        if !(0.0..=10.0).contains(&self.politeness.jitter) {
            mistakes.add("politeness.jitter", "0 to 10 belongs here");
        }
        for (index, text) in self.parser.statuses.iter().enumerate() {
            if !is_status_range(text) {
                mistakes.add(format!("parser.statuses[{index}]"), format!("`{text}`: write 2xx, 404 or 500-599"));
            }
        }
        for (index, sink) in self.sink.iter().enumerate() {
            if sink.kind == SinkKind::Jsonl && sink.path.as_ref().is_none_or(|path| path.as_os_str().is_empty()) {
                mistakes.add(format!("sink[{index}]"), "`path` is missing: the file to write");
            }
        }
        if self.store.engine().directory() == Some(Path::new("")) {
            mistakes.add("store.path", "the state directory is missing, or write type = \"memory\"");
        }
        for (index, overlay) in self.host.iter().enumerate() {
            if let Err((key, message)) = overlay.check() {
                mistakes.add(format!("host[{index}].{key}"), message);
            }
        }
        if !self.discovery.has_day() {
            mistakes.add("discovery.sitemap_since", "a day belongs here: 2026, 2026-01 or 2026-01-31");
        }
        if let Err(errors) = Scope::new(self.scope.clone()) {
            mistakes.0.extend(errors);
        }
        if let Err(errors) = rewrite::Rules::new(self.urls.clone()) {
            mistakes.0.extend(errors);
        }
        mistakes.0
    }

    fn check_crawl(&self, mistakes: &mut Mistakes) {
        let crawl = &self.crawl;
        for (key, text) in [("name", &crawl.name), ("contact", &crawl.contact), ("user_agent", &crawl.user_agent)] {
            if let Some(character) = text.chars().find(|character| !matches!(character, ' '..='~')) {
                mistakes.add(format!("crawl.{key}"), format!("{character:?} is no printable ASCII character"));
            }
        }
        for (index, text) in crawl.seeds.iter().enumerate() {
            mistakes.check(format!("crawl.seeds[{index}]"), parse_seed(text));
        }
        for (index, seed) in crawl.request.iter().enumerate() {
            mistakes.check(format!("crawl.request[{index}]"), seed.to_request());
        }
    }

    fn check_zeros(&self, mistakes: &mut Mistakes) {
        for (key, number) in [
            ("fetcher.concurrency", self.fetcher.concurrency),
            ("fetcher.max_body", self.fetcher.max_body.len()),
            ("politeness.host_concurrency", self.politeness.host_concurrency),
            ("scheduler.max_in_flight_bytes", self.scheduler.max_in_flight_bytes.len()),
            ("scope.max_url", self.scope.max_url),
            ("parser.offload_actors", self.parser.offload_actors),
            ("store.hosts", self.store.hosts),
            ("store.commit_batch", self.store.commit_batch),
        ] {
            if number == 0 {
                mistakes.add(key, "0 would stop the crawl: 1 or more belongs here");
            }
        }
        let timeout = &self.fetcher.timeout;
        for (key, time) in [
            ("dns", timeout.dns),
            ("connect", timeout.connect),
            ("first_byte", timeout.first_byte),
            ("idle", timeout.idle),
            ("total", timeout.total),
        ] {
            if time == Duration::ZERO {
                mistakes.add(format!("fetcher.timeout.{key}"), "no request takes no time");
            }
        }
    }

    fn check_fetcher(&self, mistakes: &mut Mistakes) {
        for (index, auth) in self.auth.iter().enumerate() {
            mistakes.check(format!("auth[{index}]"), auth.parse());
        }
        for (name, value) in &self.fetcher.headers {
            mistakes.check(format!("fetcher.headers.{name}"), check_header(name, value));
        }
        for (index, proxy) in self.fetcher.proxies.iter().enumerate() {
            mistakes.check(format!("fetcher.proxies[{index}]"), check_proxy(&proxy.url));
        }
    }
}

struct Mistakes(Vec<ConfigError>);

impl Mistakes {
    fn add(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.0.push(ConfigError { origin: "config".to_owned(), key: key.into(), message: message.into() });
    }

    fn check<T, E: Display>(&mut self, key: String, result: Result<T, E>) {
        if let Err(message) = result {
            self.add(key, message.to_string());
        }
    }
}
