//! Lycosa: an actor-based, polite, crash-safe web crawler.

mod budget;
mod canonical;
mod clock;
pub mod config;
mod crawler;
mod error;
mod fetcher;
mod frontier;
mod gauges;
mod lease;
mod message;
mod outcome;
mod parser;
mod record;
mod report;
mod request;
mod response;
mod robots;
mod scheduler;
mod sink;
mod stats;
mod store;
mod time;
mod units;
mod vital;
mod wire;

pub use canonical::{Fingerprint, canonical, registrable};
pub use config::{Config, Layers, Loaded, parse_seed};
pub use crawler::{Crawler, Stopper};
pub use error::{ConfigError, Error, Result};
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
pub use request::{Method, Request};
pub use response::Headers;
pub use robots::{Effect, Robots, Rule};
pub use sink::{ExportError, Exporter, Jsonl, MemoryExporter, Position};
pub use stats::Stats;
pub use store::{Durability, StoreError};
