//! Numbers of seconds as servers write them.

/// Parses a number of seconds leniently: `1.5`, `0,5`, `10s`, `500 ms`, `2 min`, `"10"`.
///
/// An unknown unit means seconds, and what follows is ignored. Returns `None` if the text does not start with a number, or
/// if the number is negative.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(|character: char| character.is_whitespace() || "\"'=:+".contains(character));
    // Also for `inf` and `1e3`.
    let whole = text.trim_end().parse::<f64>().ok().filter(|_| !text.starts_with('-'));
    let seconds = whole.or_else(|| with_unit(text))?;
    (seconds >= 0.0).then_some(seconds)
}

fn with_unit(text: &str) -> Option<f64> {
    let is_digit = |character: char| character.is_ascii_digit();
    let fraction = text.trim_start_matches(is_digit);
    let rest = match fraction.strip_prefix(['.', ',']) {
        Some(digits) => digits.trim_start_matches(is_digit),
        None => fraction,
    };
    let number = text.get(..text.len() - rest.len())?.replace(',', ".");
    let unit = rest.trim_start().to_ascii_lowercase();
    let unit = unit.split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or_default();
    let factor = match unit {
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => 0.001,
        "m" | "mn" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86400.0,
        _ => 1.0,
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_servers_are_read() {
        for (text, seconds) in [
            ("0", Some(0.0)),
            ("120", Some(120.0)),
            (" 1.5 ", Some(1.5)),
            ("0,5", Some(0.5)),
            (",5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1.2.3", Some(1.2)),
            ("+3", Some(3.0)),
            ("\"10\"", Some(10.0)),
            ("10s", Some(10.0)),
            ("10 Seconds", Some(10.0)),
            ("500ms", Some(0.5)),
            ("1,5 min", Some(90.0)),
            ("2m", Some(120.0)),
            ("1 hour", Some(3600.0)),
            ("1d", Some(86400.0)),
            ("10<br>", Some(10.0)),
            ("10;", Some(10.0)),
            ("7 apples", Some(7.0)),
            ("1e3", Some(1000.0)),
            ("inf", Some(f64::INFINITY)),
            ("-1", None),
            ("-0.5s", None),
            ("- 5", None),
            ("nan", None),
            (".", None),
            ("", None),
            ("soon", None),
            ("s10", None),
        ] {
            assert_eq!(parse(text), seconds, "{text}");
        }
    }
}
