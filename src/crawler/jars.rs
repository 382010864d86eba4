//! The cookie jars of a crawl, as they are at its start.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use log::info;

use crate::{
    cookie::{Config, Jars},
    error::{Error, Result},
    fetcher::Cookies,
    time::Wall,
};

/// The largest cookie file, in bytes (64 MiB).
const MAX_FILE: u64 = 64 << 20;

/// Jars with the cookies of `cookies.file`.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn open(config: &Config, now: Wall) -> Result<Cookies> {
    if !config.enabled {
        return Ok(Cookies::default());
    }
    let mut jars = Jars::new(config.memory);
    let path = &config.file;
    if !path.as_os_str().is_empty() {
        let text = read(path).map_err(|error| Error::File { path: path.clone(), error })?;
        let cookies = jars.load(&text, now);
        info!(file:% = path.display(), cookies; "cookie file read");
    }
    Ok(Cookies::new(jars))
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    // A line that is no UTF-8 is its own trouble.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
