//! Reasons of scope, traps and politeness as text.

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

/// Returns why a URL is in scope.
pub(super) fn in_scope(config: &Config) -> String {
    let kind = match config.scope.kind {
        ScopeKind::Page => "it is a seed",
        ScopeKind::Prefix => "in the folder of a seed",
        ScopeKind::Host => "on the host of a seed, with or without www.",
        ScopeKind::Domain => "on the registrable domain of a seed",
        ScopeKind::Any => "every URL is in scope",
    };
    let depth = match config.scope.depth {
        0 => String::new(),
        depth => format!(", up to {depth} links from it (scope.depth)"),
    };
    format!("{kind}{depth} (scope.kind = \"{}\")", name(config.scope.kind))
}

/// Returns why a URL is out of scope by `scope.kind`.
fn out_of_scope(kind: ScopeKind) -> String {
    let reason = match kind {
        ScopeKind::Page => "it is not a seed",
        ScopeKind::Prefix => "it is not in the folder of a seed",
        ScopeKind::Host => "it is not on the host of a seed",
        ScopeKind::Domain => "it is not on the registrable domain of a seed",
        ScopeKind::Any => "it is out of scope",
    };
    format!("{reason} (scope.kind = \"{}\")", name(kind))
}

fn name(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Page => "page",
        ScopeKind::Prefix => "prefix",
        ScopeKind::Host => "host",
        ScopeKind::Domain => "domain",
        ScopeKind::Any => "any",
    }
}

/// Returns why a link to a URL is refused.
pub(super) fn refusal(reason: Refusal, config: &Config, url: &Url) -> String {
    let scope = &config.scope;
    match reason {
        Refusal::Scheme => "only http and https URLs are fetched".to_owned(),
        Refusal::Length => format!("it is longer than scope.max_url = {} bytes", scope.max_url),
        Refusal::Depth => format!("it is more than scope.depth = {} links from a seed", scope.depth),
        Refusal::Scope => out_of_scope(scope.kind),
        Refusal::Include => format!("it matches none of scope.include = {:?}", scope.include),
        Refusal::Exclude => match matching(&scope.exclude, url) {
            Some((index, pattern)) => format!("it matches scope.exclude[{index}] = {pattern:?}"),
            None => "it matches a pattern of scope.exclude".to_owned(),
        },
        Refusal::Extension => {
            format!("its extension is one of scope.exclude_extensions = {:?}", scope.exclude_extensions)
        }
        Refusal::Function => "the crawl's scope function refuses it".to_owned(),
        Refusal::Trap(trap) => self::trap(trap, config),
        Refusal::HostPages => format!("its host has reached scope.host_pages = {}", scope.host_pages),
        Refusal::SitemapDepth => {
            format!("it is deeper than discovery.sitemap_depth = {}", config.discovery.sitemap_depth)
        }
        Refusal::MaxLinks => format!("its page has more than parser.max_links = {} links", config.parser.max_links),
        Refusal::NoUrl => "it is not a valid URL".to_owned(),
        Refusal::Body => "its request has a body over 1 MiB".to_owned(),
        Refusal::Nofollow => "its page or the link says nofollow".to_owned(),
        Refusal::Quota => "its host has reached scope.host_bytes or scope.host_time".to_owned(),
        Refusal::Unchanged => {
            let since = &config.discovery.sitemap_since;
            format!("its sitemap lists no change of it since discovery.sitemap_since = {since}")
        }
    }
}

fn trap(trap: Trap, config: &Config) -> String {
    let traps = &config.traps;
    match trap {
        Trap::Repeats => {
            format!("a part of its path occurs more than traps.repeats = {} times, as in a loop", traps.repeats)
        }
        Trap::PathDepth => format!("its path has more than traps.path_depth = {} segments", traps.path_depth),
        Trap::Sessions => format!("its page was already found under traps.sessions = {} session ids", traps.sessions),
        Trap::Calendar => format!("its calendar already has traps.calendar = {} pages", traps.calendar),
        Trap::Combinations => {
            format!("its path already has traps.combinations = {} combinations", traps.combinations)
        }
        Trap::Subdomains => format!("its domain already has traps.subdomains = {} subdomains", traps.subdomains),
        Trap::Numbers => format!("traps.numbers = {} URLs like it are already known", traps.numbers),
    }
}

/// Returns a pattern of `[traps]`, and how many URLs of it are known.
pub(super) fn counted(counted: &Counted, known: Option<u32>) -> String {
    let Counted { trap, pattern, limit } = counted;
    let key = trap.name().trim_start_matches("trap_");
    match known {
        None | Some(0) => format!("{pattern} (at most {limit} new URLs per host: traps.{key})"),
        Some(count) if count < *limit => {
            format!("{pattern}: {count} of at most {limit} URLs of its host are known (traps.{key})")
        }
        Some(_) => format!("{pattern}: all {limit} URLs of its host are known, no more are admitted (traps.{key})"),
    }
}

/// Returns how often the host may be requested.
pub(super) fn delay(politeness: &politeness::Config, robots: Option<&Robots>) -> String {
    let own = politeness.delay;
    let crawl_delay = robots.and_then(Robots::crawl_delay).unwrap_or(Duration::ZERO);
    if crawl_delay > politeness.max_crawl_delay {
        return format!(
            "its host is parked: its Crawl-delay of {} is over politeness.max_crawl_delay = {}",
            format_duration(crawl_delay),
            format_duration(politeness.max_crawl_delay)
        );
    }
    let concurrency = match politeness.host_concurrency {
        1 => "one request at a time".to_owned(),
        limit => format!("{limit} requests at a time"),
    };
    let cause = if crawl_delay > own { "Crawl-delay" } else { "politeness.delay" };
    format!("{} between two requests to its host ({cause}), {concurrency}", format_duration(own.max(crawl_delay)))
}
