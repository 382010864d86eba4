//! An exporter that counts the words of all pages. Run it with `cargo run --example exporter`.
//!
//! Each flush writes the table to a new file. The number of the file is the position, to which the exporter returns after
//! a crash.

use std::{
    collections::BTreeMap,
    error::Error,
    fs::File,
    io::{BufReader, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lycosa::{Config, Crawler, Durability, ExportError, Exporter, HandlerResult, Output, Page, Position, Record};
use serde_json::json;

#[path = "../src/cli/demo/site.rs"]
#[allow(dead_code, reason = "each example uses a part of it")]
mod site;

use site::{Child, Reply};

#[actix_rt::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("site") {
        return Ok(site::serve(1, answer).await?);
    }
    let site = Child::spawn(&["site"])?;
    let mut config = Config::default();
    config.crawl.seeds = vec![site.url().to_owned()];
    config.politeness.delay = Duration::ZERO;
    let directory = std::env::temp_dir().join(format!("lycosa-words-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let exporter = Words::new(&directory);
    let table = exporter.table.clone();
    let report = Crawler::new(config).otherwise(visit).exporter("words", exporter).run().await?;
    for (word, count) in table.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("{count:6} {word}");
    }
    eprintln!("{report}\nthe tables are in {}", directory.display());
    Ok(())
}

fn visit(page: &Page, out: &mut Output) -> HandlerResult {
    out.record(json!({ "text": page.text("p") }));
    for link in page.links() {
        out.follow(link.url());
    }
    Ok(())
}

type Table = BTreeMap<String, u64>;

/// Counts words.
struct Words {
    /// Shared with `main`, which prints it.
    table: Arc<Mutex<Table>>,
    directory: PathBuf,
    /// Number of the last file written.
    version: u64,
}

impl Words {
    fn new(directory: &Path) -> Self {
        Self { table: Arc::default(), directory: directory.to_owned(), version: 0 }
    }

    fn path(&self, version: u64) -> PathBuf {
        self.directory.join(format!("words.{version}.json"))
    }

    fn replace(&self, table: Table) {
        *self.table.lock().unwrap_or_else(PoisonError::into_inner) = table;
    }
}

impl Exporter for Words {
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            let value = record.value();
            let text = value.get("text").and_then(|text| text.as_str()).unwrap_or_default();
            for word in text.split_whitespace() {
                *table.entry(word.to_lowercase()).or_default() += 1;
            }
        }
        Ok(())
    }

    fn flush(&mut self, durability: Durability) -> Result<Position, ExportError> {
        let json = serde_json::to_vec(&*self.table.lock().unwrap_or_else(PoisonError::into_inner))?;
        let mut file = File::create(self.path(self.version + 1))?;
        file.write_all(&json)?;
        if durability == Durability::Fsync {
            file.sync_all()?;
            File::open(&self.directory)?.sync_all()?;
        }
        self.version += 1;
        // The file before may still be the committed one. Older files are not needed.
        if let Some(old) = self.version.checked_sub(2) {
            std::fs::remove_file(self.path(old)).ok();
        }
        Ok(Position(self.version.to_be_bytes().to_vec().into()))
    }

    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
        let Some(position) = position else {
            self.replace(Table::new());
            return Ok(());
        };
        self.version = u64::from_be_bytes(position.0.as_ref().try_into()?);
        self.replace(serde_json::from_reader(BufReader::new(File::open(self.path(self.version))?))?);
        Ok(())
    }
}

/// Serves three pages with few words.
fn answer(path: &str) -> Reply {
    match path {
        "/robots.txt" => Reply::text("User-agent: *\nAllow: /\n"),
        "/" => Reply::html("<p>a spider without a web</p> <a href=/hunt>more</a> <a href=/web>more</a>"),
        "/hunt" => Reply::html("<p>the spider hunts</p> <a href=/>back</a>"),
        "/web" => Reply::html("<p>the web is without a spider</p> <a href=/>back</a>"),
        _ => Reply::not_found(),
    }
}
