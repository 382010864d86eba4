//! Who the crawl is towards servers, as it is at its start: what stands in files is read here.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
    time::UNIX_EPOCH,
};

use bytes::Bytes;
use log::info;

use super::plan::Plan;
use crate::{
    base::time::Wall,
    config::Config,
    error::{Error, Result},
    fetcher::{Cookies, Identity, client::auth::Credentials},
    http::{cookie::Jars, validators::ValidatorCache},
    runtime::clock::Clock,
};

/// The largest file of cookies or credentials, in bytes (64 MiB).
const MAX_FILE: u64 = 64 << 20;

/// The identity of this configuration.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn open(config: &Config) -> Result<Identity> {
    let netrc = read(&config.fetcher.netrc)?.unwrap_or_default();
    let credentials = Arc::new(Credentials::new(&config.auth, &netrc));
    let versions = ValidatorCache::new(config.fetcher.validators);
    Ok(Identity { user_agent: config.crawl.agent(), cookies: cookies(config)?, credentials, versions })
}

/// The versions that the state kept, and the cookies, over those of the cookie file, unless that was written since.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn resume(plan: &Plan, kept: &[(Bytes, Bytes)], committed: Wall, now: Wall) -> Result<()> {
    let (cookies, file) = (&plan.identity.cookies, &plan.config.cookies.file);
    plan.identity.side_tables().iter().for_each(|table| table.restore(kept, now));
    let written = file.metadata().and_then(|file| file.modified()).ok();
    let written = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| Wall(0) + since);
    if written.is_some_and(|written| written > committed)
        && let Some(text) = read(file)?
    {
        cookies.load(&text, now);
    }
    Ok(())
}

fn cookies(config: &Config) -> Result<Cookies> {
    let config = &config.cookies;
    if !config.enabled {
        return Ok(Cookies::default());
    }
    let mut jars = Jars::new(config.memory);
    if let Some(text) = read(&config.file)? {
        let cookies = jars.load(&text, Clock::start().now().wall);
        info!(file:% = config.file.display(), cookies; "cookie file read");
    }
    Ok(Cookies::new(jars))
}

/// The text of a file; none where there is no path.
fn read(path: &Path) -> Result<Option<String>> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let bytes = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = bytes().map_err(|error| Error::File { path: path.to_owned(), error })?;
    // A line that is no UTF-8 is its own trouble.
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
