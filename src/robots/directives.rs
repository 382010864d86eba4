//! Robots directives of pages: `<meta name=robots>` and `X-Robots-Tag`.
//!
//! Both are lists separated by commas. Directives for all robots and for this one are combined; unknown ones are ignored.

/// Directives with a colon. The word before it is not the name of a robot.
const WITH_VALUE: [&str; 4] = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

/// Robots directives of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    /// The page must not be recorded.
    pub noindex: bool,
    /// The links of the page must not be followed.
    pub nofollow: bool,
}

impl Directives {
    /// Parses the content of a `<meta>` for `agent`: a product token, or a User-Agent header that starts with one.
    pub(crate) fn from_meta(name: &str, content: &str, agent: &str) -> Self {
        let mut directives = Self::default();
        if addresses(name.trim(), agent) {
            content.split(',').for_each(|word| directives.add(word));
        }
        directives
    }

    /// Parses an `X-Robots-Tag` field: `noindex`, or `somebot: nofollow`. A name applies until the next name.
    pub(crate) fn from_field(value: &str, agent: &str) -> Self {
        let mut directives = Self::default();
        let mut applies = true;
        for part in value.split(',') {
            let word = match part.split_once(':') {
                Some((name, word)) if !has_value(name) => {
                    applies = addresses(name.trim(), agent);
                    word
                }
                Some(_) | None => part,
            };
            if applies {
                directives.add(word);
            }
        }
        directives
    }

    /// Combines the directives with others.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self { noindex: self.noindex || other.noindex, nofollow: self.nofollow || other.nofollow }
    }

    fn add(&mut self, word: &str) {
        let word = word.trim();
        let is_none = word.eq_ignore_ascii_case("none");
        self.noindex |= is_none || word.eq_ignore_ascii_case("noindex");
        self.nofollow |= is_none || word.eq_ignore_ascii_case("nofollow");
    }
}

/// Returns true if `name` is a directive with a value.
fn has_value(name: &str) -> bool {
    WITH_VALUE.iter().any(|word| word.eq_ignore_ascii_case(name.trim()))
}

/// Returns true if directives for `name` apply to `agent`.
fn addresses(name: &str, agent: &str) -> bool {
    let end = agent.find(['/', ' ', ';', '(']).unwrap_or(agent.len());
    let token = agent.get(..end).unwrap_or_default();
    ["robots", "*", token].iter().any(|known| !name.is_empty() && known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(directives: Directives) -> &'static str {
        match (directives.noindex, directives.nofollow) {
            (true, true) => "both",
            (true, false) => "noindex",
            (false, true) => "nofollow",
            (false, false) => "",
        }
    }

    #[test]
    fn meta_elements_are_parsed() {
        for (name, content, expected) in [
            ("robots", "noindex, nofollow", "both"),
            ("ROBOTS", " NoFollow ,archive", "nofollow"),
            ("robots", "none", "both"),
            ("robots", "index, follow", ""),
            ("robots", "noindexing", ""),
            ("Lycosa", "noindex", "noindex"),
            ("googlebot", "noindex", ""),
            ("", "noindex", ""),
        ] {
            assert_eq!(words(Directives::from_meta(name, content, "lycosa/1.0 (+x)")), expected, "{name}: {content}");
        }
    }

    #[test]
    fn header_fields_are_parsed() {
        for (value, expected) in [
            ("noindex", "noindex"),
            ("noarchive, nofollow", "nofollow"),
            ("lycosa: none", "both"),
            ("googlebot: noindex, nofollow", ""),
            ("googlebot: noindex, lycosa: nofollow", "nofollow"),
            ("googlebot: noindex, *: nofollow", "nofollow"),
            ("unavailable_after: 25 Jun 2010 15:00:00 PST, noindex", "noindex"),
            ("max-snippet:20, max-image-preview: large", ""),
            (":", ""),
        ] {
            assert_eq!(words(Directives::from_field(value, "lycosa/1.0")), expected, "{value}");
        }
    }
}
