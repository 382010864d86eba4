//! Run it with `cargo run --example links`, or with the URL of a site of yours.
//!
//! Finds the broken links of a site, those that lead out of it too, and exits with 1 if there are any. Each is a record:
//! where it stands, where it leads, and the status or the error that came of it.

use std::{error::Error, process::ExitCode, time::Duration};

use lycosa::{Config, Crawler, Failure, HandlerResult, MemoryExporter, Output, Page, Request};
use serde_json::json;

#[path = "../src/cli/demo/site.rs"]
#[allow(dead_code, reason = "each example uses its part")]
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
    // A link that leads out of the site is asked for too; those found behind it are not.
    config.scope.extra_hops = 1;
    // Every answer is a page for the handler, whatever its status.
    config.parser.statuses = vec!["100-599".to_owned()];
    let broken = MemoryExporter::default();
    let crawler = Crawler::new(config).otherwise(visit).on_error(unreachable).exporter("broken", broken.clone());
    let report = crawler.run().await?;
    let broken = broken.records();
    for record in &broken {
        println!("{}", String::from_utf8_lossy(record.json()));
    }
    // Not even the robots.txt of these hosts could be had, so none of their links was asked for.
    for host in &report.parked {
        println!("{}", json!({ "host": host.host, "links": host.urls, "error": "cannot be asked" }));
    }
    eprintln!("{report}");
    Ok(if broken.is_empty() && report.parked.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The callback: an answer came.
fn visit(page: &Page, out: &mut Output) -> HandlerResult {
    if page.status() >= 400 {
        let from = page.meta().get("from").cloned();
        out.record(json!({ "from": from, "to": page.request().origin(), "status": page.status() }));
        return Ok(());
    }
    for url in page.links().filter_map(|link| link.url()) {
        // What is known here and wanted there travels with the request.
        out.request(Request::get(url).meta(&json!({ "from": page.url() })));
    }
    Ok(())
}

/// The errback: none came, and no attempt is left.
fn unreachable(failure: &Failure, out: &mut Output) -> HandlerResult {
    let request = failure.request();
    let from = request.meta_value().get("from").cloned();
    out.record(json!({ "from": from, "to": request.origin(), "error": failure.error().to_string() }));
    Ok(())
}

/// The site: three links that are broken, and some that are not.
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
