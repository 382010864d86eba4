//! What becomes of an answer, decided by its head.

use super::{Config, Statuses, client::response::IncomingResponse};
use crate::{
    failure::{FetchError, Rejection},
    http::{
        redirect,
        request::Method,
        response::{Headers, OverLimit},
    },
    messages::lease::Assignment,
    outcome::Outcome,
};

/// What to do with an answer.
#[derive(Debug)]
pub(super) enum Decision {
    /// Read its body, and hand it to a Parser.
    Read,
    /// This is all there is to know.
    Settle(Outcome),
    /// It is a failure of the way there.
    Fail(FetchError),
}

/// Judges an answer to a loan's request.
pub(super) fn judge(
    assignment: &Assignment,
    answer: &IncomingResponse,
    config: &Config,
    statuses: &Statuses,
) -> Decision {
    let (request, head) = (&assignment.request, &answer.head);
    let status = head.status;
    match redirect::follow(request, status, &head.headers, config.redirects, &config.secret_headers) {
        Some(Ok(next)) if answer.is_jar_changed => {
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
    let may_pass = FetchError::is_transient_status(status) && request.is_repeatable();
    match is_admitted {
        _ if may_pass && !assignment.last => return Decision::Fail(FetchError::Status(status)),
        // The last attempt failed like those before: the errback hears of it.
        false if may_pass => return Decision::Fail(FetchError::Status(status)),
        false => return rejected(Rejection::Status(status)),
        true => {}
    }
    // A sitemap may be a packed file.
    if *request.method() != Method::Head && !request.is_sitemap() && !is_wanted(&head.headers) {
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

/// Whether the media type is one that a page can be made of: text of any kind, XML, JSON. One that is missing, or is no
/// media type, may be anything, so it is.
fn is_wanted(headers: &Headers) -> bool {
    let essence = headers.media_type();
    let Some((kind, subtype)) = essence.split_once('/') else { return true };
    kind == "text" || matches!(subtype, "xml" | "json") || subtype.ends_with("+xml") || subtype.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for (media_type, wanted) in [
            (Some("Text/HTML; charset=utf-8"), true),
            (Some("application/xhtml+xml"), true),
            (Some("application/rss+xml"), true),
            (Some("application/ld+json"), true),
            (Some("application/json"), true),
            (Some("text/csv"), true),
            (Some("html"), true),
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
