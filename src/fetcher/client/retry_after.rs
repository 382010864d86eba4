//! The header field `Retry-After` (RFC 9110 section 10.2.3).

use std::time::Duration;

use crate::{
    base::{lenient_seconds, time::Wall},
    http::{cookie::date, response::Headers},
};

/// Returns how long the server asks to wait: a number of seconds, or the time until a date, zero if it is past.
///
/// The date is compared with the `Date` of the same response, because the server's clock may be wrong; without it, with
/// `now`. Fractions are rounded up, and of several fields the longest time counts. Returns `None` without a valid field.
pub(crate) fn time_to_wait(headers: &Headers, now: Wall) -> Option<Duration> {
    let fields = headers.texts("retry-after");
    fields.filter_map(|value| parse(value.trim(), || sent(headers).unwrap_or(now))).max()
}

/// Returns the time at which the server sent the response.
fn sent(headers: &Headers) -> Option<Wall> {
    headers.texts("date").find_map(date::parse)
}

fn parse(value: &str, sent: impl FnOnce() -> Wall) -> Option<Duration> {
    // Dates contain a time with colons, numbers do not.
    if value.contains(':') {
        return Some(date::parse(value)?.since(sent()));
    }
    let seconds = lenient_seconds::parse(value)?.ceil();
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wall = Wall(784_111_777_000);

    fn wait(fields: &[(&str, &str)]) -> Option<Duration> {
        let mut headers = Headers::default();
        fields.iter().for_each(|(name, value)| headers.push(name, value));
        time_to_wait(&headers, NOW)
    }

    #[test]
    fn seconds_and_dates_are_parsed() {
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("1.5", Some(2)),
            ("0,1", Some(1)),
            ("10s", Some(10)),
            ("2 minutes", Some(120)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10)),
            ("Sun Nov  6 08:49:47 1994", Some(10)),
            ("6 Nov 1994 08:49:47", Some(10)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("soon", None),
            ("at 08:49", None),
        ] {
            assert_eq!(wait(&[("retry-after", value)]), seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(wait(&[("retry-after", "99999999999999999999999")]), Some(Duration::MAX));
    }

    #[test]
    fn a_date_is_compared_with_that_of_the_response() {
        let date = "Sun, 06 Nov 1994 10:00:00 GMT";
        for (sent, seconds) in [
            ("Sun, 06 Nov 1994 09:59:30 GMT", 30),
            ("Sun, 06 Nov 1994 10:00:01 GMT", 0),
            ("Sat, 05 Nov 1994 10:00:00 GMT", 86_400),
            ("now", 4_223),
        ] {
            let fields = [("date", sent), ("retry-after", date)];
            assert_eq!(wait(&fields), Some(Duration::from_secs(seconds)), "{sent}");
        }
        // A number does not depend on a clock. The longest of several counts.
        assert_eq!(
            wait(&[("date", "Sun, 06 Nov 2094 10:00:00 GMT"), ("retry-after", "5")]),
            Some(Duration::from_secs(5))
        );
        assert_eq!(
            wait(&[("retry-after", "5"), ("retry-after", "9"), ("retry-after", "?")]),
            Some(Duration::from_secs(9))
        );
    }
}
