//! Why links are refused, and how often.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::traps::Trap;

/// Why a link is none of the crawl's business. In this order in the store: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// Not http or https, or without a host.
    Scheme,
    /// Longer than `scope.max_url`.
    Length,
    /// Further from the seed than `scope.depth`.
    Depth,
    /// Outside `scope.kind`.
    Scope,
    /// Matches no `scope.include`.
    Include,
    /// Matches a `scope.exclude`.
    Exclude,
    /// Its extension is one of `scope.exclude_extensions`.
    Extension,
    /// The function given to [`Crawler::scope`](crate::Crawler::scope) said no.
    Function,
    /// In a trap: over a limit of `[traps]`.
    Trap(Trap),
    /// Over `scope.host_pages`.
    HostPages,
    /// An index of sitemaps deeper than `discovery.sitemap_depth`.
    SitemapDepth,
    /// Over `parser.max_links` of one page.
    MaxLinks,
    /// Is no URL.
    NoUrl,
    /// A request body over 1 MiB.
    Body,
    /// Not to be followed: by its `rel`, or by its page's wish.
    Nofollow,
    /// Its host has had its `scope.host_bytes` or `scope.host_time`.
    Quota,
    /// A sitemap says that it was not changed since `discovery.sitemap_since`.
    Unchanged,
}

impl Refusal {
    /// The reason as counters name it.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Length => "length",
            Self::Depth => "depth",
            Self::Scope => "scope",
            Self::Include => "include",
            Self::Exclude => "exclude",
            Self::Extension => "extension",
            Self::Function => "function",
            Self::Trap(trap) => trap.name(),
            Self::HostPages => "host_pages",
            Self::SitemapDepth => "sitemap_depth",
            Self::MaxLinks => "max_links",
            Self::NoUrl => "no_url",
            Self::Body => "body",
            Self::Nofollow => "nofollow",
            Self::Quota => "quota",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Links refused, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusals(BTreeMap<Refusal, u64>);

impl Refusals {
    /// Counts one more.
    pub(crate) fn count(&mut self, reason: Refusal) {
        self.add(reason, 1);
    }

    /// Counts so many more.
    pub(crate) fn add(&mut self, reason: Refusal, count: u64) {
        if count > 0 {
            *self.0.entry(reason).or_default() += count;
        }
    }

    /// The counts, by reason.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> {
        self.0.iter().map(|(&reason, &count)| (reason, count))
    }

    /// All of them.
    #[must_use]
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }
}
