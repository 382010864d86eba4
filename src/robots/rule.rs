//! One rule.

use std::fmt;

/// What a rule does with the paths it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// They must not be fetched.
    Disallow,
    /// They may be fetched. Stands above `Disallow`, whom it beats at the same length.
    Allow,
}

/// An `Allow` or `Disallow` line.
#[derive(Clone, Debug)]
pub struct Rule {
    effect: Effect,
    line: u32,
    /// In normal spelling, hence ASCII.
    pattern: Box<str>,
}

impl Rule {
    pub(super) fn new(effect: Effect, pattern: String, line: u32) -> Self {
        Self { effect, line, pattern: pattern.into_boxed_str() }
    }

    /// What it does with the paths it matches.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Where it stands in the file; the first line is 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The paths it is about: `*` is any octets, a `$` at the end is the end of the path. In normal spelling: escapes of
    /// unreserved characters resolved, other characters escaped.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Which rule wins: the longer one, at the same length the one that allows.
    pub(super) fn weight(&self) -> (usize, Effect) {
        (self.pattern.len(), self.effect)
    }

    /// What a path must begin with and needs nothing more than, if the rule is that simple.
    pub(super) fn prefix(&self) -> Option<&str> {
        let anchored = self.pattern.strip_suffix('$');
        let body = anchored.unwrap_or(&self.pattern);
        let prefix = body.strip_suffix('*').or(anchored.is_none().then_some(body))?;
        (!prefix.contains('*')).then_some(prefix)
    }

    /// What every path it matches begins with, up to its first wildcard.
    pub(super) fn literal(&self) -> &str {
        self.pattern.split(['*', '$']).next().unwrap_or_default()
    }

    /// Whether the whole pattern matches `path`, in time linear in both: the leftmost place for each part between two
    /// `*` leaves the most for the parts to come, so there is nothing to go back for.
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
    /// The line as it could stand in a file: `Disallow: /private/`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match self.effect {
            Effect::Allow => "Allow",
            Effect::Disallow => "Disallow",
        };
        write!(formatter, "{key}: {}", self.pattern)
    }
}
