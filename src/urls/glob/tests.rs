//! Patterns for whole URLs: spellings, and patterns that can never match.

use super::{glob_set, url_globs};
use crate::urls::canonical::canonical_url;

fn matches(pattern: &str, url: &str) -> bool {
    let set = glob_set(url_globs(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))).unwrap();
    set.is_match(canonical_url(&url.parse().unwrap()).as_str())
}

#[test]
fn patterns_match_in_canonical_form() {
    for (pattern, url) in [
        ("*/~bob/*", "http://a.example/%7Ebob/x"),
        ("*/%7ebo%62/*", "http://a.example/~bob/x"),
        ("*/café/*", "http://a.example/caf%c3%a9/x"),
        ("*/caf%c3%A9/*", "http://a.example/café/x"),
        ("*/日本/*?q=ж*", "http://a.example/%E6%97%A5%E6%9C%AC/?q=%D0%B6"),
        ("*/caf[eé]/*", "http://a.example/café/"),
        ("*/{café,thé}/*", "http://a.example/thé/"),
        ("*/\"q\"<>", "http://a.example/%22q%22%3C%3E"),
        ("*/it's?x='y'", "http://a.example/it's?x='y'"),
        ("*/a`b^\\{c\\}*", "http://a.example/a`b^{c}?`{^}"),
        ("*/a%2fb", "http://a.example/a%2Fb"),
        ("*/100%", "http://a.example/100%"),
        ("HTTP://BÜCHER.example/*", "http://bücher.example/x"),
        ("*://*.bücher.example/*", "https://shop.bücher.example/x"),
        ("*.bücher.example/*", "https://shop.bücher.example/x"),
        ("*bücher.example/*", "https://shop.bücher.example/x"),
        ("*//Bücher.example/*", "https://bücher.example/x"),
        ("{http,ftp}://a.example/*", "http://a.example/x"),
        ("http{,s}://A.example./*", "https://a.example/x"),
        ("http*", "https://a.example/x"),
        ("http?://*.example/x", "https://a.example/x"),
        ("http://a.example:80/*", "http://a.example/x"),
        ("https://a.example:0443/*", "https://a.example/x"),
        ("*://a.example:80/*", "http://a.example/x"),
        ("*://a.example:80/*", "https://a.example:80/x"),
        ("http://a.example:*/x", "http://a.example:81/x"),
        ("http://[::1]:8080/*", "http://[::1]:8080/x"),
        ("*://[0:0::1]/*", "http://[::1]/x"),
        ("http://[2001:DB8:*]/*", "http://[2001:db8::7]/x"),
        ("http://0x7f.1/*", "http://127.0.0.1/x"),
        ("http://a.example", "http://a.example/"),
        ("http://a.example/x/../y", "http://a.example/y"),
        ("http://a.example?q=*", "http://a.example/q=1"),
        ("*a//b", "http://x.example/a//b"),
        ("*/x?u=http://b.example/*", "http://a.example/x?u=http://b.example/"),
    ] {
        assert!(matches(pattern, url), "{pattern} {url}: {:?}", url_globs(pattern).unwrap());
    }
}

#[test]
fn other_urls_do_not_match() {
    for (pattern, url) in [
        ("*/~bob/*", "http://a.example/~bobby/"),
        ("*/café/*", "http://a.example/cafe/"),
        ("*/a/b", "http://a.example/a%2Fb"),
        ("http://a.example:80/*", "https://a.example/x"),
        ("http://a.example:81/*", "http://a.example/x"),
        ("http://[::1]/*", "http://a.example/x"),
        ("*/A/*", "http://a.example/a/x"),
        ("*/x\\*", "http://a.example/xy"),
    ] {
        assert!(!matches(pattern, url), "{pattern} {url}");
    }
}

#[test]
fn patterns_that_never_match_are_refused() {
    for text in [
        "",
        " ",
        "*/a b/*",
        " */x",
        "*/x\t",
        "*/x#top",
        "#",
        "*#*",
        "ftp://*",
        "ftp://a.example/x",
        "mailto:*",
        "/private/*",
        "a.example/*",
        "www.a.example",
        "a.example/x",
        "//a.example/*",
        "http:/a.example/*",
        "http",
        "http://",
        "http:///*",
        "http://a..example/*",
        "http://a_b@c.example/*",
        "http://u:p@c.example/",
        "http://a.example:http/*",
        "http://a.example:99999/*",
        "http://[::g]/*",
        "http://[::1/*",
        "http://[1:2]/*",
        "http://300.1.1.1/*",
        "{ftp,mailto}:*",
        "[fg]tp://*",
        "file:///*",
        "*/{a",
        "*/[é-ü]",
        "localhost:8080/*",
    ] {
        let error = url_globs(text).expect_err(text);
        assert!(error.len() > 10, "{text}: {error}");
    }
}

#[test]
fn hostile_patterns_are_refused_or_fast() {
    for text in ["{a,b}".repeat(40), "*".repeat(5_000), "{".repeat(5_000), "[*".repeat(3_000)] {
        drop(url_globs(&format!("*{text}")));
    }
}
