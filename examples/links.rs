//! Finds the broken links of a site. Run it with `cargo run --example links`, or add the URL of your site, and how the
//! operators of the linked sites can reach you: `cargo run --example links -- https://example.org/ me@example.org`.
//!
//! Links to other sites are checked too. Each broken URL is a line of JSON with the first page that links to it, and the
//! status or error. The exit code is 1 if there are any.

use std::{
    collections::BTreeMap,
    error::Error,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lycosa::{AllowPrivate, Config, Crawler, Failure, HandlerResult, MemoryExporter, Output, Page, Request};
use serde_json::json;

#[path = "../src/cli/demo/site.rs"]
#[allow(dead_code, reason = "each example uses a part of it")]
mod site;

use site::{Child, Reply};

/// All links, each with the first page that has it until it is checked.
#[derive(Clone, Default)]
struct Links(Arc<Mutex<BTreeMap<String, Option<String>>>>);

impl Links {
    fn found(&self, to: &str, from: &str) {
        self.lock().entry(to.to_owned()).or_insert_with(|| Some(from.to_owned()));
    }

    fn checked(&self, to: &str) {
        self.lock().insert(to.to_owned(), None);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[actix_rt::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut config = Config::default();
    match arguments.next().as_deref() {
        Some("site") => site::serve(1, answer).await.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        Some(url) => {
            config.crawl.contact = arguments.next().unwrap_or_default();
            check(url, config).await
        }
        None => {
            let site = Child::spawn(&["site"])?;
            config.crawl.allow_private = AllowPrivate::All;
            config.politeness.delay = Duration::ZERO;
            config.retry.times = 0;
            check(site.url(), config).await
        }
    }
}

async fn check(url: &str, mut config: Config) -> Result<ExitCode, Box<dyn Error>> {
    config.crawl.seeds = vec![url.to_owned()];
    // Pages of other sites are fetched, but their links are not followed.
    config.scope.extra_hops = 1;
    // Responses with any status reach the handler.
    config.parser.statuses = vec!["100-599".to_owned()];
    let (broken, links) = (MemoryExporter::default(), Links::default());
    let (of_pages, of_failures) = (links.clone(), links.clone());
    let crawler = Crawler::new(config)
        .stop_on_signals()
        .otherwise(move |page: &Page, out: &mut Output| visit(page, out, &of_pages))
        .on_error(move |failure: &Failure, out: &mut Output| unreachable(failure, out, &of_failures))
        .exporter("broken", broken.clone());
    let report = crawler.run().await?;
    let broken = broken.records();
    for record in &broken {
        println!("{}", String::from_utf8_lossy(record.json()));
    }
    // URLs of these hosts are left, for example because their robots.txt is unreachable.
    for parked in &report.parked {
        for (to, from) in links.lock().iter().filter(|(to, from)| from.is_some() && to.starts_with(&parked.host)) {
            println!("{}", json!({ "from": from, "to": to, "error": format!("host is parked: {}", parked.reason) }));
        }
    }
    eprintln!("{report}");
    Ok(if broken.is_empty() && report.parked.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Handles responses.
fn visit(page: &Page, out: &mut Output, links: &Links) -> HandlerResult {
    links.checked(page.request().origin().as_str());
    if page.status() >= 400 {
        let from = page.meta().get("from").cloned();
        out.record(json!({ "from": from, "to": page.request().origin(), "status": page.status() }));
        return Ok(());
    }
    for url in page.links().filter_map(|link| link.url()) {
        links.found(url.as_str(), page.url().as_str());
        // The data in `meta` is sent along to the handler of the page.
        out.request(Request::get(url).meta(&json!({ "from": page.url() })));
    }
    Ok(())
}

/// Handles requests whose last attempt failed.
fn unreachable(failure: &Failure, out: &mut Output, links: &Links) -> HandlerResult {
    let request = failure.request();
    links.checked(request.origin().as_str());
    let from = request.meta_value().get("from").cloned();
    out.record(json!({ "from": from, "to": request.origin(), "error": failure.error().to_string() }));
    Ok(())
}

/// Serves a site with four broken links. Nothing listens on port 8; port 9 is refused, as in browsers.
fn answer(path: &str) -> Reply {
    match path {
        "/robots.txt" => Reply::text("User-agent: *\nAllow: /\n"),
        "/" => Reply::html("<a href=/about>About</a> <a href=/lost>Lost</a> <a href=/moved>Moved</a>"),
        "/about" => Reply::html(
            "<a href=/>Home</a> <a href=/gone?page=2>Gone</a> <a href=http://127.0.0.1:9/>Refused</a> \
             <a href=http://127.0.0.1:8/dead>Dead</a>",
        ),
        "/moved" => Reply::redirect("/about"),
        _ => Reply::not_found(),
    }
}
