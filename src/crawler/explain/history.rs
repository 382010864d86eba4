//! The status of a URL and its host as text.

use url::Url;

use super::{
    reasons,
    stored::{StoredState, StoredUrl},
};
use crate::{
    base::time::Wall,
    config::Config,
    crawler::moment::moment,
    failure::{FetchError, Rejection},
    frontier::{
        commit::{
            inspect::{QueuedRequest, StoredHost},
            refusal_log::MAX_LOGGED,
            seen_row::SetAside,
            url_status::{FinalStatus, UrlStatus},
        },
        hosts::HostUsage,
        politeness::{self, parking::DelayCause},
    },
};

/// Returns the status of a URL; `None` if the crawl does not know it.
pub(super) fn status(stored: &StoredUrl, config: &Config, canonical: &str, url: &Url) -> Option<String> {
    let status = match &stored.state {
        StoredState::Unknown => return None,
        StoredState::Ended(status) | StoredState::Refused(status) => {
            let run = stored.generations.run(status.generation).map(|run| format!(" ({run})"));
            format!("{}{}", ended(status, config, url), run.unwrap_or_default())
        }
        StoredState::SetAside(aside) => set_aside(aside, stored, config, url),
        StoredState::Queued { entry, before } => queued(entry, *before, stored.host.as_ref()),
    };
    if url.as_str() == canonical {
        return Some(status);
    }
    Some(format!("duplicate of {canonical}, which is {status}"))
}

/// Returns what to say of a URL in scope that the crawl does not know.
pub(super) fn unknown(stored: &StoredUrl, config: &Config) -> String {
    let (host, limit) = (stored.host.as_ref(), config.traps.subdomains);
    if host.is_none() && limit > 0 && stored.subdomains.is_some_and(|known| known >= limit) {
        return format!("refused if it was found: its domain already has traps.subdomains = {limit} subdomains");
    }
    let is_full = host.is_some_and(|host| host.refusals_logged >= MAX_LOGGED);
    let refused = if is_full { ", or its links were refused after the refusal log of its host was full" } else { "" };
    format!("never seen: no fetched page has a link to it{refused}")
}

fn ended(status: &UrlStatus, config: &Config, url: &Url) -> String {
    let (at, attempts) = (moment(status.at()), attempts(status));
    match &status.final_status {
        FinalStatus::Done => format!("done: fetched on {at}, {attempts}"),
        FinalStatus::NotModified => format!("not modified, by the server on {at}, {attempts}"),
        FinalStatus::Redirected(target) => format!("redirected to {target} on {at}, {attempts}"),
        FinalStatus::Refused(reason) => format!("refused on {at}: {}", reasons::refusal(*reason, config, url)),
        FinalStatus::Rejected(Rejection::GaveUp(error)) => format!("given up on {at}, {attempts}: {}", failure(error)),
        FinalStatus::Rejected(reason) => format!("rejected on {at}, {attempts}: {}", rejection(reason, config)),
    }
}

/// Returns why a queued URL is set aside, and with which configuration.
fn set_aside(aside: &SetAside, stored: &StoredUrl, config: &Config, url: &Url) -> String {
    let at = moment(aside.at());
    let run = stored.generations.run(aside.generation).map(|run| format!(", {run}")).unwrap_or_default();
    let reason = reasons::refusal(aside.reason, config, url);
    format!("set aside on {at}{run}: {reason}; a configuration with this URL in scope queues it again")
}

fn attempts(status: &UrlStatus) -> String {
    let count = match status.attempts {
        0 => "without a request".to_owned(),
        1 => "at the first attempt".to_owned(),
        count => format!("after {count} attempts"),
    };
    if status.http_status > 0 { format!("{count}, status {}", status.http_status) } else { count }
}

fn rejection(reason: &Rejection, config: &Config) -> String {
    match reason {
        Rejection::Robots => "robots.txt forbids it".to_owned(),
        Rejection::Scope => "it redirects out of scope".to_owned(),
        Rejection::Status(status) => format!("status {status} is not accepted (parser.statuses)"),
        Rejection::Redirects => format!("more than fetcher.redirects = {} redirects", config.fetcher.redirects),
        Rejection::TooLarge => format!("its body is larger than fetcher.max_body = {}", config.fetcher.max_body),
        Rejection::Encoding => "its body cannot be decoded as its Content-Encoding says".to_owned(),
        Rejection::MediaType => "its media type is not accepted".to_owned(),
        Rejection::HandlerError(message) => format!("its handler returned an error: {message}"),
        Rejection::HandlerPanic(message) => format!("its handler panicked: {message}"),
        Rejection::NoHandler => "there is no handler for its label".to_owned(),
        Rejection::Poison => "parsing it crashed the process repeatedly".to_owned(),
        Rejection::GaveUp(error) => failure(error),
    }
}

/// Returns what went wrong on the network.
fn failure(error: &FetchError) -> String {
    match error {
        FetchError::Timeout(stage) => format!("timeout ({})", stage.name()),
        FetchError::Status(status @ (429 | 503)) => format!("the server asked to try again later (status {status})"),
        FetchError::Status(status) => format!("server error (status {status})"),
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
    let position = match before {
        0 => "next URL of its host".to_owned(),
        1 => "after 1 URL of its host".to_owned(),
        before => format!("after {before} URLs of its host"),
    };
    let state = match host.and_then(|host| host.parked) {
        Some(reason) => format!("parked with its host until the next start ({})", reason.description()),
        None => "queued".to_owned(),
    };
    let last_attempt = entry.failure.as_ref().map(|last| {
        let attempts =
            if entry.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", entry.attempts) };
        let retry = if entry.not_before.0 > 0 {
            format!("; retry not before {}", moment(entry.not_before))
        } else {
            String::new()
        };
        format!("; {attempts}, the last on {}: {}{retry}", moment(last.at()), failure(&last.error))
    });
    format!("{state}: {position}{}", last_attempt.unwrap_or_default())
}

/// Returns the state of a known host.
pub(super) fn host(host: &StoredHost, politeness: &politeness::Config, now: Wall) -> String {
    let next = if host.next_allowed > now {
        format!("next request not before {} ({})", moment(host.next_allowed), cause(host.cause))
    } else {
        "next request at any time".to_owned()
    };
    let delay = reasons::delay(politeness, host.robots.as_ref().map(|(robots, _)| robots));
    let parked = host.parked.map(|reason| format!(", parked ({})", reason.description())).unwrap_or_default();
    let HostUsage { requests, bytes, millis } = host.usage;
    let usage = format!("{requests} requests, {bytes} bytes, {} s", millis / 1000);
    format!("{} URLs admitted ({usage}), {} queued{parked}; {next}; {delay}", host.admitted, host.queued)
}

fn cause(cause: DelayCause) -> &'static str {
    match cause {
        DelayCause::Delay => "delay between two requests",
        DelayCause::CrawlDelay => "Crawl-delay of its robots.txt",
        DelayCause::RetryAfter => "its Retry-After",
        DelayCause::Trouble => "backoff after failures",
        DelayCause::Robots => "backoff before robots.txt is fetched again",
    }
}
