//! Reasons, as those are told who ask.

use std::time::Duration;

use url::Url;

use crate::{
    base::units::format_duration,
    config::Config,
    frontier::{
        politeness,
        scope::{
            Refusal, ScopeKind, matching,
            traps::{Counted, Trap},
        },
    },
    robots::Robots,
};

/// Why a URL is in scope.
pub(super) fn inside(config: &Config) -> String {
    let whose = match config.scope.kind {
        ScopeKind::Page => "it is a seed",
        ScopeKind::Prefix => "in the folder of a seed",
        ScopeKind::Host => "on the host of a seed, with or without www.",
        ScopeKind::Domain => "on the registrable domain of a seed",
        ScopeKind::Any => "everything is",
    };
    let depth = match config.scope.depth {
        0 => String::new(),
        depth => format!(", up to {depth} links from it (scope.depth)"),
    };
    format!("{whose}{depth} (scope.kind = \"{}\")", kind(config.scope.kind))
}

fn kind(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Page => "page",
        ScopeKind::Prefix => "prefix",
        ScopeKind::Host => "host",
        ScopeKind::Domain => "domain",
        ScopeKind::Any => "any",
    }
}

/// Why a URL is refused.
pub(super) fn refusal(reason: Refusal, config: &Config, url: &Url) -> String {
    let scope = &config.scope;
    match reason {
        Refusal::Scheme => "only http and https URLs are fetched".to_owned(),
        Refusal::Length => format!("it is longer than scope.max_url = {} bytes", scope.max_url),
        Refusal::Depth => format!("it is more than scope.depth = {} links from a seed", scope.depth),
        Refusal::Scope => format!("it is nowhere near a seed (scope.kind = \"{}\")", kind(scope.kind)),
        Refusal::Include => format!("it matches none of scope.include = {:?}", scope.include),
        Refusal::Exclude => match matching(&scope.exclude, url) {
            Some((index, pattern)) => format!("it matches scope.exclude[{index}] = {pattern:?}"),
            None => "it matches a scope.exclude".to_owned(),
        },
        Refusal::Extension => {
            format!("its extension is one of scope.exclude_extensions = {:?}", scope.exclude_extensions)
        }
        Refusal::Function => "the crawl's own code refuses it".to_owned(),
        Refusal::Trap(trap) => self::trap(trap, config),
        Refusal::HostPages => format!("its host has had its scope.host_pages = {}", scope.host_pages),
        Refusal::SitemapDepth => {
            format!("it is deeper than discovery.sitemap_depth = {}", config.discovery.sitemap_depth)
        }
        Refusal::MaxLinks => format!("its page has more than parser.max_links = {} links", config.parser.max_links),
        Refusal::NoUrl => "it is no URL".to_owned(),
        Refusal::Body => "its request has a body over 1 MiB".to_owned(),
        Refusal::Nofollow => "its page or its rel asks not to follow it".to_owned(),
        Refusal::Quota => "its host has had its scope.host_bytes or scope.host_time".to_owned(),
        Refusal::Unchanged => {
            format!("its sitemap has no change since discovery.sitemap_since = {}", config.discovery.sitemap_since)
        }
    }
}

fn trap(trap: Trap, config: &Config) -> String {
    let traps = &config.traps;
    match trap {
        Trap::Repeats => format!("a word stands in its path more than traps.repeats = {} times: a loop", traps.repeats),
        Trap::PathDepth => {
            format!("its path has more than traps.path_depth = {} segments: it may grow for ever", traps.path_depth)
        }
        Trap::Sessions => format!("its page was found under traps.sessions = {} session ids already", traps.sessions),
        Trap::Calendar => format!("its calendar has had traps.calendar = {} pages already", traps.calendar),
        Trap::Combinations => {
            format!("its path has had traps.combinations = {} combinations already", traps.combinations)
        }
        Trap::Numbers => format!("traps.numbers = {} URLs like it are known already", traps.numbers),
    }
}

/// A pattern of `[traps]`, and how many URLs of it are known.
pub(super) fn counted(counted: &Counted, known: Option<u32>) -> String {
    let Counted { trap, pattern, limit } = counted;
    let key = trap.name().trim_start_matches("trap_");
    match known {
        None | Some(0) => format!("{pattern} (at most {limit} new URLs of a host: traps.{key})"),
        Some(count) if count < *limit => {
            format!("{pattern}, as {count} of at most {limit} URLs of its host (traps.{key})")
        }
        Some(_) => format!("{pattern}, of which its host has had all {limit}: no more are taken in (traps.{key})"),
    }
}

/// How often its host is asked.
pub(super) fn delay(politeness: &politeness::Config, robots: Option<&Robots>) -> String {
    let own = politeness.delay;
    let asked = robots.and_then(Robots::crawl_delay).unwrap_or(Duration::ZERO);
    let concurrency = match politeness.host_concurrency {
        1 => "one request at a time".to_owned(),
        limit => format!("{limit} requests at a time"),
    };
    if asked > politeness.max_crawl_delay {
        return format!(
            "its host is parked: it asks for {} (Crawl-delay), over politeness.max_crawl_delay = {}",
            format_duration(asked),
            format_duration(politeness.max_crawl_delay)
        );
    }
    let why = if asked > own { "Crawl-delay" } else { "politeness.delay" };
    format!("{} between two requests to its host ({why}), {concurrency}", format_duration(own.max(asked)))
}
