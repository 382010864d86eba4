//! Tests of jars by the cookies they send.

use std::time::Duration;

use std::collections::BTreeMap;

use url::Url;

use super::Jars;
use crate::base::{time::Wall, units::ByteSize};

const NOW: Wall = Wall(1_700_000_000_000);

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// Returns the `Cookie` field sent to `to` after a response from `from` with these `Set-Cookie` fields.
fn sent(from: &str, fields: &[&str], to: &str) -> String {
    let mut jars = Jars::new(ByteSize(1 << 20));
    for field in fields {
        jars.set("", &url(from), field.as_bytes(), NOW);
    }
    String::from_utf8(jars.header("", &url(to), NOW).unwrap_or_default()).unwrap()
}

#[test]
fn fields_that_are_not_utf_8_are_obeyed() {
    let (from, to) = (url("http://www.example.org/a/b"), url("http://example.org/a/"));
    for (field, wanted) in [
        (&b"n=caf\xe9; domain=example.org"[..], Some(&b"n=caf\xe9"[..])),
        (b"n\xff=v; note=\xe9; domain=example.org; path=/a", Some(b"n\xff=v")),
        (b"n=\xe9; expires=Wed, 21 Oct 2065 07:28:00 GMT \xe9; domain=example.org", Some(b"n=\xe9")),
        (b"n=\xe9; expires=Wed, 21 Oct 2015 07:28:00 GMT \xe9; domain=example.org", None),
        (b"n=v; domain=example.org\xe9", None),
    ] {
        let mut jars = Jars::new(ByteSize(1 << 20));
        jars.set("", &from, field, NOW);
        assert_eq!(jars.header("", &to, NOW).as_deref(), wanted, "{field:?}");
    }
}

#[test]
fn cookies_go_to_matching_hosts_and_paths() {
    let (http, https) = ("http://www.example.co.uk/a/b", "https://www.example.co.uk/a/b");
    for (from, field, to, gets) in [
        (http, "n=v", "http://www.example.co.uk/a/", true),
        (http, "n=v", "http://www.example.co.uk/", false),
        (http, "n=v; path=/", "http://www.example.co.uk/", true),
        (http, "n=v; path=b", "http://www.example.co.uk/a", true),
        (http, "n=v; path=/a", "http://www.example.co.uk/ab", false),
        (http, "n=v; path=/", "http://example.co.uk/", false),
        (http, "n=v; path=/", "http://sub.www.example.co.uk/", false),
        (http, "n=v; path=/; Domain=.Example.co.UK", "http://example.co.uk/", true),
        (http, "n=v; path=/; domain=example.co.uk", "https://x.y.example.co.uk:8443/", true),
        (http, "n=v; path=/; domain=example.co.uk", "http://notexample.co.uk/", false),
        (http, "n=v; path=/; domain=co.uk", "http://www.example.co.uk/", false),
        (http, "n=v; path=/; domain=other.co.uk", "http://other.co.uk/", false),
        (http, "n=v; path=/; domain=sub.www.example.co.uk", "http://sub.www.example.co.uk/", false),
        (http, "n=v; path=/; domain=", http, true),
        (http, "n=v; secure", http, false),
        (https, "n=v; SECURE", https, true),
        (https, "n=v; secure", http, false),
        (https, "n=v", http, true),
        ("http://127.0.0.1/", "n=v; domain=127.0.0.1", "http://127.0.0.1/", true),
        ("http://127.0.0.1/", "n=v; domain=0.0.1", "http://127.0.0.1/", false),
        ("http://[::1]/", "n=v", "http://[::1]:81/", true),
        ("http://localhost/", "n=v", "http://localhost/x", true),
        ("http://github.io/", "n=v; domain=github.io", "http://github.io/", true),
        ("http://github.io/", "n=v; domain=github.io", "http://me.github.io/", false),
    ] {
        assert_eq!(sent(from, &[field], to), if gets { "n=v" } else { "" }, "{from} {field} {to}");
    }
}

#[test]
fn cookies_that_are_accepted() {
    let at = "https://a.example/";
    let long = format!("n={}", "v".repeat(4096));
    for (fields, wanted) in [
        (&["a=1", "b=2"][..], "a=1; b=2"),
        (&["a=1", "b=2", "a=3"], "a=3; b=2"),
        (&["a=1; path=/", "b=2; max-age=0"], "a=1"),
        (&["a=1", "a=; max-age=0"], ""),
        (&["a=1", "a=2; expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
        (&["a=1; max-age=9; expires=Thu, 01 Jan 1970 00:00:00 GMT"], "a=1"),
        (&["a=1; max-age=-9"], ""),
        (&["a=1; expires=soon"], "a=1"),
        (&[" a = 1 2 ;x"], "a=1 2"),
        (&["=v"], "v"),
        (&["v"], "v"),
        (&["a=b=c"], "a=b=c"),
        (&["", ";", "="], ""),
        (&["a=\u{1}"], ""),
        (&["a=é"], "a=é"),
        (&[&long], ""),
        (&["__Secure-a=1", "__Host-b=1", "__Host-c=1; secure; path=/"], "__Host-c=1"),
        (&["__secure-a=1; secure", "__host-c=1; secure; path=/; domain=a.example"], "__secure-a=1"),
        (&["=__Host-c=1"], ""),
    ] {
        assert_eq!(sent(at, fields, at), wanted, "{fields:?}");
    }
}

#[test]
fn longer_paths_come_first_and_secure_cookies_are_not_hidden() {
    let fields = ["a=1; path=/", "b=2; path=/x/y", "c=3; path=/x"];
    assert_eq!(sent("https://a.example/", &fields, "https://a.example/x/y/z"), "b=2; c=3; a=1");
    let mut jars = Jars::new(ByteSize(1 << 20));
    assert!(jars.set("", &url("https://a.example/"), b"s=1; secure", NOW));
    assert!(!jars.set("", &url("http://a.example/"), b"s=2", NOW));
    assert_eq!(jars.header("", &url("https://a.example/"), NOW).unwrap(), b"s=1");
}

#[test]
fn set_tells_whether_the_jar_changed() {
    let (mut jars, at) = (Jars::new(ByteSize(1 << 20)), url("http://a.example/"));
    for (field, changes) in
        [("a=1", true), ("a=1", false), ("a=2", true), ("b=; max-age=0", false), ("a=; max-age=0", true)]
    {
        assert_eq!(jars.set("", &at, field.as_bytes(), NOW), changes, "{field}");
    }
}

#[test]
fn jars_are_restored_from_their_rows() {
    let (mut jars, at) = (Jars::new(ByteSize(1 << 20)), url("http://www.a.example/"));
    let mut rows = BTreeMap::new();
    for fields in [&["a=1", "b=2; max-age=10"][..], &["c=3"], &["a=; max-age=0"], &[]] {
        for field in fields {
            jars.set("one", &at, field.as_bytes(), NOW);
        }
        jars.set("", &url("http://b.example/"), b"d=4", NOW);
        rows.extend(jars.changes(NOW));
    }
    assert!(rows.len() == 2 && jars.changes(NOW).is_empty());
    let restored = |now| {
        let mut jars = Jars::new(ByteSize(1 << 20));
        rows.values().flatten().for_each(|row| jars.restore(row, now).unwrap());
        let changes = jars.changes(now).len();
        (jars.header("one", &at, now).unwrap_or_default(), jars.header("", &url("http://b.example/"), now), changes)
    };
    assert_eq!(restored(NOW), (b"b=2; c=3".to_vec(), Some(b"d=4".to_vec()), 0));
    assert_eq!(restored(NOW + Duration::from_secs(10)), (b"c=3".to_vec(), Some(b"d=4".to_vec()), 1));
    jars.set("one", &at, b"c=; max-age=0", NOW);
    assert!(jars.changes(NOW + Duration::from_secs(10)).iter().all(|(_, row)| row.is_none()), "nothing is left");
    jars.change_all();
    assert_eq!(jars.changes(NOW).len(), 2);
}

#[test]
fn jars_are_separate_and_cookies_expire() {
    let (mut jars, at) = (Jars::new(ByteSize(1 << 20)), url("http://a.example/"));
    jars.set("one", &at, b"a=1; max-age=10", NOW);
    assert!(jars.header("two", &at, NOW).is_none() && jars.header("", &at, NOW).is_none());
    assert!(jars.header("one", &at, NOW + Duration::from_secs(9)).is_some());
    assert!(jars.header("one", &at, NOW + Duration::from_secs(10)).is_none());
}

#[test]
fn jars_are_bounded() {
    let mut jars = Jars::new(ByteSize(100_000));
    for host in 0..500 {
        let at = url(&format!("http://h{host}.example/"));
        for cookie in 0..60 {
            jars.set("", &at, format!("c{cookie}=value").as_bytes(), NOW);
        }
        assert!(jars.size <= 100_000 && jars.size == jars.counted());
        let kept = jars.header("", &at, NOW).unwrap();
        assert_eq!(kept.split(|&byte| byte == b';').count(), 50);
        assert!(kept.starts_with(b"c10=value"));
    }
    assert!(jars.header("", &url("http://h0.example/"), NOW).is_none());
}

#[test]
fn a_cookie_file_is_read() {
    let file = "# Netscape HTTP Cookie File\n\n\
        .example.org\tTRUE\t/\tFALSE\t0\twide\t1\r\n\
        #HttpOnly_www.example.org\tFALSE\t/\tTRUE\t1800000000\tsafe\t2\n\
        www.example.org\tFALSE\t/\tFALSE\t1600000000\tover\t3\n\
        nonsense\n";
    let mut jars = Jars::new(ByteSize(1 << 20));
    let mut skipped = Vec::new();
    let count = jars.load(file.into(), NOW, |number, error| skipped.push(format!("{number} {error}")));
    assert_eq!((count, skipped), (3, vec!["6 expected 7 fields with tabs between them, found 1".to_owned()]));
    assert_eq!(jars.header("", &url("http://a.example.org/"), NOW).unwrap(), b"wide=1");
    assert_eq!(jars.header("", &url("https://www.example.org/"), NOW).unwrap(), b"wide=1; safe=2");
}
