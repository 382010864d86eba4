//! The seeds of one file, pipe, or standard input.

use std::{
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use super::{line::trim, request::parse_seed};
use crate::{
    base::text_lines::TextLines,
    error::{ConfigError, Error, Result},
    http::request::Request,
};

/// Maximum number of invalid lines that an error names.
const MAX_NAMED: usize = 20;

/// The seeds of one list, read one at a time.
pub(super) struct SeedList {
    lines: TextLines,
    /// Number of valid seeds so far.
    valid: u64,
    rejected: NoSeed,
}

/// A list without a valid seed.
#[derive(Clone, Debug)]
pub(crate) struct NoSeed {
    path: PathBuf,
    /// Number of invalid lines.
    invalid: u64,
    /// The first invalid lines, each with its number; at most [`MAX_NAMED`].
    first: Vec<(u64, String)>,
}

impl SeedList {
    /// Opens a list; `-` is standard input.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let lines = if path.as_os_str() == "-" {
            TextLines::new(io::stdin())
        } else {
            match File::open(&path) {
                Ok(file) => TextLines::new(file),
                Err(error) => return Err(Error::File { path, error }),
            }
        };
        Ok(Self { lines, valid: 0, rejected: NoSeed { path, invalid: 0, first: Vec::new() } })
    }

    /// Returns the next seed, or what is wrong with its line; seeds that `check` refuses are invalid.
    pub(super) fn next(&mut self, check: impl Fn(&Request) -> Result<(), String>) -> Option<Result<Request, String>> {
        let seed = self.parse_next()?.and_then(|seed| check(&seed).map(|()| seed));
        match &seed {
            Ok(_) => self.valid += 1,
            Err(message) => self.rejected.add(self.lines.number(), message),
        }
        Some(seed)
    }

    /// Returns the next line that is neither empty nor a comment.
    fn parse_next(&mut self) -> Option<Result<Request, String>> {
        loop {
            let line = match self.lines.read() {
                Ok(line) => String::from_utf8(line?),
                Err(error) => return Some(Err(error.to_string())),
            };
            let Ok(line) = line else { return Some(Err("not UTF-8".to_owned())) };
            if line.contains('\0') {
                return Some(Err("contains a zero byte; expected UTF-8 or UTF-16".to_owned()));
            }
            let seed = trim(&line);
            if !seed.is_empty() && !seed.starts_with('#') {
                return Some(parse_seed(seed));
            }
        }
    }

    /// Returns the number of lines read so far.
    pub(super) fn line_number(&self) -> u64 {
        self.lines.number()
    }

    /// Returns the name of the list in messages.
    pub(super) fn name(&self) -> String {
        self.rejected.name()
    }

    /// Returns an error if the list had no valid seed so far.
    pub(super) fn require_seed(&self) -> Result<(), NoSeed> {
        if self.valid == 0 { Err(self.rejected.clone()) } else { Ok(()) }
    }
}

impl NoSeed {
    /// Returns true if the list has no lines, except empty ones and comments.
    pub(crate) fn is_empty(&self) -> bool {
        self.invalid == 0
    }

    fn add(&mut self, number: u64, message: &str) {
        self.invalid += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push((number, message.to_owned()));
        }
    }

    fn name(&self) -> String {
        if self.path == Path::new("-") { "standard input".to_owned() } else { self.path.display().to_string() }
    }
}

impl From<NoSeed> for Error {
    /// Names the invalid lines, then the list.
    fn from(list: NoSeed) -> Self {
        let name = list.name();
        let error = |origin: String, message: String| ConfigError { origin, key: String::new(), message };
        let unnamed = list.invalid.saturating_sub(list.first.len() as u64);
        let lines = list.first.into_iter().map(|(number, message)| error(format!("{name}:{number}"), message));
        let mut errors: Vec<_> = lines.collect();
        if unnamed > 0 {
            errors.push(error(name.clone(), format!("and {unnamed} more invalid lines")));
        }
        errors.push(error(name, "no valid seed in this list; expected one URL per line".to_owned()));
        Self::Config(errors)
    }
}

impl fmt::Debug for SeedList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SeedList").field("path", &self.rejected.path).finish_non_exhaustive()
    }
}
