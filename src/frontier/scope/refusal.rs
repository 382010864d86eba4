//! Why links are refused, with counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::traps::Trap;

/// Why a link is refused. Stored by index: new variants go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// Not http or https, or without a host.
    Scheme,
    /// Longer than `scope.max_url`.
    Length,
    /// Deeper than `scope.depth`.
    Depth,
    /// Outside `scope.kind`.
    Scope,
    /// Matches no `scope.include`.
    Include,
    /// Matches a `scope.exclude`.
    Exclude,
    /// Its extension is one of `scope.exclude_extensions`.
    Extension,
    /// Refused by the function of [`Crawler::scope`](crate::Crawler::scope).
    Function,
    /// Over a limit of `[traps]`.
    Trap(Trap),
    /// Over `scope.host_pages`.
    HostPages,
    /// A sitemap index deeper than `discovery.sitemap_depth`.
    SitemapDepth,
    /// Over `parser.max_links` of its page.
    MaxLinks,
    /// Not a valid URL.
    NoUrl,
    /// Request body larger than 1 MiB.
    Body,
    /// `nofollow`, of the link or its page.
    Nofollow,
    /// Its host has used up `scope.host_bytes` or `scope.host_time`.
    Quota,
    /// Not changed since `discovery.sitemap_since`, according to its sitemap.
    Unchanged,
}

impl Refusal {
    /// Name of the reason in counters.
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

/// Number of refused links, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusals(BTreeMap<Refusal, u64>);

impl Refusals {
    /// Counts one refused link.
    pub(crate) fn count(&mut self, reason: Refusal) {
        self.add(reason, 1);
    }

    /// Counts `count` refused links.
    pub(crate) fn add(&mut self, reason: Refusal, count: u64) {
        if count > 0 {
            *self.0.entry(reason).or_default() += count;
        }
    }

    /// Returns the counts by reason.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> {
        self.0.iter().map(|(&reason, &count)| (reason, count))
    }

    /// Returns the number of all refused links.
    #[must_use]
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }
}
