//! Robots directives of pages: `<meta name=robots>` and `X-Robots-Tag`.
//!
//! Both are lists separated by commas, semicolons or white space. Directives for all robots and for this one are combined;
//! unknown ones are ignored. If a list can be read in two ways, the one that forbids more counts.

use memchr::memchr2_iter;

use crate::base::text::tokens;

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
        if tokens(name).any(|name| addresses(name, agent)) {
            directives.add_all(content);
        }
        directives
    }

    /// Returns true if the content of a `<meta>` forbids anything.
    pub(crate) fn is_in(content: &str) -> bool {
        // Most contents are descriptions. Everything that forbids starts with these two letters.
        let bytes = content.as_bytes();
        if !memchr2_iter(b'n', b'N', bytes).any(|at| matches!(bytes.get(at + 1), Some(b'o' | b'O'))) {
            return false;
        }
        let mut directives = Self::default();
        directives.add_all(content);
        directives != Self::default()
    }

    /// Parses an `X-Robots-Tag` field: `noindex`, or `somebot: nofollow`. A name applies until the next name.
    pub(crate) fn from_field(value: &str, agent: &str) -> Self {
        let mut directives = Self::default();
        let mut applies = true;
        for part in value.split([',', ';']) {
            let mut rest = part;
            while let Some((before, after)) = rest.split_once(':') {
                let before = before.trim_end();
                let (before, name) = before.rsplit_once(char::is_whitespace).unwrap_or(("", before));
                if applies {
                    directives.add_all(before);
                }
                rest = after;
                if is_directive_with_value(name) {
                    // The value may be a time, whose colons follow no name.
                    break;
                }
                if is_directive(name) {
                    rest = part;
                    break;
                }
                if !name.bytes().all(|byte| byte.is_ascii_digit()) {
                    applies = addresses(name, agent);
                }
            }
            if applies {
                directives.add_all(rest);
            }
        }
        directives
    }

    /// Combines the directives with others.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self { noindex: self.noindex || other.noindex, nofollow: self.nofollow || other.nofollow }
    }

    fn add_all(&mut self, list: &str) {
        for token in tokens(list) {
            // Some servers send the quotes of their configuration files.
            let token = token.trim_matches(['"', '\'', ':']);
            let is_none = token.eq_ignore_ascii_case("none");
            self.noindex |= is_none || token.eq_ignore_ascii_case("noindex");
            self.nofollow |= is_none || token.eq_ignore_ascii_case("nofollow");
        }
    }
}

/// Returns true if `name` is a directive with a value.
fn is_directive_with_value(name: &str) -> bool {
    WITH_VALUE.iter().any(|directive| directive.eq_ignore_ascii_case(name))
}

/// Returns true if `name` is a directive that forbids something, and thus not the name of a robot.
fn is_directive(name: &str) -> bool {
    Directives::is_in(name)
}

/// Returns true if directives for `name` apply to `agent`.
fn addresses(name: &str, agent: &str) -> bool {
    let token = |text: &str| text.split(['/', ' ', ';', '(']).next().unwrap_or_default().to_ascii_lowercase();
    let name = token(name.trim_matches(['"', '\'']));
    !name.is_empty() && ["robots", "*", &token(agent)].contains(&name.as_str())
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
            ("robots", "noindex nofollow", "both"),
            ("robots", "noarchive;nofollow", "nofollow"),
            ("robots", "index;\u{a0}nofollow\u{3000}, ,;", "nofollow"),
            ("robots", "'noindex'\n\"nofollow\"", "both"),
            ("googlebot, lycosa", "noindex", "noindex"),
            ("googlebot robots", "none;", "both"),
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
            (": nofollow", "nofollow"),
            ("noindex nofollow", "both"),
            ("noarchive; nofollow", "nofollow"),
            ("\"noindex, nofollow\"", "both"),
            ("noindex: nofollow", "both"),
            ("googlebot: noindex; nofollow", ""),
            ("googlebot: noindex lycosa : nofollow", "nofollow"),
            ("noindex googlebot: nofollow", "noindex"),
            ("lycosa/2: noindex", "noindex"),
            ("unavailable_after: 2010-06-25T15:00:00Z; noindex", "noindex"),
            ("unavailable_after: Friday, 25-Jun-10 15:00:00 UTC, noindex", "noindex"),
            ("unavailable_after: 25 Jun 2010 15:00:00 PST nofollow", "nofollow"),
            ("bot: unavailable_after: 1 Jan 2030 1:00:00 GMT, noindex, lycosa: nofollow", "nofollow"),
        ] {
            assert_eq!(words(Directives::from_field(value, "lycosa/1.0")), expected, "{value}");
        }
    }
}
