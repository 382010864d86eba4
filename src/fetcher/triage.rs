//! What to do with a response, decided by its head.

use super::{Config, Statuses, client::response::IncomingResponse};
use crate::{
    failure::{FetchError, Rejection},
    http::{
        redirect,
        response::{Headers, OverLimit},
        sniff,
    },
    messages::lease::Assignment,
    outcome::Outcome,
};

/// Decision about a response.
#[derive(Debug)]
pub(super) enum Decision {
    /// Read the body and send it to a Parser.
    Read,
    /// Settle the lease without reading the body.
    Settle(Outcome),
    /// Treat the response as a failed attempt.
    Fail(FetchError),
}

/// Decides what to do with the response to an assignment.
pub(super) fn decide(
    assignment: &Assignment,
    response: &IncomingResponse,
    config: &Config,
    statuses: &Statuses,
) -> Decision {
    let (request, head) = (&assignment.request, &response.head);
    let status = head.status;
    match redirect::follow(request, status, &head.headers, config.redirects, &config.secret_headers) {
        Some(Ok(next)) if response.is_jar_changed => {
            return Decision::Settle(Outcome::Redirected(Box::new(next.revisitable())));
        }
        Some(Ok(next)) => return Decision::Settle(Outcome::Redirected(Box::new(next))),
        Some(Err(rejection)) => return rejected(rejection),
        None if status == 304 && !statuses(304) && !request.admits_status(304) => {
            return Decision::Settle(Outcome::NotModified);
        }
        None => {}
    }
    let is_admitted = statuses(status) || request.admits_status(status);
    let is_temporary = FetchError::is_transient_status(status) && request.is_repeatable();
    match is_admitted {
        _ if is_temporary && !assignment.last => return Decision::Fail(FetchError::Status(status)),
        // The last attempt failed like those before, so the error handler gets the failure.
        false if is_temporary => return Decision::Fail(FetchError::Status(status)),
        false => return rejected(Rejection::Status(status)),
        true => {}
    }
    if sniff::is_page_expected(request) && !is_wanted(&head.headers) {
        return rejected(Rejection::MediaType);
    }
    let is_too_large = head.length.is_some_and(|length| length > config.max_body.0);
    match config.over_limit {
        OverLimit::Reject if is_too_large && !request.is_sitemap() => rejected(Rejection::TooLarge),
        OverLimit::Reject | OverLimit::Truncate => Decision::Read,
    }
}

fn rejected(rejection: Rejection) -> Decision {
    Decision::Settle(Outcome::Rejected(rejection))
}

/// Returns true if the media type may be that of a page. A missing, invalid or unknown one is decided by the body.
fn is_wanted(headers: &Headers) -> bool {
    headers.is_only_html()
        || headers.media_type().is_none_or(|media_type| media_type.is_unknown() || media_type.is_page())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_recognized_by_media_type() {
        for (media_type, wanted) in [
            (Some("Text/HTML; charset=utf-8"), true),
            (Some("application/xhtml+xml"), true),
            (Some("application/rss+xml"), true),
            (Some("application/ld+json"), true),
            (Some("application/json"), true),
            (Some("text/csv"), true),
            (Some("html"), true),
            (Some("*/*"), true),
            (Some("unknown/unknown"), true),
            (Some("application/unknown;charset=x"), true),
            (Some("application/x-unknown"), false),
            (None, true),
            (Some("application/pdf"), false),
            (Some("image/png"), false),
            (Some("application/octet-stream"), false),
        ] {
            let fields = media_type.map(|text| ("content-type", text));
            assert_eq!(is_wanted(&fields.into_iter().collect()), wanted, "{media_type:?}");
        }
    }
}
