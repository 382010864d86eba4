//! Which addresses a crawl connects to.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
};

use lycosa::{Failure, HandlerResult, Output, Request};
use serde_json::json;

use crate::{
    harness::{config, crawl, crawl_with},
    site::Site,
};

const GUARDED: &str = "[crawl]\nallow_private = false\n[scope]\nkind = \"any\"";

#[test]
fn links_and_redirects_do_not_reach_this_machine() {
    let (site, hidden) = (Site::start(), Site::start());
    let links = [
        hidden.url("/secret").to_string(),
        site.url(&format!("/to?{}", hidden.url("/redirected"))).to_string(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::ffff:a9fe:a9fe]/".to_owned(),
        "http://2852039166/".to_owned(),
        site.url("/own").to_string(),
    ];
    let page = links.iter().map(|link| format!("<a href='{link}'>x</a>")).collect::<String>();
    let page = percent_encoding::utf8_percent_encode(&page, percent_encoding::NON_ALPHANUMERIC).to_string();
    let seed = site.url(&format!("/html?{page}"));
    let crawled = crawl(config(GUARDED), [seed.clone()]);
    assert_eq!(crawled.urls(), BTreeSet::from([seed.to_string(), site.url("/own").to_string()]));
    assert_eq!(crawled.report.stats.get("rejected/gave_up"), 5, "{}", crawled.report);
    assert_eq!(hidden.visits().len(), 0);
}

#[test]
fn a_seeds_redirect_to_a_refused_address_does_not_widen_the_scope() {
    let (site, hidden) = (Site::start(), Site::on(2));
    let lines = "[crawl]\nallow_private = false\n[scope]\nkind = \"host\"";
    for target in [hidden.url("/secret").to_string(), "http://10.1.2.3/".to_owned(), "http://[fd00::1]:81/x".to_owned()]
    {
        let redirect = site.url(&format!("/to?{target}"));
        let page = format!(
            "<a href='{target}'>x</a><a href='{}more'>y</a>",
            url::Url::parse(&target).unwrap().join("/").unwrap()
        );
        let page = percent_encoding::utf8_percent_encode(&page, percent_encoding::NON_ALPHANUMERIC).to_string();
        let late = site.url(&format!("/html?{page}"));
        let crawled = crawl(config(lines), [redirect, late]);
        assert_eq!(crawled.report.stats.get("rejected/gave_up"), 1, "{}", crawled.report);
        assert_eq!(crawled.report.stats.get("refused/scope"), 2, "{target}: {}", crawled.report);
    }
    assert_eq!(hidden.visits().len(), 0);

    // One that is fetched widens it, for its own links and for later pages.
    let links = format!("<a href='{}'>x</a>", hidden.url("/own"));
    let links = percent_encoding::utf8_percent_encode(&links, percent_encoding::NON_ALPHANUMERIC).to_string();
    let target = hidden.url(&format!("/html?{links}"));
    let crawled = crawl(config(&lines.replace("false", "true")), [site.url(&format!("/to?{target}"))]);
    assert_eq!(crawled.urls(), BTreeSet::from([target.to_string(), hidden.url("/own").to_string()]));
}

#[test]
fn allowed_addresses_are_crawled() {
    let (site, other) = (Site::start(), Site::start());
    let seed = site.url(&format!("/to?{}", other.url("/there")));
    let allowed = GUARDED.replace("false", "[\"127.0.0.0/8\"]");
    assert_eq!(crawl(config(&allowed), [seed.clone()]).urls(), BTreeSet::from([other.url("/there").to_string()]));
    assert_eq!(crawl(config(GUARDED), [seed]).urls(), BTreeSet::new());
}

/// Emits the error of a failed request.
fn fail(failure: &Failure, out: &mut Output) -> HandlerResult {
    out.record(json!({ "error": failure.error().to_string() }));
    Ok(())
}

#[test]
fn no_spelling_of_a_metadata_address_is_reached() {
    let site = Site::start();
    let places = [
        "169.254.169.254",
        "169.254.169.254.",
        "169.254.43518",
        "2852039166",
        "0xA9FEA9FE",
        "0251.0376.0251.0376",
        "0xa9.0376.169.0xfe",
        "%31%36%39.254.169.254",
        "\u{ff11}\u{ff16}\u{ff19}\u{3002}254.169.254",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[::a9fe:a9fe]",
        "[::ffff:0:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:808:808::5601:5601]",
        "[2606:4700::5efe:a9fe:a9fe]",
        "[fd00:ec2::254]",
        "[fe80::a9fe:a9fe]",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
    ];
    let places = places.iter().enumerate();
    let seeds = places.clone().map(|(i, place)| Request::get(site.url(&format!("/to?http://{place}/latest/{i}"))));
    let seeds = Vec::from_iter(seeds);
    let crawled = crawl_with(config(GUARDED), seeds, |crawler| crawler.on_error(fail));
    let errors = crawled.fields("error");
    assert_eq!(errors.len(), places.len());
    assert!(errors.iter().all(|error| error.as_str().unwrap().starts_with("guard: ")), "{errors:?}");
}

/// Starts a name server that answers each question for an address with the next of these, and then always with the last.
/// The time to live is zero.
fn names(addresses: &'static [Ipv4Addr]) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut buffer, mut times) = ([0; 512], 0);
        // The thread runs until the process ends.
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let end = buffer[12..].iter().position(|&byte| byte == 0).unwrap() + 12 + 5;
            let is_v4 = buffer[end - 4..end - 2] == [0, 1];
            let head = [&buffer[..2], &[0x81, 0x80, 0, 1, 0, u8::from(is_v4), 0, 0, 0, 0]].concat();
            let mut answer = [&head, &buffer[12..end]].concat();
            if is_v4 {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
                answer.extend(addresses[times.min(addresses.len() - 1)].octets());
                times += 1;
            }
            assert!(length >= end);
            socket.send_to(&answer, from).unwrap();
        }
    });
    address
}

#[test]
fn dns_rebinding_is_refused() {
    const PUBLIC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
    let site = Site::on(2);
    for private in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(169, 254, 169, 254)] {
        let names = names(Vec::leak(vec![PUBLIC, private]));
        // Each request opens a connection, and so looks up the address.
        let lines = GUARDED
            .replace("false", "[\"127.0.0.2\"]")
            .replace("[scope]", "[politeness]\nrobots = \"ignore\"\nip_concurrency = 0\n[scope]")
            + &format!("\n[fetcher]\nidle = 0\n[dns]\nservers = [\"{names}\"]");
        let url = |path: &str| format!("http://rebound.example:{}{path}", site.port()).parse().unwrap();
        let seeds = [Request::get(url("/first")).priority(1), Request::get(url("/second"))];
        let one_at_a_time = format!("{lines}\n[[host]]\nmatch = \"rebound.example\"\nhost_concurrency = 1");
        let crawled = crawl_with(config(&one_at_a_time), seeds, |crawler| crawler.on_error(fail));
        let errors = crawled.fields("error");
        let refused = errors.iter().filter_map(|error| error.as_str()).collect::<Vec<_>>();
        assert!(
            matches!(refused[..], [error] if error.starts_with(&format!("guard: {private} is refused"))),
            "{errors:?}"
        );
        assert!(site.visits_to("/second").is_empty());
    }
    assert_eq!(site.visits_to("/first").len(), 2);
}
