//! What a crawl that goes on still knows.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use lycosa::{Crawler, HandlerResult, MemoryExporter, Output, Page, Request};
use serde_json::json;

use crate::{harness::config, site::Site};

/// The request as its handler finds it.
fn odd(page: &Page, out: &mut Output) -> HandlerResult {
    let request = page.request();
    out.record(json!({
        "meta": request.meta_value(),
        "label": request.label_name().map(ToString::to_string),
        "sent": [request.method().as_str(), &String::from_utf8_lossy(request.body()), request.jar_name()],
        "headers": request.headers(),
        "depth": request.depth_value(),
    }));
    Ok(())
}

#[test]
fn a_request_is_itself_after_retries_and_a_restart() {
    let (site, folder, memory) = (Site::start(), tempfile::tempdir().unwrap(), MemoryExporter::default());
    let lines = format!(
        "[retry]\ntimes = 20\nbase = \"50ms\"\nmax = \"200ms\"\n[store]\npath = {:?}",
        folder.path().join("state")
    );
    let request = Request::post(site.url("/flaky?fails=8"))
        .form([("a", "b")])
        .header("X-Own", "1")
        .idempotent()
        .label("odd")
        .meta(&json!({"n": [1, null]}))
        .jar("mine")
        .depth(3);
    let crawl_until = |errors: u64| {
        let seeds = [request.clone()];
        let crawler = Crawler::new(config(&lines)).on("odd", odd).seeds(seeds).exporter("memory", memory.clone());
        let (stopper, is_told) = (crawler.stopper(), AtomicBool::new(false));
        let run = crawler.observe(move |snapshot| {
            if snapshot.errors >= errors && !is_told.swap(true, Relaxed) {
                stopper.stop();
            }
        });
        actix_rt::System::new().block_on(run.run()).unwrap();
    };
    crawl_until(2);
    let first = site.visits_to("/flaky").len();
    crawl_until(u64::MAX);
    let visits = site.visits_to("/flaky");
    assert!(first >= 2 && first < visits.len(), "{first} of {}", visits.len());
    assert_eq!(visits.len(), 9);
    let records = memory.records();
    let wanted = json!({
        "meta": {"n": [1, null]},
        "label": "odd",
        "sent": ["POST", "a=b", "mine"],
        "headers": [["content-type", "application/x-www-form-urlencoded"], ["X-Own", "1"]],
        "depth": 3,
    });
    assert_eq!(records.iter().map(|record| record.value().clone()).collect::<Vec<_>>(), [wanted]);
}
