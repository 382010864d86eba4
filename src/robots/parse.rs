//! Parsing of a robots.txt for one agent: [`Robots::parse`].

use std::{collections::HashSet, time::Duration};

use super::{
    MAX_BODY, MAX_DELAY, MAX_SITEMAPS, Robots, escape,
    line::{Line, lines},
    matcher::Rules,
    rule::{Effect, Rule},
};
use crate::base::lenient_seconds;

/// All groups of one agent, combined (RFC 9309 section 2.2.1).
#[derive(Default)]
struct Group {
    /// True if the file names the agent. A group without rules also counts.
    is_named: bool,
    /// True while the current line belongs to the agent.
    is_open: bool,
    /// Rules in the order of the file, whose size bounds them.
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
    request_interval: Option<Duration>,
}

impl Robots {
    /// Parses a robots.txt for `agent`: a product token, or a User-Agent header that starts with one.
    ///
    /// Any bytes are a valid file. Unknown lines are skipped, and at most 512 KiB are read.
    ///
    /// ```
    /// let robots = lycosa::Robots::parse(b"User-agent: *\nDisallow: /private/\n", "lycosa/1.0");
    /// assert!(robots.allows("/public/"));
    /// assert!(!robots.allows("/private/page?id=1"));
    /// ```
    #[must_use]
    pub fn parse(body: &[u8], agent: &str) -> Self {
        parse(body, agent)
    }
}

fn parse(body: &[u8], agent: &str) -> Robots {
    let token = product_token(agent.as_bytes());
    let (mut own, mut everyone) = (Group::default(), Group::default());
    let mut sitemaps = Sitemaps::default();
    let mut in_rules = false;
    for (number, line) in lines(truncate(body)) {
        match line {
            Line::UserAgent(value) => {
                if std::mem::take(&mut in_rules) {
                    (own.is_open, everyone.is_open) = (false, false);
                }
                if !token.is_empty() && product_token(value).eq_ignore_ascii_case(token) {
                    own.open();
                }
                if is_everyone(value) {
                    everyone.open();
                }
            }
            Line::Sitemap(value) => sitemaps.add(value),
            Line::Allow(_) | Line::Disallow(_) | Line::CrawlDelay(_) | Line::RequestRate(_) => {
                // Only rules end a sequence of user-agent lines (RFC 9309 section 2.2.4: other records must not).
                in_rules |= matches!(line, Line::Allow(_) | Line::Disallow(_));
                own.add(line, number);
                everyone.add(line, number);
            }
        }
    }
    let group = if own.is_named { own } else { everyone };
    Robots {
        crawl_delay: group.crawl_delay.or(group.request_interval),
        rules: Rules::new(group.rules),
        sitemaps: sitemaps.urls.into_boxed_slice(),
    }
}

impl Group {
    fn open(&mut self) {
        (self.is_named, self.is_open) = (true, true);
    }

    fn add(&mut self, line: Line<'_>, number: u32) {
        if !self.is_open {
            return;
        }
        match line {
            Line::Allow(value) => self.add_allow(value, number),
            Line::Disallow(value) => self.add_rule(Effect::Disallow, escape::pattern(value), number),
            // The first delay counts: in a group of several agents, each may have its delay directly below its name.
            Line::CrawlDelay(value) => self.crawl_delay = self.crawl_delay.or_else(|| parse_seconds(value)),
            Line::RequestRate(value) => self.request_interval = self.request_interval.or_else(|| parse_interval(value)),
            Line::UserAgent(_) | Line::Sitemap(_) => {}
        }
    }

    /// Adds an `Allow`. The rule for an index page also allows its directory.
    fn add_allow(&mut self, value: &[u8], number: u32) {
        let pattern = escape::pattern(value);
        if let Some((directory, "index.html" | "index.htm")) = pattern.rsplit_once('/') {
            self.add_rule(Effect::Allow, format!("{directory}/$"), number);
        }
        self.add_rule(Effect::Allow, pattern, number);
    }

    fn add_rule(&mut self, effect: Effect, pattern: String, number: u32) {
        // An empty pattern matches nothing: `Disallow:` forbids nothing.
        if !pattern.is_empty() {
            self.rules.push(Rule::new(effect, pattern, number));
        }
    }
}

/// Sitemaps of a file, each once; at most [`MAX_SITEMAPS`].
#[derive(Default)]
struct Sitemaps<'a> {
    urls: Vec<Box<str>>,
    seen: HashSet<&'a [u8]>,
}

impl<'a> Sitemaps<'a> {
    fn add(&mut self, url: &'a [u8]) {
        let is_full = self.urls.len() >= MAX_SITEMAPS;
        if !is_full && !url.is_empty() && self.seen.insert(url) {
            self.urls.push(String::from_utf8_lossy(url).into());
        }
    }
}

/// Cuts a body that is too long after its last whole line.
fn truncate(body: &[u8]) -> &[u8] {
    let Some(head) = body.get(..MAX_BODY).filter(|head| head.len() < body.len()) else { return body };
    let end = memchr::memrchr2(b'\n', b'\r', head).unwrap_or(0);
    head.get(..end).unwrap_or_default()
}

/// Returns the product token of a user agent: `lycosa` for `lycosa/1.0 (+https://example.org)`.
///
/// The RFC allows only letters, `-` and `_`. But names such as `agent1` exist, and if they were cut to `agent`, they would
/// obey the group of `agent2`.
fn product_token(agent: &[u8]) -> &[u8] {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte) || !byte.is_ascii();
    let end = agent.iter().position(|byte| !is_token(byte)).unwrap_or(agent.len());
    agent.get(..end).unwrap_or_default()
}

/// Returns true if a user-agent line addresses all agents.
fn is_everyone(value: &[u8]) -> bool {
    value.strip_prefix(b"*").is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Parses a number of seconds leniently. `None` if it is negative or not a number.
fn parse_seconds(value: &[u8]) -> Option<Duration> {
    let seconds = lenient_seconds::parse(&String::from_utf8_lossy(value))?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(MAX_DELAY).min(MAX_DELAY))
}

/// Parses a rate such as `1/10`, `100/15m` or `1/10s 1820-1940` into the time between two requests.
///
/// The hours are ignored: the rate applies all day.
fn parse_interval(value: &[u8]) -> Option<Duration> {
    let text = String::from_utf8_lossy(value);
    let (requests, time) = text.split_ascii_whitespace().next()?.split_once('/')?;
    let requests = requests.parse::<u32>().ok().filter(|requests| *requests > 0)?;
    let number = time.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match time.get(number.len()..)? {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let time = Duration::from_secs(number.parse::<u64>().ok()?.saturating_mul(unit));
    Some((time / requests).min(MAX_DELAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the digits of the paths `/1` to `/9` that are forbidden for `agent`.
    fn forbidden(body: &str, agent: &str) -> String {
        let robots = Robots::parse(body.as_bytes(), agent);
        ('1'..='9').filter(|digit| !robots.allows(&format!("/{digit}"))).collect()
    }

    #[test]
    fn groups_of_an_agent_are_merged() {
        let body = "Disallow: /9\n\
            User-agent: *\nDisallow: /1\n\
            User-agent: spider\nDisallow: /2\n\
            User-agent: Other/2.0 (x)\n\nCrawl-delay: 1\nSitemap: /s\nNonsense\nUser-agent: SPIDER\n\nDisallow: /3\n\
            Nonsense: x\nDisallow: /4\n\
            user-agent: * # everyone\nDisallow: /5\n\
            User-agent: quiet\n";
        for (agent, paths) in [
            ("spider", "234"),
            ("Spider/1.0 (+https://a.example)", "234"),
            ("other", "34"),
            ("spiderling", "15"),
            ("spi", "15"),
            ("*", "15"),
            ("", "15"),
            ("quiet", ""),
        ] {
            assert_eq!(forbidden(body, agent), paths, "{agent}");
        }
    }

    #[test]
    fn product_tokens_are_compared_as_a_whole() {
        let body =
            "User-agent: agent1\nDisallow: /1\nUser-agent: agent2 agent3\nDisallow: /2\nUser-agent: *bot\nDisallow: /3";
        for (agent, paths) in [("agent1", "1"), ("agent2/7", "2"), ("agent3", ""), ("agent", ""), ("robot", "")] {
            assert_eq!(forbidden(body, agent), paths, "{agent}");
        }
    }

    #[test]
    fn the_first_delay_of_the_agents_group_counts() {
        let body = "User-agent: a\nCrawl-delay: 2.5\nUser-agent: b\nCrawl-delay: 9\nUser-agent: c\nRequest-rate: 2/1m 0600-0700\n\
            Disallow: /x\nUser-agent: d\nDisallow: /x\nUser-agent: *\nCrawl-delay: 7";
        for (agent, milliseconds) in
            [("a", Some(2_500)), ("b", Some(9_000)), ("c", Some(30_000)), ("d", None), ("e", Some(7_000))]
        {
            let delay = Robots::parse(body.as_bytes(), agent).crawl_delay();
            assert_eq!(delay, milliseconds.map(Duration::from_millis), "{agent}");
        }
    }

    #[test]
    fn delays_are_parsed_and_bounded() {
        for (text, delay) in [
            ("0", Some(0)),
            ("10s", Some(10)),
            ("10<br>", Some(10)),
            ("2 min", Some(120)),
            ("-1", None),
            ("nan", None),
            ("inf", Some(86_400)),
            ("-inf", None),
            ("1e400", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            (".", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(parse_seconds(text.as_bytes()), delay.map(Duration::from_secs), "{text}");
        }
        assert_eq!(parse_seconds(b"0,5 \xb5s"), Some(Duration::from_millis(500)));
        for (text, time) in [
            ("1/10", Some(10)),
            ("1/2h", Some(7_200)),
            ("1/99999999999999999d", Some(86_400)),
            ("0/1", None),
            ("1/x", None),
            ("1/1w", None),
            ("-1/5", None),
            ("1/1\u{e9}", None),
            ("", None),
        ] {
            assert_eq!(parse_interval(text.as_bytes()), time.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn sitemaps_are_for_everyone_and_bounded() {
        let body = "Sitemap: https://a.example/1\nUser-agent: x\nSitemap:https://a.example/2\nsitemap: https://a.example/1\nSitemap:\n";
        let robots = Robots::parse(body.as_bytes(), "y");
        assert_eq!(
            robots.sitemaps().iter().map(|url| &**url).collect::<Vec<_>>(),
            ["https://a.example/1", "https://a.example/2"]
        );
        let many: String = (0..=MAX_SITEMAPS).map(|number| format!("sitemap: /{number}\n")).collect();
        assert_eq!(Robots::parse(many.as_bytes(), "y").sitemaps().len(), MAX_SITEMAPS);
    }

    #[test]
    fn a_long_file_is_cut_at_its_last_whole_line() {
        let head = "User-agent: *\nDisallow: /1\n#";
        for (filler, tail, paths) in [
            (MAX_BODY - head.len() - 14, "\nDisallow: /2", "12"),
            (MAX_BODY - head.len() - 14, "\nDisallow: /2\nDisallow: /3", "12"),
            (MAX_BODY - head.len() - 13, "\nDisallow: /23", "1"),
            (MAX_BODY, "\nDisallow: /2", "1"),
        ] {
            assert_eq!(forbidden(&format!("{head}{}{tail}", "x".repeat(filler)), "a"), paths, "{filler} {tail}");
        }
    }

    #[test]
    fn any_bytes_are_a_valid_file() {
        let mut rng = fastrand::Rng::with_seed(9309);
        let words: [&[u8]; 16] = [
            b"user-agent",
            b"disallow",
            b"allow",
            b"crawl-delay",
            b"request-rate",
            b"sitemap",
            b":",
            b"*",
            b"$",
            b"/",
            b"%",
            b"\n",
            b"\r",
            b"a",
            b"\0",
            b"\xff",
        ];
        for round in 0..3_000 {
            let body: Vec<u8> = if round % 3 == 0 {
                (0..rng.usize(..200)).map(|_| rng.u8(..)).collect()
            } else {
                (0..rng.usize(..60)).filter_map(|_| rng.choice(words)).flatten().copied().collect()
            };
            let robots = Robots::parse(&body, "a");
            for path in ["", "/", "/a*a$%", "/a/%61/\u{e9}", "a"] {
                assert_eq!(
                    robots.allows(path),
                    robots.rule_for(path).is_none_or(|rule| rule.effect() == Effect::Allow)
                );
            }
        }
    }
}
