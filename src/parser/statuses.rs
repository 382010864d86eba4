//! `parser.statuses`: status codes of the responses that reach a handler.

use std::ops::RangeInclusive;

use crate::error::ConfigError;

/// Set of status codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statuses(Vec<RangeInclusive<u16>>);

impl Statuses {
    /// Parses `"404"`, `"2xx"` and `"500-599"`.
    ///
    /// # Errors
    /// Every text of another form.
    pub(crate) fn new(texts: &[String]) -> Result<Self, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let ranges = texts.iter().enumerate().filter_map(|(index, text)| {
            let range = parse(text);
            if range.is_none() {
                let message = format!("expected a status such as \"404\", \"2xx\" or \"500-599\", found `{text}`");
                let key = format!("parser.statuses[{index}]");
                errors.push(ConfigError { origin: "config".to_owned(), key, message });
            }
            range
        });
        let ranges = ranges.collect();
        if errors.is_empty() { Ok(Self(ranges)) } else { Err(errors) }
    }

    /// Returns true if a response with this status reaches a handler.
    pub(crate) fn admit(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

fn parse(text: &str) -> Option<RangeInclusive<u16>> {
    let text = text.trim();
    if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
        let class: u16 = class.parse().ok().filter(|class| (1..=9).contains(class))?;
        return Some(class * 100..=class * 100 + 99);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let [first, last] =
        [first, last].map(|code| code.trim().parse::<u16>().ok().filter(|code| (100..=999).contains(code)));
    let range = first?..=last?;
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_parsed() {
        for (text, range) in [
            ("2xx", Some(200..=299)),
            ("404", Some(404..=404)),
            ("500-599", Some(500..=599)),
            (" 5XX ", Some(500..=599)),
            ("599-500", None),
            ("0xx", None),
            ("12xx", None),
            ("20", None),
            ("2x", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(parse(text), range, "{text}");
        }
        let statuses = Statuses::new(&["2xx".into(), "404".into()]).unwrap();
        assert_eq!([200, 299, 404, 403, 300].map(|status| statuses.admit(status)), [true, true, true, false, false]);
        assert_eq!(Statuses::new(&["2xx".into(), "no".into()]).unwrap_err()[0].key, "parser.statuses[1]");
    }
}
