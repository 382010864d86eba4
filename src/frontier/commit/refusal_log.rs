//! The log of refused links, for `explain`.
//!
//! A refusal is logged only if its reason cannot be found out later: the depth of the link, the counts of its trap, what its
//! page asked for. What scope and configuration refuse is derived again instead.

use super::{
    seen_row::SeenRow,
    url_status::{UrlStatus, refusal_key},
};
use crate::{
    base::time::{Now, Wall},
    frontier::{Frontier, scope::Refusal},
    keys::UrlKey,
};

/// Maximum number of refusals logged per host; each takes about 30 bytes in the store.
pub(crate) const MAX_LOGGED: u16 = 1000;

impl Frontier {
    /// Logs the refused links of a page.
    pub(crate) fn log_refusals(&mut self, refused: &[(UrlKey, Refusal)], now: Now) {
        let batch = self.commits.open_number();
        refused.iter().for_each(|(url, reason)| self.log_refusal(*url, *reason, batch, now.wall));
    }

    /// Logs why a link was refused, unless that was logged recently, or its host has no page in the crawl.
    pub(crate) fn log_refusal(&mut self, url: UrlKey, reason: Refusal, batch: u64, at: Wall) {
        let Some(host) = self.hosts.by_key_mut(&url.host) else { return };
        let key = refusal_key(url);
        if host.refusals_logged >= MAX_LOGGED || self.known.is_recent(&key) {
            return;
        }
        host.refusals_logged += 1;
        self.known.insert(&key);
        let status = UrlStatus::refused(reason, at, self.config.generation);
        let batch = self.commits.batch(batch);
        batch.note(key, SeenRow::Ended(status).to_bytes());
        batch.touch(url.host);
    }
}
