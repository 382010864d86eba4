//! Links of pages: canonical, in scope, once each, within the limits.

use super::*;
use crate::frontier::scope::{self, ScopeKind};

fn filter(config: scope::Config, max_links: usize) -> LinkFilter {
    let mut scope = Scope::new(config).unwrap();
    scope.add_seed(&"http://a.example/".parse().unwrap());
    LinkFilter::with_scope(Arc::new(scope), 3, 0, &Config { max_links, ..Config::default() })
}

fn page(html: &str) -> Page {
    Page::for_test("http://a.example/d/p".parse().unwrap(), "text/html", html.to_owned())
}

fn outlinks(findings: &PageFindings) -> Vec<&str> {
    findings.outlinks.iter().map(|outlink| outlink.request.url().as_str()).collect()
}

#[test]
fn links_pass_once_in_scope_and_canonical() {
    let mut filter = filter(scope::Config::default(), 100);
    filter.offer_links(
        &page(
            "<a href=x#1><a href=' x '><a href=/d/%78><a href=//b.example/><a href=mailto:q@a.example><a href=JAVASCRIPT:x>\
         <a href='java\nscript:1'><a href=http://[bad><a href='//a.example:80/y?#'><area href='http:z'><a href='1a:b'>",
        ),
        &RobotsDirectivePolicy::default(),
    );
    let findings = filter.into_findings();
    let expected = ["http://a.example/d/x", "http://a.example/y?", "http://a.example/d/z", "http://a.example/d/1a:b"];
    assert_eq!(outlinks(&findings), expected);
    assert_eq!(findings.repeats, 2);
    let refused: Vec<_> = findings.refused.iter().collect();
    assert_eq!(refused, [(Refusal::Scheme, 3), (Refusal::Scope, 1), (Refusal::NoUrl, 1)]);
    let first = &findings.outlinks[0];
    assert_eq!((first.key, first.request.depth_value()), (UrlKey::from_request(&first.request), 3));
}

#[test]
fn links_above_the_limits_are_counted() {
    let mut small = filter(scope::Config { kind: ScopeKind::Any, ..scope::Config::default() }, 2);
    small.offer_links(&page("<a href=1><a href=2><a href=3><a href=4>"), &RobotsDirectivePolicy::default());
    small.offer(Request::get("http://b.example/".parse().unwrap()));
    small.offer(Request::post("http://b.example/".parse().unwrap()).raw_body(vec![0; MAX_REQUEST_BODY + 1]));
    let findings = small.into_findings();
    assert_eq!(findings.outlinks.len(), 2);
    assert_eq!(findings.refused.iter().collect::<Vec<_>>(), [(Refusal::MaxLinks, 3), (Refusal::Body, 1)]);
}

#[test]
fn cached_host_keys_are_right() {
    let mut filter = filter(scope::Config { kind: ScopeKind::Any, ..scope::Config::default() }, 1000);
    for round in 0..3 {
        for host in ["a.example", "b.example:81", "c.example", "d.co.uk", "[::1]", "10.0.0.1"] {
            filter.offer(Request::get(format!("http://{host}/{round}").parse().unwrap()));
        }
    }
    let findings = filter.into_findings();
    assert_eq!(findings.outlinks.len(), 18);
    assert!(findings.outlinks.iter().all(|outlink| outlink.key == UrlKey::from_request(&outlink.request)));
}

#[test]
fn frames_are_followed_like_links() {
    let html = "<a href=1><frameset><frame src=/menu#top><frame src=about:blank><frame></frameset><iframe src=//b.example/>\
                </iframe><iframe src='javascript:x'></iframe><iframe src='data:text/html,x'></iframe><iframe src=1></iframe>\
                <iframe src=/doc srcdoc='<a href=no>'></iframe><iframe src></iframe><iframe SRC='in&amp;2'></iframe>";
    for (frames, expected, refused) in [
        (AtFrame::Follow, &["/d/1", "/menu", "/d/in&2"][..], &[(Refusal::Scheme, 3), (Refusal::Scope, 1)][..]),
        (AtFrame::Ignore, &["/d/1"], &[]),
    ] {
        let mut filter = filter(scope::Config::default(), 100);
        filter.frames = frames;
        filter.offer_links(&page(html), &RobotsDirectivePolicy::default());
        let findings = filter.into_findings();
        let paths: Vec<_> = findings.outlinks.iter().map(|outlink| outlink.request.url().path()).collect();
        assert_eq!((&paths[..], &findings.refused.iter().collect::<Vec<_>>()[..]), (expected, refused), "{frames:?}");
    }
}
