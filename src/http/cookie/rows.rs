//! Cookies as the crawl's state keeps them: a row for each registrable domain of each jar.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::{
    domains::key,
    jars::{Jars, Subject},
    stored::Cookie,
};
use crate::{base::time::Wall, side_table::ChangedRow};

/// What rows of the crawl's state begin with that are about this.
pub(crate) const ROW: u8 = b'c';

/// A row; its key is only made of it.
#[derive(Serialize, Deserialize)]
struct Row {
    jar: Box<str>,
    cookies: Vec<Cookie>,
}

impl Jars {
    /// The rows that are others since the last call, each with its key, and gone where there is no value.
    pub(crate) fn changes(&mut self, now: Wall) -> Vec<ChangedRow> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|subject| (row_key(&subject), self.row(&subject, now))).collect()
    }

    /// From now on all rows count as changed: nobody knows whether those told were kept.
    pub(crate) fn change_all(&mut self) {
        let subjects = self.subjects().collect::<Vec<_>>();
        self.changed.extend(subjects);
    }

    /// Takes in a row that [`Jars::changes`] made, over what the jars have. Anything else is passed over.
    pub(crate) fn restore(&mut self, row: &[u8], now: Wall) {
        let Ok(Row { jar, cookies }) = postcard::from_bytes::<Row>(row) else { return };
        let Some(subject) = cookies.first().map(|cookie| (jar.clone(), key(&cookie.domain).into())) else { return };
        let is_new = self.row(&subject, now).is_none();
        let count = cookies.len();
        let live: Vec<_> = cookies.into_iter().filter(|cookie| !cookie.is_over(now)).collect();
        let is_as_kept = is_new && live.len() == count;
        live.into_iter().for_each(|cookie| self.put(&jar, cookie, now));
        match is_as_kept {
            true => self.changed.remove(&subject),
            false => self.changed.insert(subject),
        };
    }

    /// Everything there could be a row about.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = Subject> {
        let names = self.jars.iter().flat_map(|(name, jar)| jar.domains().map(move |domain| (name, domain)));
        names.map(|(name, domain)| (name.clone(), domain.into()))
    }

    fn row(&self, (jar, domain): &Subject, now: Wall) -> Option<Bytes> {
        let live = self.jars.get(jar)?.cookies(domain).filter(|cookie| !cookie.is_over(now));
        let row = Row { jar: jar.clone(), cookies: live.cloned().collect() };
        if row.cookies.is_empty() {
            return None;
        }
        // Plain data into memory: this fails for no input.
        postcard::to_stdvec(&row).ok().map(Bytes::from)
    }
}

/// Short, whatever the names are.
fn row_key((jar, domain): &Subject) -> Bytes {
    let length = (jar.len() as u64).to_be_bytes();
    let name = [&length[..], jar.as_bytes(), domain.as_bytes()].concat();
    [&[ROW][..], &xxh3_128(&name).to_be_bytes()].concat().into()
}
