//! Checks that types cannot express: ranges, patterns, values that belong together.

use std::{fmt::Display, path::Path, time::Duration};

use super::{
    Config,
    seeds::request::parse_seed,
    syntax::{check_header, check_proxy, is_status_range},
};
use crate::{
    error::{ConfigError, Error, Result},
    frontier::scope::Scope,
    sink,
    transport::Tls,
    urls::rewrite,
};

impl Config {
    /// Checks a configuration made in code. [`Layers::load`](super::Layers::load) has these checks built in.
    ///
    /// # Errors
    /// [`Error::Config`] with every error.
    pub fn check(&self) -> Result<()> {
        let errors = self.errors();
        if errors.is_empty() { Ok(()) } else { Err(Error::Config(errors)) }
    }

    /// Returns an error for every value that is not valid.
    pub(super) fn errors(&self) -> Vec<ConfigError> {
        let mut errors = ErrorList(Vec::new());
        self.check_crawl(&mut errors);
        self.check_not_zero(&mut errors);
        self.check_fetcher(&mut errors);
        errors.check("tls".to_owned(), Tls::new(&self.tls));
        if !(0.0..=10.0).contains(&self.politeness.jitter) {
            errors.add("politeness.jitter", "must be between 0 and 10");
        }
        for (index, text) in self.parser.statuses.iter().enumerate() {
            if !is_status_range(text) {
                errors.add(
                    format!("parser.statuses[{index}]"),
                    format!("`{text}` is not a status: expected 2xx, 404 or 500-599"),
                );
            }
        }
        errors.0.extend(sink::check(&self.sink));
        if self.store.engine().directory() == Some(Path::new("")) {
            errors.add("store.path", "state directory is missing: set it, or use type = \"memory\"");
        }
        for (index, host) in self.host.iter().enumerate() {
            if let Err((key, message)) = host.check() {
                errors.add(format!("host[{index}].{key}"), message);
            }
        }
        if !self.discovery.has_day() {
            errors.add("discovery.sitemap_since", "expected a day: 2026, 2026-01 or 2026-01-31");
        }
        errors.0.extend(Scope::new(self.scope.clone()).err().into_iter().flatten());
        errors.0.extend(rewrite::Rules::new(self.urls.clone()).err().into_iter().flatten());
        errors.0
    }

    fn check_crawl(&self, errors: &mut ErrorList) {
        let crawl = &self.crawl;
        for (key, text) in [("name", &crawl.name), ("contact", &crawl.contact), ("user_agent", &crawl.user_agent)] {
            if let Some(character) = text.chars().find(|character| !matches!(character, ' '..='~')) {
                errors.add(format!("crawl.{key}"), format!("{character:?} is not a printable ASCII character"));
            }
        }
        for (index, text) in crawl.seeds.iter().enumerate() {
            errors.check(format!("crawl.seeds[{index}]"), parse_seed(text));
        }
        for (index, seed) in crawl.request.iter().enumerate() {
            errors.check(format!("crawl.request[{index}]"), seed.to_request());
        }
    }

    fn check_not_zero(&self, errors: &mut ErrorList) {
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
                errors.add(key, "must be at least 1");
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
                errors.add(format!("fetcher.timeout.{key}"), "must be greater than 0");
            }
        }
    }

    fn check_fetcher(&self, errors: &mut ErrorList) {
        for (index, auth) in self.auth.iter().enumerate() {
            errors.check(format!("auth[{index}]"), auth.parse());
        }
        for (name, value) in &self.fetcher.headers {
            errors.check(format!("fetcher.headers.{name}"), check_header(name, value));
        }
        for (index, proxy) in self.fetcher.proxies.iter().enumerate() {
            errors.check(format!("fetcher.proxies[{index}]"), check_proxy(&proxy.url));
        }
    }
}

struct ErrorList(Vec<ConfigError>);

impl ErrorList {
    fn add(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.0.push(ConfigError { origin: "config".to_owned(), key: key.into(), message: message.into() });
    }

    fn check<T, E: Display>(&mut self, key: String, result: Result<T, E>) {
        if let Err(message) = result {
            self.add(key, message.to_string());
        }
    }
}
