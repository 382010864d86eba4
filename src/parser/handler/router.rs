//! Which handler gets a page: by its label, by its URL, otherwise.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use globset::{Glob, GlobMatcher};
use log::warn;
use url::Url;

use super::{ErrorHandler, Handler};
use crate::{
    base::{locks::lock, suggest::suggest},
    error::ConfigError,
    http::request::SITEMAP,
    parser::Page,
};

/// Unknown labels remembered, so that each is logged once.
const MAX_UNKNOWN: usize = 1000;

/// Routes as they are declared; [`Routes::build`] checks them.
#[derive(Default)]
pub(crate) struct Routes {
    labels: Vec<(Arc<str>, Arc<dyn Handler>)>,
    patterns: Vec<(String, Arc<dyn Handler>)>,
    otherwise: Vec<Arc<dyn Handler>>,
    on_error: Vec<Arc<dyn ErrorHandler>>,
}

impl Routes {
    /// Pages of requests with this label.
    pub(crate) fn on(&mut self, label: impl Into<Arc<str>>, handler: impl Handler + 'static) {
        self.labels.push((label.into(), Arc::new(handler)));
    }

    /// Pages of requests without a label whose URL matches this glob; of several the first declared counts.
    pub(crate) fn on_url(&mut self, pattern: impl Into<String>, handler: impl Handler + 'static) {
        self.patterns.push((pattern.into(), Arc::new(handler)));
    }

    /// All other pages.
    pub(crate) fn otherwise(&mut self, handler: impl Handler + 'static) {
        self.otherwise.push(Arc::new(handler));
    }

    /// Requests that failed for good.
    pub(crate) fn on_error(&mut self, handler: impl ErrorHandler + 'static) {
        self.on_error.push(Arc::new(handler));
    }

    /// The router of these routes.
    ///
    /// # Errors
    /// Every route declared twice and every pattern that is no glob.
    pub(crate) fn build(self) -> Result<Router, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let mut labels = BTreeMap::new();
        for (label, handler) in self.labels {
            if label.starts_with("lycosa:") {
                errors.push(mistake(&format!("on(\"{label}\")"), "labels of this kind are the crawler's own"));
            } else if labels.insert(label.clone(), handler).is_some() {
                errors.push(mistake(&format!("on(\"{label}\")"), "declared twice"));
            }
        }
        let mut patterns: Vec<(GlobMatcher, Arc<dyn Handler>)> = Vec::new();
        for (text, handler) in self.patterns {
            let key = format!("on_url(\"{text}\")");
            match Glob::new(&text) {
                Ok(_) if patterns.iter().any(|(known, _)| known.glob().glob() == text) => {
                    errors.push(mistake(&key, "declared twice"));
                }
                Ok(glob) => patterns.push((glob.compile_matcher(), handler)),
                Err(error) => errors.push(mistake(&key, &format!("no glob: {error}"))),
            }
        }
        let otherwise = only("otherwise", self.otherwise, &mut errors);
        let on_error = only("on_error", self.on_error, &mut errors);
        match errors.is_empty() {
            true => Ok(Router { labels, patterns, otherwise, on_error, unknown: Mutex::default() }),
            false => Err(errors),
        }
    }
}

fn only<H: ?Sized>(key: &str, handlers: Vec<Arc<H>>, errors: &mut Vec<ConfigError>) -> Option<Arc<H>> {
    if handlers.len() > 1 {
        errors.push(mistake(key, "declared twice"));
    }
    handlers.into_iter().next()
}

fn mistake(key: &str, message: &str) -> ConfigError {
    ConfigError { origin: "handlers".to_owned(), key: key.to_owned(), message: message.to_owned() }
}

/// Finds the handler of a page. Shared by all Parsers.
pub(crate) struct Router {
    labels: BTreeMap<Arc<str>, Arc<dyn Handler>>,
    patterns: Vec<(GlobMatcher, Arc<dyn Handler>)>,
    otherwise: Option<Arc<dyn Handler>>,
    on_error: Option<Arc<dyn ErrorHandler>>,
    /// Labels without a route that were met; at most [`MAX_UNKNOWN`].
    unknown: Mutex<BTreeSet<Box<str>>>,
}

/// Where a page goes.
pub(crate) enum Destination<'r> {
    /// To this handler.
    To(&'r dyn Handler),
    /// It is a sitemap, which the crawl reads itself.
    Sitemap,
    /// There are no handlers at all.
    Stock,
    /// There are, and none for this page.
    Nowhere,
}

impl Router {
    /// Whether there is a handler for pages.
    fn has_handlers(&self) -> bool {
        !self.labels.is_empty() || !self.patterns.is_empty() || self.otherwise.is_some()
    }

    /// Checks labels that are known before the crawl starts: those of seeds.
    ///
    /// # Errors
    /// Every label without a route, when there are handlers.
    pub(crate) fn check_labels<'a>(&self, labels: impl Iterator<Item = &'a str>) -> Result<(), Vec<ConfigError>> {
        if !self.has_handlers() {
            return Ok(());
        }
        let unknown = labels.filter(|label| *label != SITEMAP && !self.labels.contains_key(*label));
        let errors: Vec<_> = unknown.map(|label| self.no_route(label)).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn no_route(&self, label: &str) -> ConfigError {
        let names = self.labels.keys().map(AsRef::as_ref);
        let message = match suggest(label, names) {
            Some(name) => format!("no handler for this label; did you mean `{name}`?"),
            None => "no handler for this label".to_owned(),
        };
        mistake(&format!("label `{label}`"), &message)
    }

    pub(crate) fn route(&self, page: &Page) -> Destination<'_> {
        let handler = match page.label() {
            Some(SITEMAP) => return Destination::Sitemap,
            Some(label) => self.labels.get(label).or_else(|| self.unknown_label(label)),
            None => self.by_url(page.url()).or(self.otherwise.as_ref()),
        };
        match handler {
            Some(handler) => Destination::To(&**handler),
            None if self.has_handlers() => Destination::Nowhere,
            None => Destination::Stock,
        }
    }

    pub(crate) fn error_handler(&self) -> Option<&dyn ErrorHandler> {
        self.on_error.as_deref()
    }

    fn by_url(&self, url: &Url) -> Option<&Arc<dyn Handler>> {
        self.patterns.iter().find(|(pattern, _)| pattern.is_match(url.as_str())).map(|(_, handler)| handler)
    }

    fn unknown_label(&self, label: &str) -> Option<&Arc<dyn Handler>> {
        if self.has_handlers() {
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

    fn taken(router: &Router, page: &Page) -> String {
        let mut out = Output::for_test(page);
        match router.route(page) {
            Destination::To(handler) => handler.handle(page, &mut out).unwrap(),
            Destination::Sitemap => return "sitemap".to_owned(),
            Destination::Stock => return "stock".to_owned(),
            Destination::Nowhere => return "nowhere".to_owned(),
        }
        out.records().next().unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn label_then_pattern_then_otherwise() {
        let mut routes = Routes::default();
        routes.on("author", named("author"));
        routes.on_url("*/tag/*", named("tag"));
        routes.on_url("*", named("rest"));
        let router = routes.build().unwrap();
        let (tag, other) = ("http://a.example/tag/x", "http://a.example/");
        assert_eq!(taken(&router, &page(tag, Some("author"))), "author");
        assert_eq!(taken(&router, &page(tag, None)), "tag");
        assert_eq!(taken(&router, &page(other, None)), "rest");
        assert_eq!(taken(&router, &page(other, Some("lycosa:sitemap"))), "sitemap");
        assert_eq!(taken(&router, &page(tag, Some("autor"))), "nowhere");
        assert_eq!(taken(&Routes::default().build().unwrap(), &page(tag, Some("any"))), "stock");
        let mut routes = Routes::default();
        routes.on("author", named("author"));
        routes.otherwise(named("otherwise"));
        let router = routes.build().unwrap();
        assert_eq!(taken(&router, &page(tag, Some("autor"))), "otherwise");
        assert_eq!(taken(&router, &page(tag, None)), "otherwise");
    }

    #[test]
    fn mistakes_are_found_before_the_crawl() {
        let mut routes = Routes::default();
        routes.on("a", named(""));
        routes.on("a", named(""));
        routes.on_url("*x", named(""));
        routes.on_url("*x", named(""));
        routes.on_url("[", named(""));
        routes.otherwise(named(""));
        routes.otherwise(named(""));
        let errors = routes.build().err().unwrap();
        let keys: Vec<_> = errors.iter().map(|error| error.key.as_str()).collect();
        assert_eq!(keys, ["on(\"a\")", "on_url(\"*x\")", "on_url(\"[\")", "otherwise"]);

        let mut routes = Routes::default();
        routes.on("author", named(""));
        let errors = routes.build().unwrap().check_labels(["author", "auhtor"].into_iter()).unwrap_err();
        let message: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(message, ["handlers: label `auhtor`: no handler for this label; did you mean `author`?"]);
        assert!(Routes::default().build().unwrap().check_labels(["any"].into_iter()).is_ok());
    }
}
