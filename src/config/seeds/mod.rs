//! The seeds of a configuration.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | all seeds, read one at a time |
//! | `files` | the files of `crawl.seed_files` |
//! | `line` | a seed written as a line |
//! | `request` | a `[[crawl.request]]` table |
//! | `pairs` | tables of names and texts: headers, query, form |
//! | `url` | the URL of a seed |

pub(crate) mod files;
pub(crate) mod line;
pub(crate) mod pairs;
pub(crate) mod request;
pub(crate) mod url;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use log::{error, warn};

use self::request::{is_loopback, parse_seed};
use super::{Config, Crawl};
use crate::{
    error::{Error, Result},
    http::request::{Request, SITEMAP},
};

/// Maximum length of a line in a seed file, in bytes (64 KiB).
const MAX_LINE: u64 = 64 << 10;

/// The seeds of a [`Config`]: `crawl.seeds`, `[[crawl.request]]`, `discovery.sitemap_urls`, then the lines of
/// `crawl.seed_files`, which are read one at a time. Invalid lines are logged and skipped.
#[derive(Debug)]
pub struct Seeds {
    first: std::vec::IntoIter<Request>,
    files: std::vec::IntoIter<PathBuf>,
    file: Option<Lines>,
    reachable: bool,
}

impl Config {
    /// Returns the seeds.
    ///
    /// # Errors
    /// If a seed is not valid, if a seed file cannot be opened, or if a seed leads beyond this machine and there is
    /// no contact.
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
            let lines = Lines::open(path.clone())?;
            if !reachable {
                // Invalid lines are reported when the file is read for the crawl.
                lines.flatten().try_for_each(|request| require_contact(&request))?;
            }
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

impl Iterator for Seeds {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        if let Some(request) = self.first.next() {
            return Some(request);
        }
        loop {
            let lines = match &mut self.file {
                Some(lines) => lines,
                None => match Lines::open(self.files.next()?) {
                    Ok(lines) => self.file.insert(lines),
                    Err(error) => {
                        error!(error:%; "seed file skipped");
                        continue;
                    }
                },
            };
            match lines.next() {
                Some(Err(message)) => {
                    warn!(file:% = lines.path.display(), line = lines.number, error:% = message; "invalid seed skipped");
                }
                // Streams cannot be checked before the start.
                Some(Ok(request)) if !self.reachable && !is_loopback(request.url()) => {
                    error!(url:% = request.url(); "seed refused: crawling beyond this machine needs a contact (crawl.contact)");
                }
                Some(Ok(request)) => return Some(request),
                None => self.file = None,
            }
        }
    }
}

fn require_contact(request: &Request) -> Result<()> {
    if is_loopback(request.url()) {
        return Ok(());
    }
    let message = format!(
        "missing, and {} is beyond this machine; say how its operators can reach you, with --contact or in a file:\n\n\
         [crawl]\ncontact = \"https://example.org/about-my-crawler\"\n",
        request.url()
    );
    Err(Error::config("config", "crawl.contact", message))
}

/// The seeds of one file.
struct Lines {
    path: PathBuf,
    /// Number of lines read so far.
    number: u64,
    /// True after an error that would repeat for ever.
    is_over: bool,
    reader: Box<dyn BufRead + Send>,
}

impl Lines {
    fn open(path: PathBuf) -> Result<Self> {
        let reader: Box<dyn BufRead + Send> = match path.as_os_str() == "-" {
            true => Box::new(BufReader::new(io::stdin())),
            false => match File::open(&path) {
                Ok(file) => Box::new(BufReader::new(file)),
                Err(error) => return Err(Error::File { path, error }),
            },
        };
        Ok(Self { path, number: 0, is_over: false, reader })
    }

    /// Reads the next line, without its end. `None` at the end of the file. A line above [`MAX_LINE`] is an error and is
    /// skipped.
    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        self.number += 1;
        if line.is_empty() {
            return Ok(None);
        }
        if !line.ends_with(b"\n") && line.len() as u64 == MAX_LINE {
            self.pass_line()?;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "longer than 64 KiB"));
        }
        String::from_utf8(line).map(Some).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
    }

    fn pass_line(&mut self) -> io::Result<()> {
        loop {
            let part = self.reader.fill_buf()?;
            let end = memchr::memchr(b'\n', part);
            let length = end.map_or(part.len(), |at| at + 1);
            self.reader.consume(length);
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Request, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        loop {
            let line = match self.line() {
                Ok(line) => line?,
                Err(error) => {
                    self.is_over = error.kind() != io::ErrorKind::InvalidData;
                    return Some(Err(error.to_string()));
                }
            };
            let seed = line.trim_start();
            if !seed.is_empty() && !seed.starts_with('#') {
                return Some(parse_seed(seed));
            }
        }
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Lines").field("path", &self.path).field("number", &self.number).finish_non_exhaustive()
    }
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
