//! Encoding of [`Robots`] for the store.

use std::{
    borrow::Cow,
    io::{Read, Write},
    time::Duration,
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize, Serialize};

use super::{Effect, Robots, Rule, matcher::Rules};

/// Maximum size of a decompressed copy, in bytes. It is above the size for the largest file that is read.
const MAX_DECOMPRESSED: u64 = 4 << 20;

/// Maximum size of a copy that is stored without compression, in bytes.
///
/// Compression would save little, and the compressor initializes a third of a megabyte each time.
const MAX_PLAIN: usize = 512;

/// First byte of a copy without compression. A compressed copy cannot start with it: its first block would be of a
/// reserved type (RFC 1951 section 3.2.3).
const PLAIN: u8 = 0b110;

/// Stored form of [`Robots`].
#[derive(Serialize, Deserialize)]
struct Copy {
    /// Per rule: true if it allows, line, pattern.
    rules: Vec<(bool, u32, String)>,
    crawl_delay: Option<Duration>,
    sitemaps: Vec<Box<str>>,
}

impl Robots {
    /// Encodes the rules, compressed if that saves space: the store writes the copy with every row of its host.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let rule = |rule: &Rule| (rule.effect() == Effect::Allow, rule.line(), rule.pattern().to_owned());
        let copy = Copy {
            rules: self.rules.iter().map(rule).collect(),
            crawl_delay: self.crawl_delay,
            sitemaps: self.sitemaps.to_vec(),
        };
        // Writing plain data to memory does not fail. If it did, the empty copy would be invalid when it is read.
        postcard::to_stdvec(&copy).ok().and_then(|plain| compress(&plain)).unwrap_or_default()
    }

    /// Decodes a copy. `None` if it is invalid.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Copy { rules, crawl_delay, sitemaps } = postcard::from_bytes(&decompress(bytes)?).ok()?;
        let effect = |allows| if allows { Effect::Allow } else { Effect::Disallow };
        let rules = rules.into_iter().map(|(allows, line, pattern)| Rule::new(effect(allows), pattern, line));
        Some(Self { rules: Rules::new(rules.collect()), crawl_delay, sitemaps: sitemaps.into_boxed_slice() })
    }
}

fn compress(plain: &[u8]) -> Option<Vec<u8>> {
    if plain.len() <= MAX_PLAIN {
        return Some([&[PLAIN], plain].concat());
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

fn decompress(copy: &[u8]) -> Option<Cow<'_, [u8]>> {
    if let Some((&PLAIN, plain)) = copy.split_first() {
        return Some(plain.into());
    }
    let mut plain = Vec::new();
    DeflateDecoder::new(copy).take(MAX_DECOMPRESSED).read_to_end(&mut plain).ok()?;
    Some(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_compressed() {
        let rules = (0..9_000).map(|number| format!("Disallow: /shop/category/{number}/filter?*sort=\n"));
        let text = format!("User-agent: *\n{}", rules.collect::<String>());
        let robots = Robots::parse(text.as_bytes(), "lycosa");
        let copy = robots.to_bytes();
        assert!(text.len() > 390_000 && copy.len() < 64 << 10, "{} of {}", copy.len(), text.len());
        assert!(!Robots::from_bytes(&copy).unwrap().allows("/shop/category/8999/filter?a&sort=b"));
    }

    #[test]
    fn a_copy_gives_the_same_decisions() {
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
