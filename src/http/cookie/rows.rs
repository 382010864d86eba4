//! Cookies as stored with the crawl: one row per jar and registrable domain.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::{
    domains::key,
    jars::{Jars, Subject},
    stored::Cookie,
};
use crate::{
    base::{stored, time::Wall},
    error::StoreError,
    side_table::ChangedRow,
};

/// First byte of the keys of these rows.
pub(crate) const ROW: u8 = b'c';

/// A row. Its key is a hash of jar and domain.
#[derive(Serialize, Deserialize)]
struct Row {
    jar: Box<str>,
    cookies: Vec<Cookie>,
}

impl Jars {
    /// Returns the rows that changed since the last call.
    pub(crate) fn changes(&mut self, now: Wall) -> Vec<ChangedRow> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|subject| (row_key(&subject), self.row(&subject, now))).collect()
    }

    /// Marks all rows as changed.
    pub(crate) fn change_all(&mut self) {
        let subjects = self.subjects().collect::<Vec<_>>();
        self.changed.extend(subjects);
    }

    /// Restores a row made by [`Jars::changes`], over the cookies of the jars.
    ///
    /// # Errors
    /// If it is not such a row.
    pub(crate) fn restore(&mut self, row: &[u8], now: Wall) -> Result<(), StoreError> {
        let row = stored::decode(row).ok_or_else(|| StoreError::corrupt("the cookies of a domain"))?;
        let Row { jar, cookies } = row;
        let Some(subject) = cookies.first().map(|cookie| (jar.clone(), key(&cookie.domain).into())) else {
            return Ok(());
        };
        let is_new = self.row(&subject, now).is_none();
        let count = cookies.len();
        let live: Vec<_> = cookies.into_iter().filter(|cookie| !cookie.is_over(now)).collect();
        let is_unchanged = is_new && live.len() == count;
        live.into_iter().for_each(|cookie| self.put(&jar, cookie, now));
        if is_unchanged {
            self.changed.remove(&subject);
        } else {
            self.changed.insert(subject);
        }
        Ok(())
    }

    /// Jar and registrable domain of every possible row.
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
        Some(stored::encode(&row))
    }
}

/// Returns the key of a row. A hash, so its length does not depend on the names.
fn row_key((jar, domain): &Subject) -> Bytes {
    let length = (jar.len() as u64).to_be_bytes();
    let name = [&length[..], jar.as_bytes(), domain.as_bytes()].concat();
    [&[ROW][..], &xxh3_128(&name).to_be_bytes()].concat().into()
}
