//! Finds the broken links of a site. Run it with `cargo run --example links`, or add the URL of your site.
//!
//! Links to other sites are checked too. Each broken link is a record with its page, its target, and the status or error.
//! The exit code is 1 if there are any.

use std::{error::Error, process::ExitCode, time::Duration};

use lycosa::{Config, Crawler, Failure, HandlerResult, MemoryExporter, Output, Page, Request};
use serde_json::json;

#[path = "../src/cli/demo/site.rs"]
#[allow(dead_code, reason = "each example uses a part of it")]
mod site;

use site::{Child, Reply};

#[actix_rt::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("site") => site::serve(1, answer).await.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        Some(url) => check(url, Config::default()).await,
        None => {
            let site = Child::spawn(&["site"])?;
            let mut config = Config::default();
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
    let broken = MemoryExporter::default();
    let crawler = Crawler::new(config).otherwise(visit).on_error(unreachable).exporter("broken", broken.clone());
    let report = crawler.run().await?;
    let broken = broken.records();
    for record in &broken {
        println!("{}", String::from_utf8_lossy(record.json()));
    }
    // The robots.txt of these hosts is unreachable, so none of their URLs was fetched.
    for host in &report.parked {
        println!("{}", json!({ "host": host.host, "links": host.urls, "error": "host is unreachable" }));
    }
    eprintln!("{report}");
    Ok(if broken.is_empty() && report.parked.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Handles responses.
fn visit(page: &Page, out: &mut Output) -> HandlerResult {
    if page.status() >= 400 {
        let from = page.meta().get("from").cloned();
        out.record(json!({ "from": from, "to": page.request().origin(), "status": page.status() }));
        return Ok(());
    }
    for url in page.links().filter_map(|link| link.url()) {
        // The data in `meta` is sent along to the handler of the page.
        out.request(Request::get(url).meta(&json!({ "from": page.url() })));
    }
    Ok(())
}

/// Handles requests whose last attempt failed.
fn unreachable(failure: &Failure, out: &mut Output) -> HandlerResult {
    let request = failure.request();
    let from = request.meta_value().get("from").cloned();
    out.record(json!({ "from": from, "to": request.origin(), "error": failure.error().to_string() }));
    Ok(())
}

/// Serves a site with three broken links.
fn answer(path: &str) -> Reply {
    match path {
        "/robots.txt" => Reply::text("User-agent: *\nAllow: /\n"),
        "/" => Reply::html("<a href=/about>About</a> <a href=/lost>Lost</a> <a href=/moved>Moved</a>"),
        "/about" => {
            Reply::html("<a href=/>Home</a> <a href=/gone?page=2>Gone</a> <a href=http://127.0.0.1:9/>Dead</a>")
        }
        "/moved" => Reply::redirect("/about"),
        _ => Reply::not_found(),
    }
}
