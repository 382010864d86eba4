//! What became of a URL, in words.

use std::time::{Duration, UNIX_EPOCH};

use url::Url;

use super::{
    reasons,
    stored::{StoredState, StoredUrl},
};
use crate::{
    base::time::Wall,
    config::Config,
    failure::{FetchError, Rejection},
    frontier::{
        commit::{
            inspect::{QueuedRequest, StoredHost},
            refusal_log::MAX_NOTED,
            url_status::{FinalStatus, UrlStatus},
        },
        hosts::usage::HostUsage,
        politeness::{
            self,
            parking::{Cause, ParkReason},
        },
    },
};

/// What became of a URL; `canonical` is it as it is compared.
pub(super) fn of(past: &StoredUrl, config: &Config, canonical: &str, url: &Url) -> Option<String> {
    let fate = match &past.standing {
        StoredState::Unknown => return None,
        StoredState::Ended(Some(fate)) | StoredState::Refused(fate) => ended(fate, config, url),
        StoredState::Ended(None) => "ended, in a way that this version cannot read".to_owned(),
        StoredState::Queued { entry, before } => queued(entry, *before, past.host.as_ref()),
    };
    if url.as_str() == canonical {
        return Some(fate);
    }
    Some(format!("duplicate: the same as {canonical}; that is {fate}"))
}

/// What is to be said of a URL that the crawl knows nothing of, but that it belongs to it.
pub(super) fn unknown(host: Option<&StoredHost>) -> String {
    let is_full = host.is_some_and(|host| host.noted >= MAX_NOTED);
    let notes = if is_full { ", or its links were refused: the notes about this host are full" } else { "" };
    format!("never seen: no page that was fetched has a link to it{notes}")
}

fn ended(fate: &UrlStatus, config: &Config, url: &Url) -> String {
    let when = moment(fate.at());
    match &fate.ending {
        FinalStatus::Done => format!("done: fetched on {when}, {}", attempts(fate)),
        FinalStatus::NotModified => format!("unchanged: the server said so on {when}, {}", attempts(fate)),
        FinalStatus::Redirected(target) => format!("redirected to {target} on {when}, {}", attempts(fate)),
        FinalStatus::Refused(reason) => format!("refused on {when}: {}", reasons::refusal(*reason, config, url)),
        FinalStatus::Rejected(Rejection::GaveUp(error)) => {
            format!("given up on {when}, {}: {}", attempts(fate), failure(error))
        }
        FinalStatus::Rejected(reason) => {
            format!("rejected on {when}, {}: {}", attempts(fate), rejection(reason, config))
        }
    }
}

fn attempts(fate: &UrlStatus) -> String {
    let count = match fate.attempts {
        0 => "never asked for".to_owned(),
        1 => "at the first attempt".to_owned(),
        count => format!("after {count} attempts"),
    };
    if fate.status > 0 { format!("{count}, status {}", fate.status) } else { count }
}

fn rejection(reason: &Rejection, config: &Config) -> String {
    match reason {
        Rejection::Robots => "robots.txt forbids it".to_owned(),
        Rejection::Scope => "it led out of the scope of the crawl".to_owned(),
        Rejection::Status(status) => format!("status {status} is no page (parser.statuses)"),
        Rejection::Redirects => format!("more than fetcher.redirects = {} redirects", config.fetcher.redirects),
        Rejection::TooLarge => format!("its body is larger than fetcher.max_body = {}", config.fetcher.max_body),
        Rejection::Encoding => "its body is not packed as its head says".to_owned(),
        Rejection::MediaType => "its media type is none that the crawl wants".to_owned(),
        Rejection::HandlerError(message) => format!("the crawl's own code refused it: {message}"),
        Rejection::HandlerPanic(message) => format!("the crawl's own code failed: {message}"),
        Rejection::NoHandler => "the crawl has no code for its label".to_owned(),
        Rejection::Poison => "reading it ended the crawler twice".to_owned(),
        Rejection::GaveUp(error) => failure(error),
    }
}

/// What went wrong between us and the server.
fn failure(error: &FetchError) -> String {
    match error {
        FetchError::Timeout(stage) => format!("the server took too long ({})", stage.name()),
        FetchError::Status(status @ (429 | 503)) => format!("the server asked to come again later (status {status})"),
        FetchError::Status(status) => format!("the server had an error (status {status})"),
        FetchError::Dns(_)
        | FetchError::Guard(_)
        | FetchError::Connect(_)
        | FetchError::Tls(_)
        | FetchError::Proxy(_)
        | FetchError::Reset(_)
        | FetchError::Framing(_)
        | FetchError::Truncated
        | FetchError::Request(_) => error.to_string(),
    }
}

fn queued(entry: &QueuedRequest, before: u64, host: Option<&StoredHost>) -> String {
    let first = match before {
        0 => "it is the next of its host".to_owned(),
        1 => "one URL of its host goes first".to_owned(),
        before => format!("{before} URLs of its host go first"),
    };
    let standing = match host.and_then(|host| host.parked) {
        Some(reason) => format!("parked with its host ({}), until the crawl is started again", parked(reason)),
        None => "waiting for its turn".to_owned(),
    };
    let again = match (&entry.failure, entry.attempts) {
        (Some(last), count) => {
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            let not_before = if entry.not_before.0 > 0 {
                format!("; not again before {}", moment(entry.not_before))
            } else {
                String::new()
            };
            format!("; tried {times}, last {}: {}{not_before}", moment(last.at()), failure(&last.error))
        }
        (None, _) => String::new(),
    };
    format!("{standing}: {first}{again}")
}

/// The state of a host that is known.
pub(super) fn host(host: &StoredHost, politeness: &politeness::Config, now: Wall) -> String {
    let turn = if host.next_allowed > now {
        format!("not to be asked before {} ({})", moment(host.next_allowed), cause(host.cause))
    } else {
        "may be asked at once".to_owned()
    };
    let delay = reasons::delay(politeness, host.robots.as_ref().map(|(robots, _)| robots));
    let parked = host.parked.map(|reason| format!(", parked ({})", parked(reason))).unwrap_or_default();
    let HostUsage { requests, bytes, millis } = host.spent;
    let spent = format!("{requests} requests, {bytes} bytes, {} s", millis / 1000);
    format!("{} URLs taken in ({spent}), {} waiting{parked}; {turn}; {delay}", host.admitted, host.queued)
}

fn parked(reason: ParkReason) -> &'static str {
    match reason {
        ParkReason::Robots => "its robots.txt cannot be had, and what it forbids is not known",
        ParkReason::CrawlDelay => "its robots.txt asks for a longer Crawl-delay than the crawl waits",
        ParkReason::RetryAfter => "it asked to be left alone for longer than the crawl waits: Retry-After",
        ParkReason::Delay => "the delay is longer than the crawl waits",
        ParkReason::Trouble => "it failed so often that the pause is longer than the crawl waits",
        ParkReason::Silent => "it does not answer",
        ParkReason::Quota => "it has had its scope.host_bytes or scope.host_time",
    }
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Delay => "the delay between two requests",
        Cause::CrawlDelay => "the Crawl-delay of its robots.txt",
        Cause::RetryAfter => "its Retry-After",
        Cause::Trouble => "a pause after failures",
        Cause::Robots => "a pause before robots.txt is asked for again",
    }
}

/// A date as servers' logs have it.
pub(super) fn moment(at: Wall) -> String {
    // Beyond the year 9999 there is no such date, nor any that was kept.
    let latest = Wall(253_402_300_799_000);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(at.min(latest).0))
}
