//! The rules of `[urls]`, which rewrite URLs.
//!
//! A URL is rewritten when it is found, before it is compared and fetched. So a page has one URL in the frontier, in requests
//! and in records. All rules are off by default: each may mistake two pages for one, depending on the site. Rules that hold
//! for all sites are part of the canonical form ([`canonical`](crate::urls::canonical())).

use globset::GlobSet;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    canonical::{canonical, escaped, registrable},
    glob::{glob_set, part_globs},
    query::name_of,
    session::without_session,
    tracking::is_tracking,
};
use crate::error::ConfigError;

/// `[urls]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Session ids: `;jsessionid=...`, `PHPSESSID=...`, `sid=0123456789abcdef` and similar ones.
    pub session_ids: Presence,
    /// Parameters that only track visitors: `utm_*`, `gclid`, `fbclid` and similar ones.
    pub tracking: Presence,
    /// Query parameters to drop; globs, not case-sensitive.
    pub drop_params: Vec<String>,
    /// Order of query parameters.
    pub query: Order,
    /// File names to drop at the end of a path, such as `index.html`; not case-sensitive.
    pub index_pages: Vec<String>,
    /// What happens to a slash at the end of a path.
    pub trailing_slash: Slash,
    /// What happens to `www.` before a registrable domain.
    pub www: Www,
}

/// Whether a part of a URL is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Keep it.
    #[default]
    Keep,
    /// Drop it.
    Drop,
}

/// `urls.query`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Unchanged.
    #[default]
    Keep,
    /// Sorted by name; equal names keep their order. Empty parameters and empty queries are dropped.
    Sort,
}

/// `urls.trailing_slash`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slash {
    /// Unchanged.
    #[default]
    Keep,
    /// Added, unless the last segment contains a dot.
    Add,
    /// Dropped, except for the root.
    Drop,
}

/// `urls.www`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Www {
    /// Unchanged.
    #[default]
    Keep,
    /// Added to a bare registrable domain.
    Add,
    /// Dropped.
    Drop,
}

/// Compiled rules.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    config: Config,
    drop_params: GlobSet,
    is_active: bool,
}

impl Rules {
    /// Compiles the rules of a configuration.
    ///
    /// # Errors
    /// Every pattern that is not valid, or can never match.
    pub fn new(mut config: Config) -> Result<Self, Vec<ConfigError>> {
        let mut globs = Vec::new();
        let mut errors = Vec::new();
        let mut bad = |key: String, message| errors.push(ConfigError { origin: "config".to_owned(), key, message });
        for (index, text) in config.drop_params.iter().enumerate() {
            match part_globs(text, &['&', '=']) {
                Ok(canonical) => globs.extend(canonical),
                Err(message) => bad(format!("urls.drop_params[{index}]"), format!("`{text}`: {message}")),
            }
        }
        for (index, text) in config.index_pages.iter().enumerate() {
            if let Err(message) = part_globs(text, &['/', '?']) {
                bad(format!("urls.index_pages[{index}]"), format!("`{text}`: {message}"));
            }
        }
        config.index_pages.iter_mut().for_each(|name| *name = escaped(name));
        let drop_params = glob_set(globs).unwrap_or_else(|error| {
            bad("urls.drop_params".to_owned(), error);
            GlobSet::empty()
        });
        let is_active = config != Config::default();
        if errors.is_empty() { Ok(Self { config, drop_params, is_active }) } else { Err(errors) }
    }

    /// Returns true if no rule is on.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.is_active
    }

    /// Rewrites a URL. Rewriting the result again changes nothing.
    ///
    /// ```
    /// use lycosa::config::urls::{Config, Order, Presence, Rules};
    /// let config = Config { tracking: Presence::Drop, query: Order::Sort, ..Config::default() };
    /// let url = "http://a.example/?b=2&utm_source=x&a=1".parse().unwrap();
    /// assert_eq!(Rules::new(config).unwrap().rewrite(&url).as_str(), "http://a.example/?a=1&b=2");
    /// ```
    #[must_use]
    pub fn rewrite(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if self.is_idle() || !matches!(url.scheme(), "http" | "https") {
            return url;
        }
        if self.config.session_ids == Presence::Drop {
            url = without_session(&url).unwrap_or(url);
        }
        self.query(&mut url);
        self.path(&mut url);
        self.host(&mut url);
        url
    }

    fn query(&self, url: &mut Url) {
        let Some(query) = url.query() else { return };
        let mut parts: Vec<&str> = query.split('&').filter(|part| !self.is_dropped(part)).collect();
        if self.config.query == Order::Sort {
            parts.retain(|part| !part.is_empty());
            parts.sort_by_key(|part| canonical(name_of(part)));
        }
        let rewritten = parts.join("&");
        let is_empty = rewritten.is_empty() && self.config.query == Order::Sort;
        if rewritten != query || is_empty {
            url.set_query(Some(rewritten.as_str()).filter(|query| !query.is_empty()));
        }
    }

    fn is_dropped(&self, part: &str) -> bool {
        let name = &*canonical(name_of(part));
        (self.config.tracking == Presence::Drop && is_tracking(name)) || self.drop_params.is_match(name)
    }

    fn path(&self, url: &mut Url) {
        let path = url.path();
        let (folder, page) = path.rsplit_once('/').unwrap_or(("", path));
        let is_index = self.config.index_pages.iter().any(|name| name.eq_ignore_ascii_case(&canonical(page)));
        let rewritten = if is_index && !page.is_empty() { format!("{folder}/") } else { path.to_owned() };
        let rewritten = match self.config.trailing_slash {
            Slash::Keep => rewritten,
            Slash::Add if rewritten.rsplit('/').next().is_none_or(|page| page.is_empty() || page.contains('.')) => {
                rewritten
            }
            Slash::Add => rewritten + "/",
            Slash::Drop => rewritten.trim_end_matches('/').to_owned(),
        };
        if rewritten != path {
            // An empty path becomes `/`.
            url.set_path(&rewritten);
        }
    }

    fn host(&self, url: &mut Url) {
        let Some(host) = url.domain() else { return };
        let host = host.to_owned();
        let bare = registrable(url).to_owned();
        let wanted = match self.config.www {
            Www::Keep => return,
            // Not for single labels such as `localhost`.
            Www::Add if host == bare && bare.contains('.') => format!("www.{bare}"),
            Www::Drop if host.strip_prefix("www.") == Some(&bare) => bare,
            Www::Add | Www::Drop => return,
        };
        // The new host is valid. If it were not, the URL would stay unchanged.
        url.set_host(Some(&wanted)).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_changes_its_part_only() {
        let none = Config::default;
        for (config, url, rewritten) in [
            (
                none(),
                "http://a.example/x/?b&a&&utm_source=1;jsessionid=2",
                "http://a.example/x/?b&a&&utm_source=1;jsessionid=2",
            ),
            (
                Config { tracking: Presence::Drop, ..none() },
                "http://a.example/?utm_a=1&b=2&GCLID=3",
                "http://a.example/?b=2",
            ),
            (Config { tracking: Presence::Drop, ..none() }, "http://a.example/?fbclid=3", "http://a.example/"),
            (Config { tracking: Presence::Drop, ..none() }, "http://a.example/?", "http://a.example/?"),
            (
                Config { query: Order::Sort, ..none() },
                "http://a.example/?b=1&a=2&b=0&&a",
                "http://a.example/?a=2&a&b=1&b=0",
            ),
            (
                Config { drop_params: vec!["Sort*".into()], ..none() },
                "http://a.example/?sortby=1&x",
                "http://a.example/?x",
            ),
            (
                Config { session_ids: Presence::Drop, ..none() },
                "http://a.example/x;jsessionid=A1B2?y=1",
                "http://a.example/x?y=1",
            ),
            (
                Config { session_ids: Presence::Drop, ..none() },
                "http://a.example/x?PHPSESSID=abc&y=1",
                "http://a.example/x?y=1",
            ),
            (
                Config { index_pages: vec!["index.html".into()], ..none() },
                "http://a.example/d/Index.HTML?x",
                "http://a.example/d/?x",
            ),
            (
                Config { index_pages: vec!["index.html".into()], ..none() },
                "http://a.example/index.htm",
                "http://a.example/index.htm",
            ),
            (
                Config { tracking: Presence::Drop, ..none() },
                "http://a.example/%7Ea?utm%5Fa=1&%62=2&gclid%0A=3&f%62clid",
                "http://a.example/%7Ea?%62=2&gclid%0A=3",
            ),
            (
                Config { session_ids: Presence::Drop, ..none() },
                "http://a.example/x;jsession%69d=A1B2?PHPSESS%49D=3&y=1",
                "http://a.example/x?y=1",
            ),
            (
                Config { drop_params: vec!["größe".into(), "x-{é,%7e}*".into()], ..none() },
                "http://a.example/?GR%c3%b6%C3%9Fe=1&x-~y&X-%c3%A9&x",
                "http://a.example/?x",
            ),
            (
                Config { index_pages: vec!["índex.html".into(), "~.html".into()], ..none() },
                "http://a.example/d/%C3%adndex.HTML?x",
                "http://a.example/d/?x",
            ),
            (
                Config { index_pages: vec!["~.html".into()], ..none() },
                "http://a.example/d/%7E.html",
                "http://a.example/d/",
            ),
            (Config { query: Order::Sort, ..none() }, "http://a.example/?b=1&%61=2", "http://a.example/?%61=2&b=1"),
            (Config { trailing_slash: Slash::Add, ..none() }, "http://a.example/d?x", "http://a.example/d/?x"),
            (Config { trailing_slash: Slash::Add, ..none() }, "http://a.example/d.html", "http://a.example/d.html"),
            (Config { trailing_slash: Slash::Drop, ..none() }, "http://a.example/d//?x", "http://a.example/d?x"),
            (Config { trailing_slash: Slash::Drop, ..none() }, "http://a.example/", "http://a.example/"),
            (Config { www: Www::Drop, ..none() }, "http://www.a.co.uk:81/", "http://a.co.uk:81/"),
            (Config { www: Www::Drop, ..none() }, "http://www.b.a.co.uk/", "http://www.b.a.co.uk/"),
            (Config { www: Www::Add, ..none() }, "http://a.example/", "http://www.a.example/"),
            (Config { www: Www::Add, ..none() }, "http://localhost/", "http://localhost/"),
            (Config { www: Www::Add, ..none() }, "http://10.0.0.1/", "http://10.0.0.1/"),
        ] {
            let rules = Rules::new(config).unwrap();
            let once = rules.rewrite(&url.parse().unwrap());
            assert_eq!(once.as_str(), rewritten);
            assert_eq!(rules.rewrite(&once), once);
        }
        assert_eq!(
            Rules::new(Config { drop_params: vec!["[".into()], ..none() }).unwrap_err()[0].key,
            "urls.drop_params[0]"
        );
        for name in ["", "a b", "a=1", "a&b", "x#y"] {
            let errors = Rules::new(Config { drop_params: vec![name.into()], ..none() }).unwrap_err();
            assert!(errors[0].message.starts_with(&format!("`{name}`")), "{errors:?}");
        }
        for name in ["", "a b", "d/index.html", "x?y"] {
            let errors = Rules::new(Config { index_pages: vec![name.into()], ..none() }).unwrap_err();
            assert_eq!(errors[0].key, "urls.index_pages[0]");
        }
    }
}
