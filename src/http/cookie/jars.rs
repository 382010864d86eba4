//! All jars of a crawl.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
};

use url::Url;

use super::{domains::key, file, jar::Jar, parse, stored::Cookie};
use crate::base::{text_lines::TextLines, time::Wall, units::ByteSize};

/// What a row is about: a jar's name, and a registrable domain.
pub(crate) type Subject = (Box<str>, Box<str>);

/// All jars of a crawl.
#[derive(Debug)]
pub(crate) struct Jars {
    /// Jars by name. Bounded by `limit`: each jar holds at least one cookie.
    pub(super) jars: BTreeMap<Box<str>, Jar>,
    limit: u64,
    /// Approximate memory in bytes.
    pub(super) size: u64,
    /// Number of uses so far, to find the domain unused for longest.
    uses: u64,
    /// Rows that differ from the stored ones. At most the rows at the last call of [`Jars::changes`] and those of now.
    pub(super) changed: BTreeSet<Subject>,
}

impl Jars {
    /// Empty jars with this memory limit.
    pub(crate) fn new(limit: ByteSize) -> Self {
        Self { jars: BTreeMap::new(), limit: limit.0, size: 0, uses: 0, changed: BTreeSet::new() }
    }

    /// Puts the cookies of a Netscape cookie file into the unnamed jar. Calls `skipped` with the number of each invalid
    /// line and what is wrong with it. Returns the number of cookies.
    pub(crate) fn load(&mut self, text: Vec<u8>, now: Wall, mut skipped: impl FnMut(u64, &str)) -> usize {
        let (mut lines, mut count) = (TextLines::new(Cursor::new(text)), 0);
        loop {
            let cookie = match lines.read() {
                Ok(Some(line)) => file::cookie(&line),
                Ok(None) => return count,
                Err(error) => Some(Err(error.to_string())),
            };
            match cookie {
                Some(Ok(cookie)) => {
                    count += 1;
                    self.put("", cookie, now);
                }
                Some(Err(message)) => skipped(lines.number(), &message),
                None => {}
            }
        }
    }

    /// Returns the value of the `Cookie` field for a request to `url`. `None` if there is no cookie for it.
    pub(crate) fn header(&mut self, jar: &str, url: &Url, now: Wall) -> Option<Vec<u8>> {
        self.uses += 1;
        self.jars.get_mut(jar)?.header(url, now, self.uses)
    }

    /// Applies a `Set-Cookie` field of the response from `url`. Returns true if the jar changed: a cookie is new, gone, or
    /// has another value.
    pub(crate) fn set(&mut self, jar: &str, url: &Url, field: &[u8], now: Wall) -> bool {
        let Some(cookie) = parse::set_cookie(field, url, now) else { return false };
        let before = self.jars.get(jar).and_then(|jar| jar.same(&cookie)).cloned();
        if before.is_none() && cookie.is_over(now) {
            return false;
        }
        if url.scheme() != "https" && self.jars.get(jar).is_some_and(|jar| jar.has_secure_twin(&cookie)) {
            return false;
        }
        let is_new = before.is_none_or(|before| before.value != cookie.value || cookie.is_over(now));
        self.put(jar, cookie, now);
        is_new
    }

    pub(super) fn put(&mut self, jar: &str, cookie: Cookie, now: Wall) {
        self.uses += 1;
        let uses = self.uses;
        self.changed.insert((jar.into(), key(&cookie.domain).into()));
        let name_size = jar.len() as u64;
        let jar = self.jars.entry(jar.into()).or_default();
        let before = if jar.is_empty() { 0 } else { name_size + jar.size() };
        jar.put(cookie, now, uses);
        self.size = self.size - before + name_size + jar.size();
        if self.size > self.limit {
            self.shrink(now);
        }
    }

    /// Frees an eighth of the memory: first expired cookies, then the domains unused for longest.
    fn shrink(&mut self, now: Wall) {
        let before = self.subjects().collect::<Vec<_>>();
        self.jars.values_mut().for_each(|jar| jar.drop_over(now));
        let wanted = self.limit - self.limit / 8;
        let mut ages: Vec<_> = self.jars.values().flat_map(Jar::ages).collect();
        ages.sort_unstable();
        let mut excess = self.counted().saturating_sub(wanted);
        let enough = ages.iter().take_while(|(_, size)| {
            let is_needed = excess > 0;
            excess = excess.saturating_sub(*size);
            is_needed
        });
        if let Some((last, _)) = enough.last() {
            self.jars.values_mut().for_each(|jar| jar.drop_unused_since(*last));
        }
        self.jars.retain(|_, jar| !jar.is_empty());
        let left = self.subjects().collect::<BTreeSet<_>>();
        self.changed.extend(before.into_iter().filter(|subject| !left.contains(subject)));
        self.size = self.counted();
    }

    pub(super) fn counted(&self) -> u64 {
        self.jars.iter().map(|(name, jar)| name.len() as u64 + jar.size()).sum()
    }
}
