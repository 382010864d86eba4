//! How the crawl presents itself to servers: reads the files with cookies and credentials.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
    time::UNIX_EPOCH,
};

use bytes::Bytes;
use log::{info, warn};

use crate::{
    base::time::Wall,
    config::Config,
    error::{Error, Result},
    fetcher::{Cookies, Identity, client::auth::Credentials},
    http::{
        cookie::{self, Jars},
        validators::ValidatorCache,
    },
    runtime::clock::Clock,
};

/// Maximum size of a file of cookies or credentials, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Returns the identity that the configuration describes.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn open(config: &Config) -> Result<Identity> {
    let netrc = read(&config.fetcher.netrc)?.unwrap_or_default();
    // Obeys a byte order mark; what is not valid is replaced.
    let (netrc, ..) = encoding_rs::UTF_8.decode(&netrc);
    let credentials = Arc::new(Credentials::new(&config.auth, &netrc));
    let validators = ValidatorCache::new(config.fetcher.validators);
    Ok(Identity { user_agent: config.crawl.agent(), cookies: cookies(&config.cookies)?, credentials, validators })
}

/// Restores what the last commit holds: validators, and cookies, which replace those of the cookie file unless the file
/// is newer than the commit.
///
/// # Errors
/// If the cookie file cannot be read.
pub(super) fn resume(
    identity: &Identity,
    config: &cookie::Config,
    rows: &[(Bytes, Bytes)],
    committed: Wall,
    now: Wall,
) -> Result<()> {
    identity.side_tables().iter().try_for_each(|table| table.restore(rows, now))?;
    let modified = config.file.metadata().and_then(|file| file.modified()).ok();
    let modified = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| Wall(0) + since);
    if modified.is_some_and(|modified| modified > committed)
        && let Some(text) = read(&config.file)?
    {
        identity.cookies.reload(text, now);
    }
    Ok(())
}

fn cookies(config: &cookie::Config) -> Result<Cookies> {
    if !config.enabled {
        return Ok(Cookies::default());
    }
    let mut jars = Jars::new(config.memory);
    if let Some(text) = read(&config.file)? {
        let file = config.file.display();
        let skipped = |line, error: &str| warn!(file:%, line, error; "line of the cookie file skipped");
        let cookies = jars.load(text, Clock::start().now().wall, skipped);
        info!(file:% = config.file.display(), cookies; "cookie file read");
    }
    Ok(Cookies::new(jars))
}

/// Returns the content of a file; `None` if `path` is empty.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let bytes = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    bytes().map(Some).map_err(|error| Error::File { path: path.to_owned(), error })
}
