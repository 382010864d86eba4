//! The configuration without its secrets.

use std::fmt;

use super::{Config, SeedConfig};
use crate::base::secret::{HIDDEN, is_secret_name, without_credentials};

impl Config {
    /// Returns a copy with `***` in place of every secret: passwords, tokens, credentials in URLs, and the values of headers
    /// that are in `fetcher.secret_headers` or have a telling name.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let mut shown = self.clone();
        for auth in &mut shown.auth {
            [&mut auth.password, &mut auth.token].into_iter().for_each(hide);
        }
        for proxy in &mut shown.fetcher.proxies {
            proxy.url = without_credentials(&proxy.url).into_owned();
        }
        let is_secret = |name: &str| {
            is_secret_name(name) || self.fetcher.secret_headers.iter().any(|secret| secret.eq_ignore_ascii_case(name))
        };
        for (name, value) in &mut shown.fetcher.headers {
            if is_secret(name) {
                hide(value);
            }
        }
        for line in &mut shown.crawl.seeds {
            *line = seed_line(line, is_secret);
        }
        for seed in &mut shown.crawl.request {
            redact(seed, is_secret);
        }
        for url in &mut shown.discovery.sitemap_urls {
            if let Ok(hidden) = without_credentials(url.as_str()).parse() {
                *url = hidden;
            }
        }
        shown
    }
}

fn redact(seed: &mut SeedConfig, is_secret: impl Fn(&str) -> bool) {
    seed.url = without_credentials(&seed.url).into_owned();
    seed.proxy = seed.proxy.take().map(|proxy| without_credentials(&proxy).into_owned());
    for (name, value) in &mut seed.headers.0 {
        if is_secret(name) {
            hide(value);
        }
    }
}

/// Hides the secrets of a seed line. After the name of a secret header, the rest of the line is hidden.
fn seed_line(line: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let shown = without_credentials(line);
    let mut headers = shown.match_indices("header=");
    let secret = headers.find_map(|(at, key)| {
        let rest = shown.get(at + key.len()..)?.trim_start_matches(['"', '\'']);
        let (name, _) = rest.split_once(':')?;
        is_secret(name).then(|| shown.len() - rest.len() + name.len() + 1)
    });
    match secret.and_then(|end| shown.get(..end)) {
        Some(start) => format!("{start}{HIDDEN}"),
        None => shown.into_owned(),
    }
}

fn hide(text: &mut String) {
    if !text.is_empty() {
        HIDDEN.clone_into(text);
    }
}

/// Prints TOML without secrets: configurations may get into logs.
impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = toml::Table::try_from(self.redacted()).map_err(|_| fmt::Error)?;
        formatter.debug_tuple("Config").field(&table).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    #[test]
    fn secrets_are_hidden() {
        let mut layers = Layers::default();
        for (key, value) in [
            (
                "auth",
                "[{ origin = 'http://a.example', type = 'basic', user = 'wolf', password = 'S1' },
                { origin = 'http://b.example', type = 'bearer', token = 'S2' }]",
            ),
            (
                "fetcher.proxies",
                "['http://wolf:S3@p.example:1', { url = 'socks5://wolf:S4@q.example:1', match = ['x'] }]",
            ),
            ("fetcher.headers", "{ Authorization = 'S5', 'X-Own' = 'S6', Accept = 'seen' }"),
            ("fetcher.secret_headers", "['x-own']"),
            (
                "crawl.seeds",
                "['http://wolf:S7@a.example/ label=seen', 'a.example header=\"Cookie: S8 S8\" label=x',
                'a.example proxy=http://u:S9@p:1']",
            ),
            (
                "crawl.request",
                "[{ url = 'http://u:S10@a.example/', proxy = 'http://u:S11@p:1', headers = { 'X-Token' = 'S12' } }]",
            ),
            ("discovery.sitemap_urls", "['http://u:S13@a.example/s.xml']"),
        ] {
            layers.flag("--set", key, value);
        }
        let config = layers.load().unwrap().config;
        let text = toml::to_string(&config.redacted()).unwrap();
        for shown in [text, format!("{config:?}")] {
            let leak = (1..=13).find(|i| shown.contains(&format!("S{i}")));
            assert_eq!(leak, None, "{shown}");
            assert!(shown.contains("seen") && shown.contains("wolf") && shown.contains("***@q.example:1"), "{shown}");
        }
        assert_eq!(Config::default().redacted(), Config::default());
    }
}
