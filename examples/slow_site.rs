//! Fetches many slow pages concurrently. Run it with `cargo run --release --example slow_site -- 10000`; without a number it
//! fetches 100 pages.
//!
//! This is the example of many tutorials on coroutines: each page takes 2 seconds, all are fetched at once, and each is
//! parsed in its callback as soon as it arrives. The callback only counts, so there are no records. The site is a separate process; from 1,000 pages on it has 100 addresses.

use std::{
    error::Error,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use lycosa::{Config, Crawler, IpConcurrency, Output, Page, Request};

#[path = "../src/cli/demo/site.rs"]
#[allow(dead_code, reason = "each example uses a part of it")]
mod site;

use site::{Child, Reply};

/// Response time of each page.
const DELAY: Duration = Duration::from_secs(2);

#[actix_rt::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("site") => {
            let hosts = arguments.next().ok_or("the number of hosts is missing")?.parse()?;
            Ok(site::serve(hosts, answer).await?)
        }
        Some(count) => crawl(count.parse()?).await,
        None => crawl(100).await,
    }
}

async fn crawl(count: usize) -> Result<(), Box<dyn Error>> {
    let hosts = u8::try_from((count / 10).clamp(1, 100))?;
    let site = Child::spawn(&["site", &hosts.to_string()])?;
    let port = url::Url::parse(site.url())?.port().ok_or("the site has no port")?;
    let requests = requests(count, hosts, port)?;
    let mut config = Config::default();
    // The site is our own: no delay, and everything at once.
    config.politeness.delay = Duration::ZERO;
    config.politeness.host_concurrency = count.max(1);
    config.politeness.ip_concurrency = IpConcurrency::Limit(0);
    config.fetcher.concurrency = count.max(1);

    let parsed = Arc::new(AtomicUsize::new(0));
    let counter = parsed.clone();
    let callback = move |page: &Page, _: &mut Output| {
        if page.title().is_some_and(|title| title.starts_with("Page ")) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    #[expect(clippy::disallowed_methods, reason = "the stopwatch of an example")]
    let start = Instant::now();
    let report =
        Crawler::new(config).stop_on_signals().discard_records().seeds(requests).otherwise(callback).run().await?;
    let took = start.elapsed();

    let alone = DELAY.as_secs_f64() * count as f64;
    println!("{report}");
    println!("parsed {} of {count} pages in {:.2} s", parsed.load(Ordering::Relaxed), took.as_secs_f64());
    println!("one after another: {alone:.0} s, {:.0} times as long", alone / took.as_secs_f64());
    println!("peak memory: {}", peak_memory().unwrap_or_else(|| "unknown".to_owned()));
    Ok(())
}

/// Returns all requests, spread over the hosts.
fn requests(count: usize, hosts: u8, port: u16) -> Result<Vec<Request>, Box<dyn Error>> {
    let addresses = (1..=hosts).map(|host| Ipv4Addr::new(127, 0, 0, host)).cycle().zip(1..=count);
    addresses.map(|(host, page)| Ok(Request::get(format!("http://{host}:{port}/{page}").parse()?))).collect()
}

/// Returns the peak memory of this process on Linux.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|size| size.trim().to_owned())
}

/// Serves slow pages, and robots.txt without delay.
fn answer(path: &str) -> Reply {
    match path {
        "/robots.txt" => Reply::text("User-agent: *\nAllow: /\n"),
        _ => Reply::html(format!("<title>Page {}</title>\n<p>At last.\n", path.trim_start_matches('/'))).after(DELAY),
    }
}
