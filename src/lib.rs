//! Lycosa: an actor-based, polite, crash-safe web crawler, as a library.
//!
//! A [`Crawler`] runs a [`Config`]: it fetches everything its hosts allow at the same time, and calls your functions with
//! each [`Page`] that came back. They put out records and links:
//!
//! ```no_run
//! use lycosa::{Config, Crawler, HandlerResult, Output, Page};
//! use serde_json::json;
//!
//! #[actix_rt::main]
//! async fn main() -> lycosa::Result<()> {
//!     let mut config = Config::default();
//!     config.crawl.seeds = vec!["https://quotes.toscrape.com/".to_owned()];
//!     config.crawl.contact = "me@example.org".to_owned();
//!     let report = Crawler::new(config).on("author", author).otherwise(quotes).run().await?;
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
//! | to | see |
//! |---|---|
//! | choose what is crawled, how fast, and what ends it | [`Config`], and `config/default.toml` for every key |
//! | read a page | [`Page`], [`Element`], [`Link`] |
//! | put out records and requests | [`Output`], [`Follow`], [`Request`] |
//! | hear of what failed for good | [`Crawler::on_error`], [`Failure`] |
//! | write records somewhere else | [`Exporter`] |
//! | watch and stop a crawl | [`Crawler::observe`], [`Stopper`], [`Report`] |
//! | fetch single URLs as a crawl would | [`Client`], [`Trace`] |
//! | know how it works | [`architecture`] |

pub mod bench;
mod budget;
mod canonical;
mod clock;
mod coding;
pub mod config;
mod cookie;
mod crawler;
mod error;
mod fetcher;
mod frontier;
mod gauges;
mod lease;
mod message;
mod nearest;
mod outcome;
mod parser;
mod record;
mod redirect;
mod refresh;
mod report;
mod request;
mod response;
mod robots;
mod scheduler;
mod secret;
mod sink;
mod sitemap;
pub mod state;
mod stats;
mod store;
mod time;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod transport;
mod units;
mod urls;
mod versions;
mod vital;
mod wire;

#[doc = include_str!("docs/architecture.md")]
pub mod architecture {}

pub use canonical::{Fingerprint, canonical, registrable};
pub use config::{Config, Layers, Loaded, parse_seed};
pub use crawler::{
    Client, Crawler, Explanation, RobotsLook, Stopper, Trace, Untraced, explain, fetch_once, look_at_robots,
};
pub use error::{ConfigError, Error, Result};
pub use fetcher::{Hop, ProxyConfig, Times};
pub use frontier::{
    Balance, HostCounts,
    politeness::{Group, IpConcurrency, Obedience},
    scope::ScopeKind,
};
pub use outcome::{FetchError, Stage};
pub use parser::{
    BadSelector, Element, ErrorHandler, Failure, Follow, Handler, HandlerResult, IntoLink, Link, LinkElement, Output,
    Page,
};
pub use record::{Record, RecordId};
pub use report::{Finish, Limit, Parked, Report, Shares, Snapshot};
pub use request::{BadMethod, MAX_REQUEST_BODY, Method, Part, Request};
pub use response::Headers;
pub use robots::{Effect, Robots, Rule};
pub use sink::{ExportError, Exporter, Jsonl, MemoryExporter, Position};
pub use sitemap::{Sitemap, SitemapEntry, SitemapKind};
pub use stats::Stats;
pub use store::{Durability, StoreError};
pub use wire::{AllowPrivate, Allowed, HostPattern};

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
