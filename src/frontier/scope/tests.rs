//! The scope: kinds, reasons, and spellings of URLs and patterns.

use super::*;

fn scope(kind: ScopeKind, config: Config) -> Scope {
    let mut scope = Scope::new(Config { kind, ..config }).unwrap();
    scope.add_seed(&"http://www.example.co.uk/a/b?x".parse().unwrap());
    scope
}

fn admits(scope: &Scope, url: &str) -> Result<u8, Refusal> {
    scope.admits(&url.parse().unwrap(), 1, 0)
}

#[test]
fn kinds() {
    use ScopeKind::{Any, Domain, Host, Page, Prefix};
    for (kind, url, inside) in [
        (Page, "http://www.example.co.uk/a/b?x", false),
        (Prefix, "https://www.example.co.uk/a/c", true),
        (Prefix, "http://www.example.co.uk/b", false),
        (Host, "https://example.co.uk/", true),
        (Host, "http://shop.example.co.uk/", false),
        (Domain, "http://shop.example.co.uk/", true),
        (Domain, "http://other.co.uk/", false),
        (Any, "http://other.example/", true),
        (Prefix, "https://www.example.co.uk/%61/%7Ec", true),
        (Prefix, "http://www.example.co.uk.:80/./a/c", true),
        (Prefix, "http://www.example.co.uk/a%2Fc", false),
        (Host, "https://example.co.uk./", true),
        (Domain, "http://shop.example.co.uk./", true),
    ] {
        assert_eq!(admits(&scope(kind, Config::default()), url).is_ok(), inside, "{kind:?} {url}");
    }
}

#[test]
fn reasons() {
    let rules = Config {
        include: vec!["*/a/*".into(), "re:[?&]p=\\d+$".into()],
        exclude: vec!["*.pdf".into()],
        exclude_extensions: vec!["zip".into()],
        depth: 1,
        max_url: 60,
        ..Config::default()
    };
    let scope = scope(ScopeKind::Host, rules);
    assert_eq!(admits(&scope, "ftp://example.co.uk/a/"), Err(Refusal::Scheme));
    assert_eq!(admits(&scope, "http://example.co.uk/a/x.pdf"), Err(Refusal::Exclude));
    assert_eq!(admits(&scope, "http://example.co.uk/b"), Err(Refusal::Include));
    assert_eq!(admits(&scope, "http://example.co.uk/a/x.ZIP?x.y"), Err(Refusal::Extension));
    assert_eq!(admits(&scope, "http://example.co.uk/b?p=12"), Ok(0));
    assert_eq!(admits(&scope, "http://other.example/a/b"), Err(Refusal::Scope));
    assert_eq!(admits(&scope, &format!("http://example.co.uk/a/{}", "x".repeat(60))), Err(Refusal::Length));
    assert_eq!(scope.admits(&"http://example.co.uk/a/".parse().unwrap(), 2, 0), Err(Refusal::Depth));
}

#[test]
fn extra_hops_are_counted() {
    let scope = scope(ScopeKind::Host, Config { extra_hops: 1, ..Config::default() });
    assert_eq!(admits(&scope, "http://other.example/"), Ok(1));
    assert_eq!(scope.admits(&"http://third.example/".parse().unwrap(), 2, 1), Err(Refusal::Scope));
}

#[test]
fn errors_name_invalid_patterns() {
    let config = Config { include: vec!["[".into()], exclude: vec!["re:(".into()], ..Config::default() };
    let keys: Vec<_> = Scope::new(config).unwrap_err().into_iter().map(|error| error.key).collect();
    assert_eq!(keys, ["scope.include[0]", "scope.exclude[0]"]);
}

#[test]
fn patterns_and_urls_are_compared_in_canonical_form() {
    let rules = |exclude: &[&str]| Config {
        exclude: exclude.iter().map(|text| (*text).to_owned()).collect(),
        exclude_extensions: vec![".zip".into()],
        ..Config::default()
    };
    let scope = scope(ScopeKind::Any, rules(&["*/~bob/*", "*/café/*", "re:/re~x/"]));
    for (path, refusal) in [
        ("/%7Ebob/x", Refusal::Exclude),
        ("/%7ebo%62/x", Refusal::Exclude),
        ("/caf%c3%A9/x", Refusal::Exclude),
        ("/re%7Ex/", Refusal::Exclude),
        ("/x.%7aIP?y", Refusal::Extension),
        ("/%61/a/%61/a/", Refusal::Trap(traps::Trap::Repeats)),
    ] {
        assert_eq!(admits(&scope, &format!("http://b.example{path}")), Err(refusal), "{path}");
    }
    assert_eq!(admits(&scope, "http://b.example/cafe/%2Fbob/"), Ok(0));
    assert_eq!(
        matching(&["re:zz".into(), "*/~b".into()], &"http://b.example/%7Eb".parse().unwrap()),
        Some((1, "*/~b"))
    );
}
