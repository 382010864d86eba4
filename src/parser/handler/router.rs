//! Selects the handler of a page: by label, by URL pattern, or the default.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use globset::GlobSet;
use log::warn;
use url::Url;

use super::{ErrorHandler, Handler, default::DefaultHandler, sitemap::SitemapHandler};
use crate::{
    base::{locks::lock, suggest::suggest},
    error::ConfigError,
    frontier::scope::discovery,
    http::request::SITEMAP,
    parser::Page,
    urls::{
        canonical::canonical_url,
        glob::{glob_set, url_globs},
    },
};

/// Maximum number of unknown labels remembered, so that each is logged once.
const MAX_UNKNOWN: usize = 1000;

/// Prefix of the labels of built-in handlers.
const RESERVED: &str = "lycosa:";

/// Declared routes. [`Routes::build`] checks them.
///
/// A route leads from a label or URL pattern to any [`Handler`], so routes may also be declared by configuration.
#[derive(Default)]
pub(crate) struct Routes {
    labels: Vec<(Arc<str>, Arc<dyn Handler>)>,
    patterns: Vec<(String, Arc<dyn Handler>)>,
    otherwise: Vec<Arc<dyn Handler>>,
    on_error: Vec<Arc<dyn ErrorHandler>>,
}

impl Routes {
    /// Declares the handler of pages with this label.
    pub(crate) fn on(&mut self, label: impl Into<Arc<str>>, handler: impl Handler + 'static) {
        self.labels.push((label.into(), Arc::new(handler)));
    }

    /// Declares the handler of pages without a label whose URL matches this glob. The first matching glob counts.
    pub(crate) fn on_url(&mut self, pattern: impl Into<String>, handler: impl Handler + 'static) {
        self.patterns.push((pattern.into(), Arc::new(handler)));
    }

    /// Declares the handler of all other pages.
    pub(crate) fn otherwise(&mut self, handler: impl Handler + 'static) {
        self.otherwise.push(Arc::new(handler));
    }

    /// Declares the handler of requests that finally failed.
    pub(crate) fn on_error(&mut self, handler: impl ErrorHandler + 'static) {
        self.on_error.push(Arc::new(handler));
    }

    /// Builds the router, with the built-in handlers: for sitemaps, and for all pages if there is no other handler.
    ///
    /// # Errors
    /// Every route declared twice, and every pattern that is not valid or can never match.
    pub(crate) fn build(self, discovery: &discovery::Config) -> Result<Router, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let is_empty = self.labels.is_empty() && self.patterns.is_empty() && self.otherwise.is_empty();
        let mut labels: BTreeMap<Arc<str>, Arc<dyn Handler>> = BTreeMap::new();
        for (label, handler) in self.labels {
            if label.starts_with(RESERVED) {
                errors.push(route_error(
                    &format!("on(\"{label}\")"),
                    &format!("labels that start with `{RESERVED}` are reserved"),
                ));
            } else if labels.insert(label.clone(), handler).is_some() {
                errors.push(route_error(&format!("on(\"{label}\")"), "declared twice"));
            }
        }
        let mut patterns = Vec::new();
        let mut known = BTreeSet::new();
        for (text, handler) in self.patterns {
            let key = format!("on_url(\"{text}\")");
            match url_globs(&text).and_then(glob_set) {
                Ok(_) if !known.insert(text) => errors.push(route_error(&key, "declared twice")),
                Ok(globs) => patterns.push((globs, handler)),
                Err(message) => errors.push(route_error(&key, &message)),
            }
        }
        let otherwise = only("otherwise", self.otherwise, &mut errors);
        let on_error = only("on_error", self.on_error, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        labels.insert(SITEMAP.into(), Arc::new(SitemapHandler::new(discovery.clone())));
        let default = || Arc::new(DefaultHandler::new(discovery.clone())) as Arc<dyn Handler>;
        let otherwise = otherwise.or_else(|| is_empty.then(default));
        Ok(Router { labels, patterns, otherwise, on_error, has_routes: !is_empty, unknown: Mutex::default() })
    }
}

fn only<H: ?Sized>(key: &str, handlers: Vec<Arc<H>>, errors: &mut Vec<ConfigError>) -> Option<Arc<H>> {
    if handlers.len() > 1 {
        errors.push(route_error(key, "declared twice"));
    }
    handlers.into_iter().next()
}

fn route_error(key: &str, message: &str) -> ConfigError {
    ConfigError { origin: "handlers".to_owned(), key: key.to_owned(), message: message.to_owned() }
}

/// Selects the handler of a page. Shared by all Parsers.
pub(crate) struct Router {
    labels: BTreeMap<Arc<str>, Arc<dyn Handler>>,
    patterns: Vec<(GlobSet, Arc<dyn Handler>)>,
    otherwise: Option<Arc<dyn Handler>>,
    on_error: Option<Arc<dyn ErrorHandler>>,
    /// False if only the built-in handlers are there.
    has_routes: bool,
    /// Labels without a route found so far; at most [`MAX_UNKNOWN`].
    unknown: Mutex<BTreeSet<Box<str>>>,
}

impl Router {
    /// Checks the labels of seeds, which are known before the crawl starts.
    ///
    /// # Errors
    /// Every label without a route, unless there are only built-in handlers.
    pub(crate) fn check_labels<'a>(&self, labels: impl Iterator<Item = &'a str>) -> Result<(), Vec<ConfigError>> {
        if !self.has_routes {
            return Ok(());
        }
        let unknown = labels.filter(|label| !self.labels.contains_key(*label));
        let errors: Vec<_> = unknown.map(|label| self.no_route(label)).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn no_route(&self, label: &str) -> ConfigError {
        let names = self.labels.keys().map(AsRef::as_ref).filter(|name: &&str| !name.starts_with(RESERVED));
        let message = match suggest(label, names) {
            Some(name) => format!("no handler for this label; did you mean `{name}`?"),
            None => "no handler for this label".to_owned(),
        };
        route_error(&format!("label `{label}`"), &message)
    }

    /// Returns the handler of a page. `None` if there are handlers, but none for this page.
    pub(crate) fn route(&self, page: &Page) -> Option<&dyn Handler> {
        let handler = match page.label() {
            Some(label) => self.labels.get(label).or_else(|| self.unknown_label(label)),
            None => self.by_url(page.url()).or(self.otherwise.as_ref()),
        };
        handler.map(|handler| &**handler)
    }

    /// Returns the handler of failures, if there is one.
    pub(crate) fn error_handler(&self) -> Option<&dyn ErrorHandler> {
        self.on_error.as_deref()
    }

    fn by_url(&self, url: &Url) -> Option<&Arc<dyn Handler>> {
        if self.patterns.is_empty() {
            return None;
        }
        let url = canonical_url(url);
        self.patterns.iter().find(|(pattern, _)| pattern.is_match(url.as_str())).map(|(_, handler)| handler)
    }

    fn unknown_label(&self, label: &str) -> Option<&Arc<dyn Handler>> {
        if self.has_routes {
            let mut unknown = lock(&self.unknown);
            if unknown.len() < MAX_UNKNOWN && unknown.insert(label.into()) {
                warn!(label; "no handler for this label");
            }
        }
        self.otherwise.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::Mono,
        http::{
            coding::Content,
            request::Request,
            response::{Headers, Response},
        },
        parser::{HandlerResult, Output},
    };

    fn named(name: &'static str) -> impl Handler {
        move |_: &Page, out: &mut Output| -> HandlerResult {
            out.record(name);
            Ok(())
        }
    }

    fn page(url: &str, label: Option<&str>) -> Page {
        let request = Request::get(url.parse().unwrap());
        let request = if let Some(label) = label { request.label(label) } else { request };
        let (started, ended) = (Mono(0), Mono(0));
        let (headers, body) = (Headers::default(), bytes::Bytes::new());
        let response = Response { status: 200, headers, body, truncated: false, address: None, started, ended };
        Page::new(request, response, Content { bytes: bytes::Bytes::new(), truncated: false })
    }

    /// Returns the record that the handler of a page emits; "none" without a handler, else its error.
    fn handled(router: &Router, page: &Page) -> String {
        let mut out = Output::for_test(page);
        let Some(handler) = router.route(page) else { return "none".to_owned() };
        match handler.handle(page, &mut out) {
            Ok(()) => out.records().next().unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn label_then_pattern_then_otherwise() {
        let mut routes = Routes::default();
        routes.on("author", named("author"));
        routes.on_url("*/tag/*", named("tag"));
        routes.on_url("*/~café/*", named("coffee"));
        routes.on_url("*", named("rest"));
        let router = routes.build(&discovery::Config::default()).unwrap();
        let (tag, other) = ("http://a.example/tag/x", "http://a.example/");
        assert_eq!(handled(&router, &page(tag, Some("author"))), "\"author\"");
        assert_eq!(handled(&router, &page(tag, None)), "\"tag\"");
        assert_eq!(handled(&router, &page("http://a.example/%7Ecaf%c3%a9/", None)), "\"coffee\"");
        assert_eq!(handled(&router, &page(other, None)), "\"rest\"");
        assert_eq!(handled(&router, &page(other, Some("lycosa:sitemap"))), "media_type");
        assert_eq!(handled(&router, &page(tag, Some("autor"))), "none");
        let built_in = Routes::default().build(&discovery::Config::default()).unwrap();
        assert!(handled(&built_in, &page(tag, Some("any"))).contains("\"title\":null"));
        let mut routes = Routes::default();
        routes.on("author", named("author"));
        routes.otherwise(named("otherwise"));
        let router = routes.build(&discovery::Config::default()).unwrap();
        assert_eq!(handled(&router, &page(tag, Some("autor"))), "\"otherwise\"");
        assert_eq!(handled(&router, &page(tag, None)), "\"otherwise\"");
    }

    #[test]
    fn errors_are_found_before_the_crawl() {
        let mut routes = Routes::default();
        routes.on("a", named(""));
        routes.on("a", named(""));
        routes.on_url("*x", named(""));
        routes.on_url("*x", named(""));
        routes.on_url("[", named(""));
        routes.otherwise(named(""));
        routes.otherwise(named(""));
        let errors = routes.build(&discovery::Config::default()).err().unwrap();
        let keys: Vec<_> = errors.iter().map(|error| error.key.as_str()).collect();
        assert_eq!(keys, ["on(\"a\")", "on_url(\"*x\")", "on_url(\"[\")", "otherwise"]);

        let mut routes = Routes::default();
        routes.on("author", named(""));
        let errors = routes
            .build(&discovery::Config::default())
            .unwrap()
            .check_labels(["author", "auhtor"].into_iter())
            .unwrap_err();
        let message: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(message, ["handlers: label `auhtor`: no handler for this label; did you mean `author`?"]);
        assert!(
            Routes::default().build(&discovery::Config::default()).unwrap().check_labels(["any"].into_iter()).is_ok()
        );
    }
}
