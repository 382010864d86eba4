//! Finds the rule that decides.

use super::rule::{Effect, Rule};

/// The most `*` in the rules of a group, the longest rules first: each may cost a search in the path. Beyond, a `Disallow`
/// is taken to end at its first `*`, so it forbids more and never less, and an `Allow` is dropped.
const MAX_WILDCARDS: usize = 4_096;

/// The rules of a group, ready to be asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// Those that only want a beginning, in the order of these.
    prefixes: Box<[Prefix]>,
    /// All others, heaviest first.
    globs: Box<[Glob]>,
}

#[derive(Clone, Debug)]
struct Prefix {
    rule: Rule,
    /// How much of the pattern it is that a path must begin with.
    length: usize,
    /// The entry that is the longest proper beginning of this one.
    parent: Option<u32>,
    /// The heaviest rule among this entry and those above it.
    heaviest: u32,
}

#[derive(Clone, Debug)]
struct Glob {
    rule: Rule,
    /// The octets the rule wants: most rules are out of the question after one look at it.
    octets: Octets,
}

impl Rules {
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        let (mut prefixes, mut globs) = (Vec::new(), Vec::new());
        let mut room = MAX_WILDCARDS;
        for rule in heaviest_first(rules) {
            let wildcards = rule.pattern().matches('*').count();
            if let Some(text) = rule.prefix() {
                prefixes.push(Prefix::new(text.len(), rule));
            } else if wildcards <= room {
                room -= wildcards;
                globs.push(Glob { octets: Octets::of_pattern(rule.pattern()), rule });
            } else if rule.effect() == Effect::Disallow {
                prefixes.push(Prefix::new(rule.literal().len(), rule));
            }
        }
        Self { prefixes: index(prefixes), globs: globs.into_boxed_slice() }
    }

    /// All of them, in no order that matters.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Rule> {
        let prefixes = self.prefixes.iter().map(|prefix| &prefix.rule);
        prefixes.chain(self.globs.iter().map(|glob| &glob.rule))
    }

    /// The heaviest rule that matches `path`, which is in normal spelling.
    pub(super) fn longest(&self, path: &str) -> Option<&Rule> {
        let prefix = self.longest_prefix(path);
        let octets = Octets::of(path);
        let glob = self
            .globs
            .iter()
            .take_while(|glob| prefix.is_none_or(|prefix| glob.rule.weight() > prefix.weight()))
            .find(|glob| octets.contain(glob.octets) && glob.rule.matches(path));
        glob.map(|glob| &glob.rule).or(prefix)
    }

    /// Looks `path` up in the sorted prefixes: the entry before the place where it would stand is the one that shares
    /// most with it, and whatever is a beginning of `path` is that entry or stands above it.
    fn longest_prefix(&self, path: &str) -> Option<&Rule> {
        let behind = self.prefixes.partition_point(|entry| entry.text() <= path);
        let mut entry = self.prefixes.get(behind.checked_sub(1)?)?;
        let shared = entry.text().bytes().zip(path.bytes()).take_while(|(a, b)| a == b).count();
        while entry.text().len() > shared {
            entry = self.prefixes.get(entry.parent? as usize)?;
        }
        self.prefixes.get(entry.heaviest as usize).map(|entry| &entry.rule)
    }
}

impl Prefix {
    fn new(length: usize, rule: Rule) -> Self {
        Self { rule, length, parent: None, heaviest: 0 }
    }

    fn text(&self) -> &str {
        self.rule.pattern().get(..self.length).unwrap_or_default()
    }
}

/// Sorts the entries by their text, keeps the heaviest of those with the same one, and links each to the one above it.
fn index(mut entries: Vec<Prefix>) -> Box<[Prefix]> {
    entries.sort_by(|a, b| a.text().cmp(b.text()).then_with(|| b.rule.weight().cmp(&a.rule.weight())));
    entries.dedup_by(|later, earlier| later.text() == earlier.text());
    let mut linked: Vec<Prefix> = Vec::with_capacity(entries.len());
    for (number, mut entry) in (0_u32..).zip(entries) {
        let above = |entry: u32| linked.get(entry as usize);
        let mut candidate = number.checked_sub(1);
        while let Some(other) = candidate.and_then(above).filter(|other| !entry.text().starts_with(other.text())) {
            candidate = other.parent;
        }
        let best = candidate.and_then(above).map(|parent| parent.heaviest);
        let outweighs = |best: &u32| above(*best).is_some_and(|best| best.rule.weight() > entry.rule.weight());
        (entry.parent, entry.heaviest) = (candidate, best.filter(outweighs).unwrap_or(number));
        linked.push(entry);
    }
    linked.into_boxed_slice()
}

/// Sorts by weight; of lines that say the same only the first stays.
fn heaviest_first(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by(|a, b| b.weight().cmp(&a.weight()).then_with(|| a.pattern().cmp(b.pattern())));
    rules.dedup_by(|later, earlier| later.weight() == earlier.weight() && later.pattern() == earlier.pattern());
    rules
}

/// A set of octets, coarse: any two ASCII characters 64 apart share a bit.
#[derive(Clone, Copy, Debug)]
struct Octets(u64);

impl Octets {
    fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |set, byte| set | 1 << (byte & 63)))
    }

    /// The octets that stand for themselves: neither `*` nor `$` does, in normal spelling.
    fn of_pattern(pattern: &str) -> Self {
        Self(pattern.bytes().filter(|byte| !b"*$".contains(byte)).fold(0, |set, byte| set | 1 << (byte & 63)))
    }

    fn contain(self, other: Self) -> bool {
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
    fn agrees_with_regular_expressions() {
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
                let expected = naive.iter().filter(|(regex, _)| regex.is_match(&path)).map(|(_, weight)| *weight).max();
                assert_eq!(rules.longest(&path).map(Rule::weight), expected, "{path} {lines:?}");
            }
        }
    }

    #[test]
    fn too_many_wildcards_forbid_more() {
        let mut lines: Vec<_> =
            (0..=MAX_WILDCARDS).map(|number| (Effect::Disallow, format!("/long*{number:06}x"))).collect();
        lines.push((Effect::Allow, "/b*c".to_owned()));
        lines.push((Effect::Disallow, "/a*c".to_owned()));
        let rules = rules(&lines);
        let effect = |path| rules.longest(path).map(Rule::effect);
        assert_eq!(rules.globs.len(), MAX_WILDCARDS);
        assert_eq!(effect("/abba"), Some(Effect::Disallow));
        assert_eq!(effect("/bc"), None);
        assert_eq!(effect("/long"), Some(Effect::Disallow));
        assert_eq!(effect("/other"), None);
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let path = format!("/{}", "a".repeat(2_000));
        let nested: Vec<_> = (1..2_000).map(|length| (Effect::Allow, format!("/{}", "a".repeat(length)))).collect();
        assert_eq!(rules(&nested).longest(&path).map(Rule::line), Some(1_999));
        let stars = [(Effect::Disallow, format!("/{}b", "*a".repeat(1_000)))];
        assert!(rules(&stars).longest(&path).is_none());
        let many: Vec<_> = (1..60).map(|count| (Effect::Disallow, format!("/{}b", "*aa".repeat(count)))).collect();
        assert!(rules(&many).longest(&format!("{path}b/")).is_some());
        assert!(rules(&many).longest(&path).is_none());
    }
}
