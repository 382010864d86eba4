//! Parsing of sitemaps and feeds.

use super::*;

fn parse(text: &str) -> Option<(SitemapKind, Vec<String>)> {
    let sitemap = Sitemap::parse(text, &"http://a.example/d/map.xml".parse().unwrap())?;
    Some((sitemap.kind(), sitemap.entries().iter().map(|entry| entry.url().to_string()).collect()))
}

#[test]
fn every_kind_is_recognized() {
    for (text, kind, urls) in [
        ("<urlset><url><loc> http://a.example/ </loc></url></urlset>", SitemapKind::Urls, "http://a.example/"),
        ("<s:urlset><s:url><s:loc>//evil:x@a.example/x</s:loc></s:url>", SitemapKind::Urls, "http://a.example/x"),
        ("<sitemapindex><sitemap>www.b.example/y</sitemap>", SitemapKind::Index, "http://www.b.example/y"),
        ("<urlset><url><loc>///b.example./x</loc>", SitemapKind::Urls, "http://b.example/x"),
        ("<rss><item><link>\\\\/b.example/x</link>", SitemapKind::Feed, "http://b.example/x"),
        ("<rss><channel><link>/no</link><item><link>/r</link></item>", SitemapKind::Feed, "http://a.example/r"),
        ("<rss><item><guid>http://a.example/g</guid></item>", SitemapKind::Feed, "http://a.example/g"),
        ("<r:RDF xmlns:r=x><item><link>r</link></item>", SitemapKind::Feed, "http://a.example/d/r"),
        (
            "<feed><link href=/no><entry><link rel=self href=/no/><link href='/e'/>",
            SitemapKind::Feed,
            "http://a.example/e",
        ),
        (
            "<rss><item><link/><guid isPermaLink='TRUE'>HTTP://a.example/g</guid></item>",
            SitemapKind::Feed,
            "http://a.example/g",
        ),
        ("\u{feff}http://a.example/1\r\nno\nftp://b.example/", SitemapKind::Text, "http://a.example/1"),
    ] {
        assert_eq!(parse(text), Some((kind, vec![urls.to_owned()])), "{text}");
    }
    for text in ["", "<html><body>404", "not found", "<", "<!--", "<?xml", "<![CDATA[", "<url><loc>/x</loc></url>"] {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn relative_urls_have_the_base_of_their_element() {
    for (text, urls) in [
        (
            "<feed xml:base='/blog/'><entry><link href='1'/></entry><entry xml:base='2/'><link href='x'/></entry>\
          <entry><link xml:base='/o/' href='3'/></entry>",
            &["/blog/1", "/blog/2/x", "/o/3"][..],
        ),
        (
            "<feed xml:base='http://b.example/p'><entry xml:base=''><link href='x'/></entry><entry><link href='?q'/>",
            &["//b.example/x", "//b.example/p?q"],
        ),
        (
            "<feed xml:base='tag:x,2026:y'><entry xml:base='&#104;ttp://[' ><link xml:base='mailto:x' href='x'/>",
            &["/d/x"],
        ),
        ("<a:feed xmlns:a='x' xml:base='../'><a:entry><a:link href='x'/></a:entry>", &["/x"]),
        (
            "<rss xml:base='/r/'><channel xml:base='c/'><image xml:base='/no/'><url>x</url></image><item xml:base='i/'><link>x</link></item>\
          <item><link xml:base='l/'>x</link></item><item><guid xml:base='/no/'>http://b.example/g</guid></item></channel><item><link>y</link></item>",
            &["/r/c/i/x", "/r/c/l/x", "//b.example/g", "/r/y"],
        ),
        ("<urlset xml:base='//b.example/'><url><loc>x</loc></url>", &["//b.example/x"]),
        (
            "<feed><entry xml:base='/e/'><content xml:base='/no/'><a/></content><link href='x'/></entry><entry><link href='y'/>",
            &["/e/x", "/d/y"],
        ),
    ] {
        let expected = urls.iter().map(|url| match url.strip_prefix("//") {
            Some(rest) => format!("http://{rest}"),
            None => format!("http://a.example{url}"),
        });
        assert_eq!(parse(text).unwrap().1, expected.collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn links_of_entries_lead_to_their_pages() {
    for (text, wanted) in [
        ("<entry><link rel='http://www.iana.org/assignments/relation/alternate' href='/x'/>", true),
        ("<entry><link rel=' Alternate ' href='/x'/>", true),
        ("<entry><link rel='HTTP://www.iana.org/assignments/relation/ALTERNATE' href='/x'/>", true),
        ("<entry><link rel='' href='/x'/>", true),
        (
            "<entry><link rel='self'/><link rel='enclosure' href='/no'/><link href=' \n/x\u{200b}'/><link href='/no'/>",
            true,
        ),
        ("<entry><link rel='http://www.iana.org/assignments/relation/self' href='/no'/>", false),
        ("<entry><link rel='related' href='/no'/><id>http://a.example/no</id>", false),
        ("<entry><link rel='http://a.example/alternate' href='/no'/>", false),
        ("<item><guid isPermaLink='false'>http://a.example/no</guid>", false),
        ("<item><guid isPermaLink=' False '>http://a.example/no</guid>", false),
        ("<item><guid>tag:a.example,2026:no</guid>", false),
        ("<item><guid isPermaLink='true'> http://a.example/x </guid>", true),
        ("<item><guid isPermaLink='false'>http://a.example/no</guid><link>\u{ad}/x&#8203;</link>", true),
        ("<item><link>\u{200b}</link><guid>http://a.example/x</guid>", true),
    ] {
        let text =
            if text.starts_with("<entry>") { format!("<feed>{text}</entry>") } else { format!("<rss>{text}</item>") };
        let expected = if wanted { vec!["http://a.example/x".to_owned()] } else { Vec::new() };
        assert_eq!(parse(&text).unwrap().1, expected, "{text}");
    }
}

#[test]
fn invisible_characters_around_urls_are_ignored() {
    for around in
        ["\u{200b}", "\u{feff}", "\u{a0}", "\u{ad}", "\n\t ", "\u{2060}\u{200e}", "\u{202a}", "\u{0}", "\u{3000}"]
    {
        for text in [
            format!("<urlset><url><loc>{around}http://a.example/x{around}</loc></url>"),
            format!("<urlset><url><loc>{around}<![CDATA[{around}http://a.example/x{around}]]>{around}</loc></url>"),
            format!("<rss><item><link>{around}http://a.example/x{around}</link></item>"),
            format!("<feed><entry><link href='{around}http://a.example/x{around}'/></entry>"),
            format!("{around}http://a.example/x{around}"),
            format!("{around}\r{around}www.a.example/no\rhttp://a.example/x").replace("www.a.example/no", ""),
        ] {
            assert_eq!(parse(&text).unwrap().1, ["http://a.example/x"], "{text:?}");
        }
    }
    let text = "<urlset><url><loc>&#x200B;http://a.exa\nmple/x&#xAD;&shy;&#xFEFF;</loc></url>";
    assert_eq!(parse(text).unwrap().1, ["http://a.example/x"]);
    let lines = "http://a.example/1\rhttp://a.example/2\u{2028}http://a.example/3\r\n\u{200b}www.b.example";
    assert_eq!(parse(lines).unwrap().1.len(), 4);
}

#[test]
fn entries_have_date_and_priority() {
    let text = "<urlset><url><loc>a</loc><lastmod><![CDATA[2024-01-02]]></lastmod><priority> 0.9 </priority></url>\
                <url><priority>-3</priority><loc>/b</loc><image><loc>/no</loc><lastmod>no</lastmod></image></url>\
                <url><loc>//c.example/d/</loc><priority>NaN</priority></url></urlset>";
    let sitemap = Sitemap::parse(text, &"http://a.example/d/map.xml".parse().unwrap()).unwrap();
    let found: Vec<_> = sitemap
        .entries()
        .iter()
        .map(|entry| (entry.url().path(), entry.lastmod(), entry.priority(), entry.is_in_place()))
        .collect();
    let expected = [("/d/a", Some("2024-01-02"), 0.9, true), ("/b", None, 0.0, false), ("/d/", None, 0.5, false)];
    assert_eq!(found, expected);
}

#[test]
fn broken_lists_give_their_readable_entries() {
    for (text, urls) in [
        ("<urlset><url><loc>/a</loc></url><url><loc>/b</lo", &["/a"][..]),
        ("<urlset></a></url><url><loc>/a</b></loc><url><loc>/c</loc>", &["/a", "/c"]),
        ("<urlset><url><loc>/a?x&y=1&z;&#x41;&lt;&#0;&amp</loc>", &["/a?x&y=1A%3C%EF%BF%BD&amp"]),
        ("<!DOCTYPE x [<!ENTITY e '>'> ]><urlset><url><loc>/&e;</loc>", &["/"]),
        ("<urlset><url><loc>javascript:1</loc><loc>http://</loc><loc></loc>", &[]),
        ("<?x ?><!-- <url> --><urlset><url/><url><loc/><loc>/a<![CDATA[&<]]></loc></url>", &["/a&%3C"]),
    ] {
        let (_, found) = parse(text).unwrap();
        let expected: Vec<_> = urls.iter().map(|path| format!("http://a.example{path}")).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn lists_are_bounded() {
    let many: String = (0..=MAX_ENTRIES).map(|number| format!("<url><loc>/{number}</loc></url>")).collect();
    let sitemap = Sitemap::parse(&format!("<urlset>{many}"), &"http://a.example/".parse().unwrap()).unwrap();
    assert_eq!((sitemap.entries().len(), sitemap.left_out()), (MAX_ENTRIES, 1));
    let attack = format!("<urlset><url><loc>/{}</loc></url>", "&q;".repeat(2000));
    assert_eq!(parse(&attack).unwrap().1.len(), 0);
    let long = format!("<urlset>{}<url><loc>/{}</loc></url>", "<a>".repeat(100_000), "x".repeat(1 << 20));
    assert_eq!(parse(&long).unwrap().1.len(), 0);
}

#[test]
fn random_texts_do_not_panic() {
    let mut rng = fastrand::Rng::with_seed(9309);
    let parts = [
        "<urlset>",
        "<url>",
        "<loc>",
        "</loc>",
        "</url>",
        "<",
        ">",
        "&",
        ";",
        "&#",
        "x",
        "'",
        "\"",
        "é",
        "]]>",
        "<![CDATA[",
        "<!--",
        "-->",
        "<?",
        "?>",
        "<!DOCTYPE",
        "[",
        "/",
        " a=",
        "http://",
        "<rss>",
        "<item>",
        "<link",
    ];
    for _ in 0..20_000 {
        let text: String = (0..rng.usize(..12)).filter_map(|_| rng.choice(parts)).collect();
        parse(&text);
    }
}
