//! One rule of a robots.txt.

use std::fmt;

/// Effect of a rule on the paths it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The paths must not be fetched.
    Disallow,
    /// The paths may be fetched. Takes precedence over a `Disallow` of the same length.
    Allow,
}

/// Rule: an `Allow` or `Disallow` line.
#[derive(Clone, Debug)]
pub struct Rule {
    effect: Effect,
    line: u32,
    /// In normal spelling, so it is ASCII.
    pattern: Box<str>,
}

impl Rule {
    pub(super) fn new(effect: Effect, pattern: String, line: u32) -> Self {
        Self { effect, line, pattern: pattern.into_boxed_str() }
    }

    /// Returns the effect of the rule.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Returns its line in the file. The first line is 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns its pattern: `*` matches any characters, and `$` at the end matches the end of the path.
    ///
    /// The spelling is normal: escapes of unreserved characters are resolved, other characters are escaped.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Returns the precedence: the longer rule wins, and at the same length the one that allows.
    pub(super) fn precedence(&self) -> (usize, Effect) {
        (self.pattern.len(), self.effect)
    }

    /// Returns the prefix that decides whether a path matches. `None` if the rule needs more than a prefix.
    pub(super) fn prefix(&self) -> Option<&str> {
        let anchored = self.pattern.strip_suffix('$');
        let body = anchored.unwrap_or(&self.pattern);
        let prefix = body.strip_suffix('*').or(anchored.is_none().then_some(body))?;
        (!prefix.contains('*')).then_some(prefix)
    }

    /// Returns the pattern up to its first wildcard, with which every matching path starts.
    pub(super) fn literal(&self) -> &str {
        self.pattern.split(['*', '$']).next().unwrap_or_default()
    }

    /// Returns true if the pattern matches `path`.
    ///
    /// Takes linear time without backtracking: the leftmost match of each part between two `*` leaves most of the path for
    /// the remaining parts.
    pub(super) fn matches(&self, path: &str) -> bool {
        let anchored = self.pattern.strip_suffix('$');
        let mut parts = anchored.unwrap_or(&self.pattern).split('*');
        let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
        let Some(last) = parts.next_back() else { return anchored.is_none() || rest.is_empty() };
        for part in parts {
            let Some(at) = memchr::memmem::find(rest.as_bytes(), part.as_bytes()) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        match anchored {
            Some(_) => rest.ends_with(last),
            None => memchr::memmem::find(rest.as_bytes(), last.as_bytes()).is_some(),
        }
    }
}

impl fmt::Display for Rule {
    /// Formats the rule as a line of a file: `Disallow: /private/`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match self.effect {
            Effect::Allow => "Allow",
            Effect::Disallow => "Disallow",
        };
        write!(formatter, "{key}: {}", self.pattern)
    }
}
