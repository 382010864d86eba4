//! Patterns: the common part of the URLs of a trap.

use url::Url;

/// Parameters whose value is part of a date if it is a number.
const DATE_NAMES: [&str; 12] =
    ["year", "yr", "month", "mon", "day", "week", "date", "cal_year", "cal_month", "tribe-bar-date", "ical", "from"];

/// Number of query parameters from which their combinations are counted.
const MIN_PARAMETERS: usize = 3;

/// Returns the pattern of a URL that ends in a date, like the page of a calendar. With a name after the date it is an
/// article.
pub(crate) fn dated(url: &Url) -> Option<String> {
    let in_query = || url.query().unwrap_or_default().split('&').any(is_date_parameter);
    (ends_in_date(url.path()) || in_query()).then(|| numberless(url))
}

/// Returns the path of a URL with many query parameters.
pub(crate) fn combined(url: &Url) -> Option<String> {
    let count = url.query()?.split('&').filter(|part| !part.is_empty()).count();
    (count >= MIN_PARAMETERS).then(|| url.path().to_owned())
}

/// Returns path and query without numbers. `None` if there are none.
pub(crate) fn shape(url: &Url) -> Option<String> {
    let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let has_number = |text: &str| {
        let mut parts = text.split('%');
        parts.next().is_some_and(has_digit) || parts.any(|part| has_digit(split_escape(part).1))
    };
    (has_number(url.path()) || url.query().is_some_and(has_number)).then(|| numberless(url))
}

/// Returns path and query with `#` in place of each number.
fn numberless(url: &Url) -> String {
    let mut pattern = String::new();
    let query = url.query().map(|query| ["?", query]).unwrap_or_default();
    for part in [url.path()].into_iter().chain(query) {
        for (index, text) in part.split('%').enumerate() {
            // The digits of an escape are not numbers, but part of a character.
            let (escape, rest) = if index > 0 { split_escape(text) } else { ("", text) };
            if index > 0 {
                pattern.push('%');
            }
            pattern.push_str(escape);
            for character in rest.chars() {
                if !character.is_ascii_digit() {
                    pattern.push(character);
                } else if !pattern.ends_with('#') {
                    pattern.push('#');
                }
            }
        }
    }
    pattern
}

/// Splits off the two digits of an escape, after its `%`. A stray `%` has none.
fn split_escape(text: &str) -> (&str, &str) {
    let is_escape = |(digits, _): &(&str, &str)| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split_at_checked(2).filter(is_escape).unwrap_or(("", text))
}

fn ends_in_date(path: &str) -> bool {
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    let (last, before, first) = (segments.next(), segments.next(), segments.next());
    let Some(last) = last else { return false };
    if is_date(last) {
        return true;
    }
    match (first, before) {
        (Some(year), Some(month)) if is_year(year) && is_up_to(month, 12) && is_up_to(last, 31) => true,
        (_, Some(year)) => is_year(year) && is_up_to(last, 12),
        (_, None) => false,
    }
}

fn is_date_parameter(part: &str) -> bool {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    let is_number = !value.is_empty() && value.len() <= 8 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_date(value) || (is_number && DATE_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// Returns true for texts such as `2024-05` and `2024-05-12`.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), day) = (parts.next(), parts.next(), parts.next()) else { return false };
    parts.next().is_none() && is_year(year) && is_up_to(month, 12) && day.is_none_or(|day| is_up_to(day, 31))
}

/// Returns true for four digits without a leading zero: calendars continue into any century.
fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

fn is_up_to(text: &str, limit: u8) -> bool {
    text.len() <= 2 && text.parse().is_ok_and(|number: u8| (1..=limit).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_distinguished_from_numbers() {
        for (path, pattern) in [
            ("/cal/2031/5", Some("/cal/#/#")),
            ("/cal/2031/05/12/", Some("/cal/#/#/#/")),
            ("/events/2024-05", Some("/events/#-#")),
            ("/events?day=2024-05-12&x=1", Some("/events?day=#-#-#&x=#")),
            ("/c?Month=5&year=2024", Some("/c?Month=#&year=#")),
            ("/2024/05/12/a-spider", None),
            ("/2024/05/12/123456", None),
            ("/page/2024", None),
            ("/2024/13", None),
            ("/c?month=may", None),
            ("/c?id=2024", None),
            ("/", None),
        ] {
            assert_eq!(dated(&format!("http://a.example{path}").parse().unwrap()).as_deref(), pattern, "{path}");
        }
    }
}
