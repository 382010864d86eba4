//! A copy of what robots.txt said, to be kept until it is out of date.

use std::{
    borrow::Cow,
    io::{Read, Write},
    time::Duration,
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize, Serialize};

use super::{Effect, Robots, Rule, matcher::Rules};

/// The largest copy, unpacked, in bytes (4 MiB): what the largest file that is read comes to, and more.
const MAX_UNPACKED: u64 = 4 << 20;

/// Copies up to this size, in bytes, are not packed: they would get little smaller, and a third of a megabyte is filled to
/// pack anything.
const SMALL: usize = 512;

/// Stands before a copy that is not packed. No packed one begins so: its first block would be of a reserved type (RFC 1951
/// section 3.2.3).
const PLAIN: u8 = 0b110;

/// The rules and what else was read, as they are kept.
#[derive(Serialize, Deserialize)]
struct Copy {
    /// Whether it allows, its line, its pattern.
    rules: Vec<(bool, u32, String)>,
    crawl_delay: Option<Duration>,
    sitemaps: Vec<Box<str>>,
}

impl Robots {
    /// The copy, in a format of its own, packed if that is worth it: paths are much alike, and a store writes it with each
    /// row of its host.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let rule = |rule: &Rule| (rule.effect() == Effect::Allow, rule.line(), rule.pattern().to_owned());
        let copy = Copy {
            rules: self.rules.iter().map(rule).collect(),
            crawl_delay: self.crawl_delay,
            sitemaps: self.sitemaps.to_vec(),
        };
        // Plain data into memory: this fails for no input, and an empty copy is none when it is read.
        postcard::to_stdvec(&copy).ok().and_then(|plain| pack(&plain)).unwrap_or_default()
    }

    /// Reads a copy; nothing if it is none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Copy { rules, crawl_delay, sitemaps } = postcard::from_bytes(&unpack(bytes)?).ok()?;
        let effect = |allows| if allows { Effect::Allow } else { Effect::Disallow };
        let rules = rules.into_iter().map(|(allows, line, pattern)| Rule::new(effect(allows), pattern, line));
        Some(Self { rules: Rules::new(rules.collect()), crawl_delay, sitemaps: sitemaps.into_boxed_slice() })
    }
}

fn pack(plain: &[u8]) -> Option<Vec<u8>> {
    if plain.len() <= SMALL {
        return Some([&[PLAIN], plain].concat());
    }
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(plain).ok()?;
    packed.finish().ok()
}

fn unpack(packed: &[u8]) -> Option<Cow<'_, [u8]>> {
    if let Some((&PLAIN, plain)) = packed.split_first() {
        return Some(plain.into());
    }
    let mut plain = Vec::new();
    DeflateDecoder::new(packed).take(MAX_UNPACKED).read_to_end(&mut plain).ok()?;
    Some(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_makes_a_short_copy() {
        let rules = (0..9_000).map(|number| format!("Disallow: /shop/category/{number}/filter?*sort=\n"));
        let text = format!("User-agent: *\n{}", rules.collect::<String>());
        let robots = Robots::parse(text.as_bytes(), "lycosa");
        let copy = robots.to_bytes();
        assert!(text.len() > 390_000 && copy.len() < 64 << 10, "{} of {}", copy.len(), text.len());
        assert!(!Robots::from_bytes(&copy).unwrap().allows("/shop/category/8999/filter?a&sort=b"));
    }

    #[test]
    fn a_copy_decides_as_the_file_does() {
        let text =
            b"User-agent: *\nDisallow: /a\nAllow: /a/*.html$\nDisallow: /*?q\nCrawl-delay: 2.5\nSitemap: http://a/s";
        let robots = Robots::parse(text, "lycosa");
        let copy = Robots::from_bytes(&robots.to_bytes()).unwrap();
        for path in ["/", "/a", "/a/b.html", "/x?q=1"] {
            let decision = |robots: &Robots| robots.rule_for(path).map(|rule| (rule.line(), rule.effect()));
            assert_eq!(decision(&copy), decision(&robots), "{path}");
        }
        assert_eq!((copy.crawl_delay(), copy.sitemaps()), (robots.crawl_delay(), robots.sitemaps()));
        assert!(Robots::from_bytes(b"").is_none() && Robots::from_bytes(&[PLAIN]).is_none());
    }
}
