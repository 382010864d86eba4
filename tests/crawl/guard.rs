//! Which addresses a crawl connects to.

use std::collections::BTreeSet;

use crate::{
    harness::{config, crawl},
    site::Site,
};

const GUARDED: &str = "[crawl]\nallow_private = false\n[scope]\nkind = \"any\"";

#[test]
fn neither_a_link_nor_a_redirect_leads_to_this_machine() {
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
fn what_is_allowed_is_crawled() {
    let (site, other) = (Site::start(), Site::start());
    let seed = site.url(&format!("/to?{}", other.url("/there")));
    let allowed = GUARDED.replace("false", "[\"127.0.0.0/8\"]");
    assert_eq!(crawl(config(&allowed), [seed.clone()]).urls(), BTreeSet::from([other.url("/there").to_string()]));
    assert_eq!(crawl(config(GUARDED), [seed]).urls(), BTreeSet::new());
}
