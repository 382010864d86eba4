//! Runs a crawl in this process, and holds it to what every crawl must keep.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use lycosa::{Balance, Config, Crawler, MemoryExporter, Record, Report, Request};

/// Longer than any crawl here takes: one that has not ended by then hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What differs from the defaults in all crawls here: as fast as it goes, and telling all the time.
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
    /// Its books, every 20 ms.
    pub(crate) balances: Vec<Balance>,
}

/// The configuration of these TOML lines.
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

/// Crawls from these seeds with what `equip` adds to the crawler.
pub(crate) fn crawl_with(
    config: Config,
    seeds: impl IntoIterator<Item = Request>,
    equip: impl FnOnce(Crawler) -> Crawler,
) -> Crawled {
    let memory = MemoryExporter::default();
    let balances = Arc::new(Mutex::new(Vec::new()));
    let told = balances.clone();
    let crawler = Crawler::new(config)
        .seeds(seeds.into_iter().collect::<Vec<_>>())
        .exporter("memory", memory.clone())
        .observe(move |snapshot| told.lock().unwrap().push(snapshot.balance));
    let run = equip(crawler).run();
    let ended = actix_rt::System::new().block_on(async { actix_rt::time::timeout(PATIENCE, run).await });

    let report = ended.expect("the crawl ends").unwrap();
    let balances = std::mem::take(&mut *balances.lock().unwrap());
    let crawled = Crawled { report, records: memory.records(), balances };
    crawled.check();
    crawled
}

impl Crawled {
    /// Nothing is lost and nothing comes twice, at any moment.
    fn check(&self) {
        for balance in self.balances.iter().chain([&self.report.balance]) {
            assert_eq!(balance.check(), Ok(()));
        }
        let end = self.report.balance;
        assert_eq!((end.asked, end.leased), (0, 0), "something is still under way: {end}");
        let ids: BTreeSet<_> = self.records.iter().map(Record::id).collect();
        assert_eq!(ids.len(), self.records.len(), "a record came twice");
    }

    /// The URLs of the pages that gave records.
    pub(crate) fn urls(&self) -> BTreeSet<String> {
        self.records.iter().map(|record| record.url().to_owned()).collect()
    }

    /// A field of every record, sorted.
    pub(crate) fn fields(&self, name: &str) -> Vec<serde_json::Value> {
        let mut fields: Vec<_> = self.records.iter().map(|record| record.value()[name].clone()).collect();
        fields.sort_by_key(ToString::to_string);
        fields
    }
}

/// The URLs of all pages of a tree (`/tree/WIDTH/DEPTH`) whose root is this.
pub(crate) fn tree(root: url::Url, width: usize, depth: usize) -> BTreeSet<String> {
    let mut level = vec![root.to_string()];
    let mut all = BTreeSet::from_iter(level.clone());
    for _ in 0..depth {
        level = level.iter().flat_map(|page| (0..width).map(move |branch| format!("{page}/{branch}"))).collect();
        all.extend(level.clone());
    }
    all
}
