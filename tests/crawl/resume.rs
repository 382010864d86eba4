//! What a resumed crawl still knows.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use lycosa::{Crawler, HandlerResult, MemoryExporter, Output, Page, Request};
use serde_json::json;

use crate::{
    harness::config,
    process::{crawl, end_of, log, records, wait_for},
    site::Site,
};

/// Emits the request as its handler sees it.
fn record_request(page: &Page, out: &mut Output) -> HandlerResult {
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
fn a_request_is_unchanged_after_retries_and_a_restart() {
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
        let crawler =
            Crawler::new(config(&lines)).on("odd", record_request).seeds(seeds).exporter("memory", memory.clone());
        let (stopper, is_stopped) = (crawler.stopper(), AtomicBool::new(false));
        let run = crawler.observe(move |snapshot| {
            if snapshot.errors >= errors && !is_stopped.swap(true, Relaxed) {
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
    let expected = json!({
        "meta": {"n": [1, null]},
        "label": "odd",
        "sent": ["POST", "a=b", "mine"],
        "headers": [["content-type", "application/x-www-form-urlencoded"], ["X-Own", "1"]],
        "depth": 3,
    });
    assert_eq!(records.iter().map(|record| record.value().clone()).collect::<Vec<_>>(), [expected]);
}

/// Number of pages. Each takes 20 ms, and four are fetched at a time.
const PAGES: usize = 200;
const SLOW: &str = "/links?n=200&to=/slow%3Fms=20%26page=";

#[test]
fn a_second_process_is_refused() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let start = || crawl(&site, SLOW, folder.path(), &["--state", "state"]);
    let first = start();
    wait_for("the crawl", || (site.page_arrivals().len() > 8).then_some(()));
    let began = Instant::now();
    let code = end_of(start()).code();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let output = log(folder.path());
    assert!(code == Some(5) && output.contains("in use by another process"), "{code:?} {output}");
    assert_eq!((end_of(first).code(), records(folder.path()).len()), (Some(0), PAGES + 1), "{}", log(folder.path()));
}

#[test]
fn an_output_changed_by_others_is_refused() {
    let site = Site::start();
    type Change = fn(&Path);
    let changes: [(&str, Change); 4] = [
        ("rotated", |file| fs::rename(file, file.with_extension("1")).unwrap()),
        ("rotated, and a new one made", |file| {
            fs::rename(file, file.with_extension("1")).unwrap();
            fs::write(file, "").unwrap();
        }),
        ("replaced", |file| fs::write(file, "another's line\n".repeat(10_000)).unwrap()),
        ("shortened", |file| {
            let length = fs::metadata(file).unwrap().len();
            fs::File::options().write(true).open(file).unwrap().set_len(length - 1).unwrap();
        }),
    ];
    for (name, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        let start =
            |more: &[&str]| end_of(crawl(&site, SLOW, folder.path(), &[&["--state", "state"], more].concat())).code();
        assert_eq!(start(&["--set", "limits.pages=20"]), Some(14), "{name}");
        let file = folder.path().join("out.jsonl");
        change(&file);
        let left = fs::read(&file).ok();
        let (code, output) = (start(&[]), log(folder.path()));
        let is_refused = output.contains("start again with another state directory");
        assert!(code == Some(1) && is_refused, "{name}: {code:?} {output}");
        assert_eq!(fs::read(&file).unwrap_or_default(), left.unwrap_or_default(), "{name}");
    }
}

#[test]
fn only_the_owner_can_read_a_state_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let modes = || {
        let (mut modes, mut next) = (Vec::new(), vec![folder.path().join("state")]);
        while let Some(path) = next.pop() {
            modes.push((path.metadata().unwrap().permissions().mode() & 0o777, path.clone()));
            next.extend(fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path()));
        }
        modes
    };
    for _ in 0..2 {
        let crawler = crawl(&site, "/links?n=20&to=/page/", folder.path(), &["--state", "state"]);
        assert_eq!(end_of(crawler).code(), Some(0), "{}", log(folder.path()));
        for (mode, path) in modes() {
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        }
        // As an older version left it.
        for (_, path) in modes() {
            fs::set_permissions(&path, fs::Permissions::from_mode(if path.is_dir() { 0o755 } else { 0o644 })).unwrap();
        }
    }
}
