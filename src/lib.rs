//! Lycosa is a polite, crash-safe web crawler. This is its library; the command `lycosa` is built on it.
//!
//! A [`Crawler`] runs a [`Config`]. It fetches pages concurrently, within the limits of each host, and calls your
//! functions, called handlers, with each [`Page`]. Handlers emit records and links:
//!
//! ```no_run
//! use lycosa::{Config, Crawler, HandlerResult, Jsonl, Output, Page};
//! use serde_json::json;
//!
//! #[actix_rt::main]
//! async fn main() -> lycosa::Result<()> {
//!     let mut config = Config::default();
//!     config.crawl.seeds = vec!["https://quotes.toscrape.com/".to_owned()];
//!     config.crawl.contact = "me@example.org".to_owned();
//!     let crawler = Crawler::new(config).log_to_stderr().stop_on_signals();
//!     let crawler = crawler.on("author", author).otherwise(quotes);
//!     let report = crawler.exporter("quotes", Jsonl::new("quotes.jsonl")).run().await?;
//!     println!("{report}");
//!     Ok(())
//! }
//!
//! fn quotes(page: &Page, out: &mut Output) -> HandlerResult {
//!     for quote in page.select(".quote") {
//!         out.record(json!({ "text": quote.text(".text"), "by": quote.text(".author") }));
//!         out.follow(quote.link("a[href^='/author']")).label("author");
//!     }
//!     out.follow(page.link("li.next a"));
//!     Ok(())
//! }
//!
//! fn author(page: &Page, out: &mut Output) -> HandlerResult {
//!     out.record(json!({ "name": page.text(".author-title"), "born": page.text(".author-born-date") }));
//!     Ok(())
//! }
//! ```
//!
//! | task | see |
//! |---|---|
//! | choose what is crawled, how fast, and when it ends | [`Config`]; `config/default.toml` describes every key |
//! | read a page | [`Page`], [`Element`], [`Link`] |
//! | emit records and requests | [`Output`], [`Follow`], [`Request`] |
//! | handle final failures | [`Crawler::on_error`], [`Failure`] |
//! | add an output, or do without | [`Crawler::exporter`], [`Jsonl`], [`Exporter`], [`Crawler::discard_records`] |
//! | watch and stop a crawl | [`Crawler::observe`], [`Crawler::stop_on_signals`], [`Stopper`], [`Report`] |
//! | see log lines | [`Crawler::log_to_stderr`], [`log_to`] |
//! | fetch single URLs like a crawl | [`Client`], [`Trace`] |
//! | understand how it works | [`architecture`] |

mod base;
pub mod bench;
pub mod config;
mod crawler;
mod error;
mod failure;
mod fetcher;
mod frontier;
mod http;
mod keys;
mod messages;
mod outcome;
mod parser;
mod record;
mod report;
mod robots;
mod runtime;
mod scheduler;
mod side_table;
mod sink;
mod sitemap;
pub mod state;
mod store;
mod transport;
mod urls;

#[doc = include_str!("docs/architecture.md")]
pub mod architecture {}

pub use base::stats::Stats;
pub use config::{Config, Layers, Loaded, parse_seed};
pub use crawler::{
    Client, Crawler, Explanation, RobotsCheck, Stopper, Trace, TraceError, check_robots, drain_log, explain,
    fetch_once, log_to, write_after_log,
};
pub use error::{ConfigError, Error, Result, StoreError};
pub use failure::{FetchError, Stage};
pub use fetcher::{Hop, ProxyConfig, Times};
pub use frontier::{
    Balance, FailedSeed, FailedSeeds, HostCounts,
    politeness::{Group, IpConcurrency, Obedience},
    scope::ScopeKind,
};
pub use http::{
    request::{BadMethod, Fingerprint, MAX_REQUEST_BODY, Method, Part, Request},
    response::Headers,
};
pub use parser::{
    BadSelector, Element, ErrorHandler, Failure, Follow, Handler, HandlerResult, IntoLink, Link, LinkElement, Output,
    Page,
};
pub use record::{Record, RecordId};
pub use report::{Bottleneck, BottleneckShares, Finish, Parked, Report, Snapshot};
pub use robots::{Effect, Robots, Rule};
pub use sink::{ExportError, Exporter, Jsonl, MemoryExporter, Position};
pub use sitemap::{Sitemap, SitemapEntry, SitemapKind};
pub use store::Durability;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub use transport::bare;
pub use transport::{AllowPrivate, Allowed, HostPattern};
pub use urls::{canonical, registrable};

/// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
