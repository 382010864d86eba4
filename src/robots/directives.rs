//! What a page, or its host about it, asks of robots beyond robots.txt: `<meta name=robots>` and `X-Robots-Tag`.
//!
//! Both are lists of words divided by commas. What is said to all robots and what is said to this one add up; a word that
//! is not known is passed over.

/// Words with a colon that are no name of a robot.
const WITH_VALUE: [&str; 4] = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

/// What is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    /// The page is not to be kept.
    pub noindex: bool,
    /// The links on it are not to be followed.
    pub nofollow: bool,
}

impl Directives {
    /// The content of a `<meta>` of this name, as `agent` (a product token, or what begins with one) has to read it.
    pub(crate) fn of_meta(name: &str, content: &str, agent: &str) -> Self {
        let mut directives = Self::default();
        if means(name.trim(), agent) {
            content.split(',').for_each(|word| directives.add(word));
        }
        directives
    }

    /// One `X-Robots-Tag` field: `noindex`, or `somebot: nofollow`; a name holds until the next one.
    pub(crate) fn of_field(value: &str, agent: &str) -> Self {
        let mut directives = Self::default();
        let mut is_meant = true;
        for part in value.split(',') {
            let word = match part.split_once(':') {
                Some((name, word)) if !is_known(name) => {
                    is_meant = means(name.trim(), agent);
                    word
                }
                Some(_) | None => part,
            };
            if is_meant {
                directives.add(word);
            }
        }
        directives
    }

    /// Both what this asks and what `other` does.
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

fn is_known(name: &str) -> bool {
    WITH_VALUE.iter().any(|word| word.eq_ignore_ascii_case(name.trim()))
}

/// Whether what is said to `name` is said to `agent`.
fn means(name: &str, agent: &str) -> bool {
    let end = agent.find(['/', ' ', ';', '(']).unwrap_or(agent.len());
    let token = agent.get(..end).unwrap_or_default();
    ["robots", "*", token].iter().any(|meant| !name.is_empty() && meant.eq_ignore_ascii_case(name))
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
    fn metas() {
        for (name, content, asked) in [
            ("robots", "noindex, nofollow", "both"),
            ("ROBOTS", " NoFollow ,archive", "nofollow"),
            ("robots", "none", "both"),
            ("robots", "index, follow", ""),
            ("robots", "noindexing", ""),
            ("Lycosa", "noindex", "noindex"),
            ("googlebot", "noindex", ""),
            ("", "noindex", ""),
        ] {
            assert_eq!(words(Directives::of_meta(name, content, "lycosa/1.0 (+x)")), asked, "{name}: {content}");
        }
    }

    #[test]
    fn fields() {
        for (value, asked) in [
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
            assert_eq!(words(Directives::of_field(value, "lycosa/1.0")), asked, "{value}");
        }
    }
}
