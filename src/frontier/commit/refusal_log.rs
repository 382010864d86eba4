//! Notes about refused links, for whoever asks later: only where nothing but that moment tells the reason (how deep it
//! was, how full its trap, what its page asked for). What scope and configuration refuse is found out anew instead.

use super::url_status::{UrlStatus, refusal_key};
use crate::{
    base::time::{Now, Wall},
    frontier::{Frontier, scope::Refusal, seen::Look},
    keys::UrlKey,
};

/// Notes of one host, at most: about 30 bytes each in the store.
pub(crate) const MAX_NOTED: u16 = 1000;

impl Frontier {
    /// Notes down links of a page that were refused.
    pub(crate) fn take_notes(&mut self, noted: &[(UrlKey, Refusal)], now: Now) {
        let batch = self.open_number();
        noted.iter().for_each(|(url, reason)| self.note(*url, *reason, batch, now.wall));
    }

    /// Notes down why a link to a URL was refused, unless that was noted of late, or its host has no page in the crawl.
    pub(crate) fn note(&mut self, url: UrlKey, reason: Refusal, batch: u64, at: Wall) {
        let Some(host) = self.slots.get(&url.host).and_then(|slot| self.hosts.get_mut(*slot)) else { return };
        let key = refusal_key(url);
        if host.noted >= MAX_NOTED || self.seen.look(key.url) == Look::Known {
            return;
        }
        host.noted += 1;
        self.seen.insert(key.url);
        let batch = self.batch(batch);
        batch.note(key, UrlStatus::refused(reason, at).to_bytes());
        batch.touch(url.host);
    }
}
