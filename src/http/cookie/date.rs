//! Dates of cookies, parsed leniently (RFC 6265bis section 5.1.1).

use std::time::Duration;

use crate::base::time::Wall;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Parses the date in a text. Dates before 1970 become 1970. `None` if there is no date.
pub(crate) fn parse(text: &str) -> Option<Wall> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter = |byte: char| matches!(byte, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~');
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = time_of(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = number(token, 1..=2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = number(token, 2..=4)
        {
            year = Some(found);
        }
    }
    let year = match year? {
        short @ 70..=99 => short + 1900,
        short @ 0..=69 => short + 2000,
        whole => whole,
    };
    let ((hour, minute, second), day, month) = (time?, day?, month?);
    let is_date = (1..=days_in(year, month)).contains(&day) && year >= 1601 && hour < 24 && minute < 60 && second < 60;
    is_date.then(|| {
        let seconds = (days_since_1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
        Wall(0) + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    })
}

/// Parses a number with a count of digits in this range. Other characters may follow it.
fn number(token: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let end = token.find(|byte: char| !byte.is_ascii_digit()).unwrap_or(token.len());
    digits.contains(&end).then(|| token.get(..end)?.parse().ok()).flatten()
}

fn time_of(token: &str) -> Option<(i64, i64, i64)> {
    let mut parts = token.splitn(3, ':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let whole =
        |text: &str| number(text, 1..=2).filter(|_| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()));
    Some((whole(hour)?, whole(minute)?, number(second, 1..=2)?))
}

/// Returns the number of a month, 1 to 12.
fn month_of(token: &str) -> Option<i64> {
    let start = token.get(..3)?;
    let index = MONTHS.iter().position(|month| start.eq_ignore_ascii_case(month))?;
    i64::try_from(index + 1).ok()
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years start in March here, so the leap day is the last day.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era_days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    era_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:01 GMT", Some(1)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("08:49:37 6 november 94", Some(784_111_777)),
            ("Tue, 29 Feb 2028 12:00:00 GMT", Some(1_835_438_400)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", Some(0)),
            ("Tue, 29 Feb 2027 12:00:00 GMT", None),
            ("Sun, 06 Nov 1600 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:49:37 GMT", None),
            ("Sun, 06 Nov 1994", None),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(parse(text), seconds.map(|seconds| Wall(0) + Duration::from_secs(seconds)), "{text}");
        }
    }
}
