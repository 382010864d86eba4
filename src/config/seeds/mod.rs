//! The seeds of a configuration.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | all seeds, read one at a time |
//! | `files` | the files of `crawl.seed_files` |
//! | `list` | the seeds of one file |
//! | `line` | a seed written as a line |
//! | `request` | a `[[crawl.request]]` table |
//! | `pairs` | tables of names and texts: headers, query, form |
//! | `url` | the URL of a seed |

pub(crate) mod files;
pub(crate) mod line;
mod list;
pub(crate) mod pairs;
pub(crate) mod request;
pub(crate) mod url;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use log::{error, warn};

pub(crate) use self::list::NoSeed;
use self::{
    list::SeedList,
    request::{is_loopback, parse_seed},
};
use super::{Config, Crawl};
use crate::{
    error::{Error, Result},
    http::request::{Request, SITEMAP},
};

/// The seeds of a [`Config`]: `crawl.seeds`, `[[crawl.request]]`, `discovery.sitemap_urls`, then the lines of
/// `crawl.seed_files`, which are read one at a time. Invalid lines are logged and skipped.
#[derive(Debug)]
pub struct Seeds {
    first: std::vec::IntoIter<Request>,
    files: std::vec::IntoIter<PathBuf>,
    file: Option<SeedList>,
    reachable: bool,
}

impl Config {
    /// Returns the seeds.
    ///
    /// # Errors
    /// If a seed is not valid, if a seed file cannot be opened or has only invalid lines, or if a seed leads beyond this
    /// machine and there is no contact.
    pub fn seeds(&self) -> Result<Seeds> {
        let mut first = Vec::new();
        for (index, text) in self.crawl.seeds.iter().enumerate() {
            let key = || format!("crawl.seeds[{index}]");
            first.push(parse_seed(text).map_err(|message| Error::config("config", key(), message))?);
        }
        for (index, seed) in self.crawl.request.iter().enumerate() {
            let key = || format!("crawl.request[{index}]");
            first.push(seed.to_request().map_err(|message| Error::config("config", key(), message))?);
        }
        for (index, url) in self.discovery.sitemap_urls.iter().enumerate() {
            let key = || format!("discovery.sitemap_urls[{index}]");
            let request = parse_seed(url.as_str()).map_err(|message| Error::config("config", key(), message))?;
            first.push(request.label(SITEMAP));
        }
        let reachable = self.crawl.is_reachable();
        if !reachable {
            first.iter().try_for_each(require_contact)?;
        }
        let files = files::expand(&self.crawl.seed_files)?;
        for path in files.iter().filter(|path| !is_stream(path)) {
            check_list(path, if reachable { Until::FirstSeed } else { Until::End })?;
        }
        Ok(Seeds { first: first.into_iter(), files: files.into_iter(), file: None, reachable })
    }
}

impl Config {
    /// Returns the seed files that can be read again: no pipes. Empty if a pattern of files is not valid.
    pub(crate) fn standing_seed_files(&self) -> Vec<PathBuf> {
        let files = files::expand(&self.crawl.seed_files).unwrap_or_default();
        files.into_iter().filter(|path| !is_stream(path)).collect()
    }
}

impl Seeds {
    /// Splits the seeds that can be read at once from those of pipes and standard input.
    pub(crate) fn split(self) -> (Self, Self) {
        let Self { first, files, file, reachable } = self;
        let (streams, files): (Vec<_>, Vec<_>) = files.partition(|path| is_stream(path));
        let (files, streams) = (files.into_iter(), streams.into_iter());
        (
            Self { first, files, file, reachable },
            Self { first: Vec::new().into_iter(), files: streams, file: None, reachable },
        )
    }
}

impl Config {
    /// Returns the labels of the seeds in the configuration itself.
    ///
    /// # Errors
    /// If a seed is not valid.
    pub(crate) fn seed_labels(&self) -> Result<Vec<Arc<str>>> {
        let first = Self { crawl: Crawl { seed_files: Vec::new(), ..self.crawl.clone() }, ..self.clone() };
        Ok(first.seeds()?.filter_map(|seed| seed.label_name().cloned()).collect())
    }
}

/// Returns true for sources that can be read only once: standard input, pipes.
fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-" || path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

impl Seeds {
    /// Returns the next seed. A list without a valid seed is an error; the seeds of later lists follow.
    pub(crate) fn next_or_error(&mut self) -> Option<Result<Request, NoSeed>> {
        if let Some(request) = self.first.next() {
            return Some(Ok(request));
        }
        loop {
            let list = match &mut self.file {
                Some(list) => list,
                None => match SeedList::open(self.files.next()?) {
                    Ok(list) => self.file.insert(list),
                    Err(error) => {
                        error!(error:%; "seed file skipped");
                        continue;
                    }
                },
            };
            let reachable = self.reachable;
            // Streams cannot be checked before the start.
            match list.next(|seed| if reachable { Ok(()) } else { may_visit(seed).map_err(in_contact) }) {
                Some(Ok(request)) => return Some(Ok(request)),
                Some(Err(message)) => {
                    warn!(file = list.name(), line = list.line_number(), error:% = message; "invalid seed skipped");
                }
                None => {
                    let result = list.require_seed();
                    self.file = None;
                    if let Err(error) = result {
                        return Some(Err(error));
                    }
                }
            }
        }
    }
}

impl Iterator for Seeds {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        loop {
            match self.next_or_error()? {
                Ok(request) => return Some(request),
                Err(error) if error.is_empty() => {}
                Err(error) => error!(error:% = Error::from(error); "no seed in a list"),
            }
        }
    }
}

/// How much of a list is checked before the start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    FirstSeed,
    /// Because without a contact each seed must be on this machine.
    End,
}

/// Checks the list in a file before the crawl starts. Its invalid lines are logged later, when it is read for the crawl.
fn check_list(path: &Path, until: Until) -> Result<()> {
    let mut list = SeedList::open(path.to_owned())?;
    while let Some(seed) = list.next(|_| Ok(())) {
        match (seed, until) {
            (Ok(_), Until::FirstSeed) => return Ok(()),
            (Ok(seed), Until::End) => require_contact(&seed)?,
            (Err(_), _) => {}
        }
    }
    match list.require_seed() {
        // An empty list is an error only if the crawl is new.
        Err(error) if !error.is_empty() => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn require_contact(request: &Request) -> Result<()> {
    may_visit(request).map_err(|message| {
        let example = "[crawl]\ncontact = \"https://example.org/about-my-crawler\"\n";
        Error::config("config", "crawl.contact", format!("{message}, with --contact or in a file:\n\n{example}"))
    })
}

/// Names the key in a message of [`may_visit`].
fn in_contact(message: String) -> String {
    format!("crawl.contact: {message}")
}

/// Checks that a seed is on this machine, which needs no contact.
fn may_visit(request: &Request) -> Result<(), String> {
    if is_loopback(request.url()) {
        return Ok(());
    }
    let url = request.url();
    Err(format!("missing, and {url} is beyond this machine; say how its operators can reach you"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn config(file: &str) -> (Config, tempfile::NamedTempFile) {
        let mut seeds = tempfile::NamedTempFile::new().unwrap();
        seeds.write_all(file.as_bytes()).unwrap();
        let mut config = Config::default();
        config.crawl.seeds = vec!["localhost/first".to_owned()];
        config.crawl.seed_files = vec![seeds.path().to_owned()];
        (config, seeds)
    }

    fn urls(seeds: Seeds) -> Vec<String> {
        seeds.map(|request| request.url().path().to_owned()).collect()
    }

    #[test]
    fn files_are_read_line_by_line_and_invalid_lines_skipped() {
        let long = "x".repeat(200_000);
        let (config, _file) =
            config(&format!("# mine\n\nlocalhost/a label=l\r\nftp://x\nlocalhost/{long}\nlocalhost/b"));
        assert_eq!(urls(config.seeds().unwrap()), ["/first", "/a", "/b"]);
    }

    #[test]
    fn crawling_beyond_this_machine_needs_a_contact() {
        let (mut config, _file) = config("127.0.0.1/a\n[::1]/b\na.example\n");
        let error = config.seeds().unwrap_err().to_string();
        assert!(error.contains("crawl.contact: missing, and https://a.example/ is beyond"), "{error}");
        assert!(error.contains("contact = \""), "{error}");
        config.crawl.contact = "me@a.example".to_owned();
        assert_eq!(urls(config.seeds().unwrap()), ["/first", "/a", "/b", "/"]);
    }

    #[test]
    fn a_missing_file_is_named() {
        let mut config = Config::default();
        config.crawl.seed_files = vec!["no/such/file".into()];
        assert!(config.seeds().unwrap_err().to_string().starts_with("no/such/file: "));
    }
}
