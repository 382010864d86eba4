//! Runs crawls in this process, and checks the invariants of every crawl.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use lycosa::{Balance, Config, Crawler, HandlerResult, MemoryExporter, Output, Page, Record, Report, Request};

/// Time limit. It is longer than any crawl here, so a crawl that exceeds it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings of all crawls here that differ from the defaults: no delays, and frequent statistics.
const BASE: &str = r#"
[crawl]
# The links between the hosts of a site, which all are addresses on loopback.
allow_private = true
contact = "https://lycosa.example/bot"
[politeness]
delay = "0s"
jitter = 0.0
host_concurrency = 16
adaptive = false
[retry]
base = "20ms"
[store]
durability = "os"
[log]
stats_interval = "20ms"
"#;

/// A crawl that has ended.
#[derive(Debug)]
pub(crate) struct Crawled {
    pub(crate) report: Report,
    pub(crate) records: Vec<Record>,
    /// URL counters, every 20 ms.
    pub(crate) balances: Vec<Balance>,
}

/// Returns the configuration with these lines of TOML.
pub(crate) fn config(toml: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let files = [("base.toml", BASE), ("own.toml", toml)].map(|(name, text)| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    });
    Config::load(files).unwrap()
}

/// Crawls from these seeds with the default handler.
pub(crate) fn crawl(config: Config, seeds: impl IntoIterator<Item = url::Url>) -> Crawled {
    crawl_with(config, seeds.into_iter().map(Request::get), |crawler| crawler)
}

/// Crawls from these seeds. `equip` adds handlers and other parts to the crawler.
pub(crate) fn crawl_with(
    config: Config,
    seeds: impl IntoIterator<Item = Request>,
    equip: impl FnOnce(Crawler) -> Crawler,
) -> Crawled {
    let memory = MemoryExporter::default();
    let balances = Arc::new(Mutex::new(Vec::new()));
    let recorded = balances.clone();
    let crawler = Crawler::new(config)
        .seeds(seeds.into_iter().collect::<Vec<_>>())
        .exporter("memory", memory.clone())
        .observe(move |snapshot| recorded.lock().unwrap().push(snapshot.balance));
    let run = equip(crawler).run();
    let ended = actix_rt::System::new().block_on(async { actix_rt::time::timeout(PATIENCE, run).await });

    let report = ended.expect("the crawl ends").unwrap();
    let balances = std::mem::take(&mut *balances.lock().unwrap());
    let crawled = Crawled { report, records: memory.records(), balances };
    crawled.check();
    crawled
}

impl Crawled {
    /// Checks that nothing was lost or came twice, at any time.
    fn check(&self) {
        for balance in self.balances.iter().chain([&self.report.balance]) {
            assert_eq!(balance.check(), Ok(()));
        }
        let end = self.report.balance;
        assert_eq!((end.asked, end.leased), (0, 0), "a URL is still in flight: {end}");
        let ids: BTreeSet<_> = self.records.iter().map(Record::id).collect();
        assert_eq!(ids.len(), self.records.len(), "a record came twice");
    }

    /// Returns the URLs of the pages with records.
    pub(crate) fn urls(&self) -> BTreeSet<String> {
        self.records.iter().map(|record| record.url().to_owned()).collect()
    }

    /// Returns a field of every record, sorted.
    pub(crate) fn fields(&self, name: &str) -> Vec<serde_json::Value> {
        let mut fields: Vec<_> = self.records.iter().map(|record| record.value()[name].clone()).collect();
        fields.sort_by_key(ToString::to_string);
        fields
    }
}

/// Returns the URLs of all pages of a tree, given its root `/tree/WIDTH/DEPTH`.
pub(crate) fn tree(root: url::Url, width: usize, depth: usize) -> BTreeSet<String> {
    let mut level = vec![root.to_string()];
    let mut all = BTreeSet::from_iter(level.clone());
    for _ in 0..depth {
        level = level.iter().flat_map(|page| (0..width).map(move |branch| format!("{page}/{branch}"))).collect();
        all.extend(level.clone());
    }
    all
}

/// Handler that records the JSON of a page, such as the request that `/echo` returns.
pub(crate) fn echo(page: &Page, out: &mut Output) -> HandlerResult {
    out.record(page.json::<serde_json::Value>()?);
    Ok(())
}
