//! `[scope]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::units::ByteSize;

/// `[scope]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which URLs around the seeds are in scope.
    pub kind: ScopeKind,
    /// Only URLs that match one of these globs (with the prefix `re:`: a regular expression); empty: all.
    pub include: Vec<String>,
    /// URLs to exclude, in the same syntax.
    pub exclude: Vec<String>,
    /// Extensions of paths to exclude, with or without the dot; not case-sensitive.
    pub exclude_extensions: Vec<String>,
    /// Maximum number of links between a seed and a page; 0 = no limit.
    pub depth: u16,
    /// Visit the known pages of an earlier configuration once more, for their links only.
    pub recheck: bool,
    /// Maximum number of consecutive links out of scope.
    pub extra_hops: u8,
    /// Maximum length of a URL, in bytes.
    pub max_url: usize,
    /// Maximum number of pages per host; 0 = no limit (10,000 with kind = "any").
    pub host_pages: u64,
    /// Maximum size of all bodies received from a host; 0 = no limit.
    pub host_bytes: ByteSize,
    /// Maximum total duration of the requests to a host; 0 = no limit.
    #[serde(with = "crate::base::units::duration")]
    pub host_time: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            kind: ScopeKind::Host,
            include: Vec::new(),
            exclude: Vec::new(),
            exclude_extensions: Vec::new(),
            depth: 0,
            recheck: false,
            extra_hops: 0,
            max_url: 2048,
            host_pages: 0,
            host_bytes: ByteSize(0),
            host_time: Duration::ZERO,
        }
    }
}

/// How far from the seeds a crawl goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeKind {
    /// Only the seeds.
    Page,
    /// URLs that start with the URL of a seed up to its last slash.
    Prefix,
    /// Hosts of the seeds, with or without `www.`, with any scheme.
    #[default]
    Host,
    /// Registrable domains of the seeds.
    Domain,
    /// All URLs.
    Any,
}
