//! Search for the rule that decides about a path.

use super::rule::{Effect, Rule};

/// Maximum number of `*` in the rules of a group, counted from the longest rule. Each may cost a search in the path.
///
/// Beyond it, a `Disallow` ends at its first `*`, so it forbids more but never less, and an `Allow` is dropped.
const MAX_WILDCARDS: usize = 4_096;

/// Rules of a group, indexed for searching.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// Rules that need only a prefix, sorted by it.
    prefixes: Box<[Prefix]>,
    /// All other rules, highest precedence first.
    globs: Box<[Glob]>,
}

/// A rule that needs only a prefix.
#[derive(Clone, Debug)]
struct Prefix {
    rule: Rule,
    /// Length of the prefix in the pattern.
    length: usize,
    /// Index of the entry that is the longest proper prefix of this one.
    parent: Option<u32>,
    /// Index of the rule with the highest precedence among this entry and its ancestors.
    best: u32,
}

/// A rule with wildcards.
#[derive(Clone, Debug)]
struct Glob {
    rule: Rule,
    /// Characters of the pattern. Comparing them rules out most rules at once.
    chars: CharSet,
}

impl Rules {
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        let (mut prefixes, mut globs) = (Vec::new(), Vec::new());
        let mut wildcards_left = MAX_WILDCARDS;
        for rule in by_precedence(rules) {
            let wildcards = rule.pattern().matches('*').count();
            if let Some(text) = rule.prefix() {
                prefixes.push(Prefix::new(text.len(), rule));
            } else if wildcards <= wildcards_left {
                wildcards_left -= wildcards;
                globs.push(Glob { chars: CharSet::from_pattern(rule.pattern()), rule });
            } else if rule.effect() == Effect::Disallow {
                prefixes.push(Prefix::new(rule.literal().len(), rule));
            }
        }
        Self { prefixes: index(prefixes), globs: globs.into_boxed_slice() }
    }

    /// Returns all rules in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Rule> {
        let prefixes = self.prefixes.iter().map(|prefix| &prefix.rule);
        prefixes.chain(self.globs.iter().map(|glob| &glob.rule))
    }

    /// Returns the rule with the highest precedence that matches `path`, given in normal spelling.
    pub(super) fn find(&self, path: &str) -> Option<&Rule> {
        let prefix = self.longest_prefix(path);
        let chars = CharSet::from_path(path);
        let glob = self
            .globs
            .iter()
            .take_while(|glob| prefix.is_none_or(|prefix| glob.rule.precedence() > prefix.precedence()))
            .find(|glob| chars.contains_all(glob.chars) && glob.rule.matches(path));
        glob.map(|glob| &glob.rule).or(prefix)
    }

    /// Searches `path` in the sorted prefixes.
    ///
    /// The entry before its position shares most with it. So every entry that is a prefix of `path` is this entry or one
    /// of its ancestors.
    fn longest_prefix(&self, path: &str) -> Option<&Rule> {
        let position = self.prefixes.partition_point(|entry| entry.text() <= path);
        let mut entry = self.prefixes.get(position.checked_sub(1)?)?;
        let shared = entry.text().bytes().zip(path.bytes()).take_while(|(a, b)| a == b).count();
        while entry.text().len() > shared {
            entry = self.prefixes.get(entry.parent? as usize)?;
        }
        self.prefixes.get(entry.best as usize).map(|entry| &entry.rule)
    }
}

impl Prefix {
    fn new(length: usize, rule: Rule) -> Self {
        Self { rule, length, parent: None, best: 0 }
    }

    fn text(&self) -> &str {
        self.rule.pattern().get(..self.length).unwrap_or_default()
    }
}

/// Sorts the entries by prefix, keeps the best rule of each, and links each to its parent.
fn index(mut entries: Vec<Prefix>) -> Box<[Prefix]> {
    entries.sort_by(|a, b| a.text().cmp(b.text()).then_with(|| b.rule.precedence().cmp(&a.rule.precedence())));
    entries.dedup_by(|later, earlier| later.text() == earlier.text());
    let mut linked: Vec<Prefix> = Vec::with_capacity(entries.len());
    for (number, mut entry) in (0_u32..).zip(entries) {
        let get = |entry: u32| linked.get(entry as usize);
        let mut candidate = number.checked_sub(1);
        while let Some(other) = candidate.and_then(get).filter(|other| !entry.text().starts_with(other.text())) {
            candidate = other.parent;
        }
        let best = candidate.and_then(get).map(|parent| parent.best);
        let outweighs = |best: &u32| get(*best).is_some_and(|best| best.rule.precedence() > entry.rule.precedence());
        (entry.parent, entry.best) = (candidate, best.filter(outweighs).unwrap_or(number));
        linked.push(entry);
    }
    linked.into_boxed_slice()
}

/// Sorts rules by precedence, the highest first. Of equal rules only the first stays.
fn by_precedence(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by(|a, b| b.precedence().cmp(&a.precedence()).then_with(|| a.pattern().cmp(b.pattern())));
    rules.dedup_by(|later, earlier| later.precedence() == earlier.precedence() && later.pattern() == earlier.pattern());
    rules
}

/// Approximate set of characters: two ASCII characters 64 apart share a bit.
#[derive(Clone, Copy, Debug)]
struct CharSet(u64);

impl CharSet {
    fn from_path(text: &str) -> Self {
        Self(text.bytes().fold(0, |set, byte| set | 1 << (byte & 63)))
    }

    /// Returns the literal characters of a pattern in normal spelling: all but `*` and `$`.
    fn from_pattern(pattern: &str) -> Self {
        Self(pattern.bytes().filter(|byte| !b"*$".contains(byte)).fold(0, |set, byte| set | 1 << (byte & 63)))
    }

    fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use regex::Regex;

    use super::*;
    use crate::robots::escape;

    fn rules(lines: &[(Effect, String)]) -> Rules {
        let numbered = (1..).zip(lines);
        Rules::new(
            numbered.map(|(line, (effect, text))| Rule::new(*effect, escape::pattern(text.as_bytes()), line)).collect(),
        )
    }

    fn random(rng: &mut Rng, alphabet: &str, longest: usize) -> String {
        (0..rng.usize(..=longest)).filter_map(|_| rng.choice(alphabet.bytes())).map(char::from).collect()
    }

    fn regex(pattern: &str) -> Regex {
        let (body, end) = pattern.strip_suffix('$').map_or((pattern, ""), |body| (body, "$"));
        let parts: Vec<_> = body.split('*').map(regex::escape).collect();
        Regex::new(&format!("^{}{end}", parts.join(".*"))).unwrap()
    }

    #[test]
    fn results_equal_those_of_regular_expressions() {
        let mut rng = Rng::with_seed(9309);
        for round in 0..500 {
            let alphabet = if round % 2 == 0 { "ab/*" } else { "ab" };
            let line = |rng: &mut Rng| {
                let effect = if rng.bool() { Effect::Allow } else { Effect::Disallow };
                (effect, format!("/{}{}", random(rng, alphabet, 6), random(rng, "$", 1)))
            };
            let lines: Vec<_> = (0..rng.usize(1..12)).map(|_| line(&mut rng)).collect();
            let naive: Vec<_> = lines
                .iter()
                .map(|(effect, text)| (regex(text), (escape::pattern(text.as_bytes()).len(), *effect)))
                .collect();
            let rules = rules(&lines);
            for _ in 0..50 {
                let path = format!("/{}", random(&mut rng, "ab/", 8));
                let expected =
                    naive.iter().filter(|(regex, _)| regex.is_match(&path)).map(|(_, precedence)| *precedence).max();
                assert_eq!(rules.find(&path).map(Rule::precedence), expected, "{path} {lines:?}");
            }
        }
    }

    #[test]
    fn beyond_the_limit_of_wildcards_more_is_forbidden() {
        let mut lines: Vec<_> =
            (0..=MAX_WILDCARDS).map(|number| (Effect::Disallow, format!("/long*{number:06}x"))).collect();
        lines.push((Effect::Allow, "/b*c".to_owned()));
        lines.push((Effect::Disallow, "/a*c".to_owned()));
        let rules = rules(&lines);
        let effect = |path| rules.find(path).map(Rule::effect);
        assert_eq!(rules.globs.len(), MAX_WILDCARDS);
        assert_eq!(effect("/abba"), Some(Effect::Disallow));
        assert_eq!(effect("/bc"), None);
        assert_eq!(effect("/long"), Some(Effect::Disallow));
        assert_eq!(effect("/other"), None);
    }

    #[test]
    fn hostile_patterns_are_fast() {
        let path = format!("/{}", "a".repeat(2_000));
        let nested: Vec<_> = (1..2_000).map(|length| (Effect::Allow, format!("/{}", "a".repeat(length)))).collect();
        assert_eq!(rules(&nested).find(&path).map(Rule::line), Some(1_999));
        let stars = [(Effect::Disallow, format!("/{}b", "*a".repeat(1_000)))];
        assert!(rules(&stars).find(&path).is_none());
        let many: Vec<_> = (1..60).map(|count| (Effect::Disallow, format!("/{}b", "*aa".repeat(count)))).collect();
        assert!(rules(&many).find(&format!("{path}b/")).is_some());
        assert!(rules(&many).find(&path).is_none());
    }
}
