//! One jar: storing and sending cookies (RFC 6265bis sections 5.7 and 5.8).

use std::collections::BTreeMap;

use url::Url;

use super::{
    domains::{domain_matches, key},
    stored::Cookie,
};
use crate::base::time::Wall;

/// Maximum number of cookies per registrable domain (RFC 6265bis section 6.1 requires at least 50).
const MAX_PER_DOMAIN: usize = 50;

/// A jar.
#[derive(Debug, Default)]
pub(crate) struct Jar {
    /// Cookies by registrable domain. Bounded by the bytes of all jars.
    domains: BTreeMap<Box<str>, Domain>,
    size: u64,
}

#[derive(Debug, Default)]
struct Domain {
    /// Oldest first, at most [`MAX_PER_DOMAIN`].
    cookies: Vec<Cookie>,
    used: u64,
}

impl Domain {
    fn size(&self) -> u64 {
        size_of::<Self>() as u64 + self.cookies.iter().map(Cookie::size).sum::<u64>()
    }
}

impl Jar {
    /// Approximate memory in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }

    /// Its registrable domains.
    pub(crate) fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.keys().map(AsRef::as_ref)
    }

    /// The cookies of one registrable domain.
    pub(crate) fn cookies(&self, domain: &str) -> impl Iterator<Item = &Cookie> {
        self.domains.get(domain).into_iter().flat_map(|domain| &domain.cookies)
    }

    /// Last use and memory of each domain.
    pub(crate) fn ages(&self) -> impl Iterator<Item = (u64, u64)> {
        self.domains.values().map(|domain| (domain.used, domain.size()))
    }

    pub(crate) fn drop_unused_since(&mut self, used: u64) {
        self.domains.retain(|_, domain| domain.used > used);
        self.size = self.domains.values().map(Domain::size).sum();
    }

    pub(crate) fn drop_over(&mut self, now: Wall) {
        for domain in self.domains.values_mut() {
            domain.cookies.retain(|cookie| !cookie.is_over(now));
        }
        self.domains.retain(|_, domain| !domain.cookies.is_empty());
        self.size = self.domains.values().map(Domain::size).sum();
    }

    /// Returns the cookie that `cookie` would replace.
    pub(crate) fn same(&self, cookie: &Cookie) -> Option<&Cookie> {
        self.domains.get(key(&cookie.domain))?.cookies.iter().find(|kept| is_same(kept, cookie))
    }

    /// Returns true if there is a secure cookie that an insecure one of this name must not hide (section 5.7 step 16).
    pub(crate) fn has_secure_twin(&self, cookie: &Cookie) -> bool {
        let kept = self.domains.get(key(&cookie.domain)).into_iter().flat_map(|domain| &domain.cookies);
        kept.into_iter().any(|kept| {
            kept.secure
                && kept.name == cookie.name
                && (domain_matches(&kept.domain, &cookie.domain) || domain_matches(&cookie.domain, &kept.domain))
                && path_matches(&kept.path, &cookie.path)
        })
    }

    /// Stores a cookie in place of its predecessor. An expired cookie only removes the predecessor.
    pub(crate) fn put(&mut self, cookie: Cookie, now: Wall, uses: u64) {
        let key = key(&cookie.domain).into();
        let domain = self.domains.entry(key).or_default();
        let before = if domain.cookies.is_empty() { 0 } else { domain.size() };
        domain.used = uses;
        let place = domain.cookies.iter().position(|kept| is_same(kept, &cookie));
        match place {
            Some(at) if cookie.is_over(now) => drop(domain.cookies.remove(at)),
            // The new cookie keeps the creation time (step 17).
            Some(at) => domain.cookies.get_mut(at).into_iter().for_each(|kept| *kept = cookie.clone()),
            None if cookie.is_over(now) => {}
            None => domain.cookies.push(cookie),
        }
        if domain.cookies.len() > MAX_PER_DOMAIN {
            domain.cookies.retain(|cookie| !cookie.is_over(now));
            let excess = domain.cookies.len().saturating_sub(MAX_PER_DOMAIN);
            domain.cookies.drain(..excess);
        }
        self.size = self.size - before + domain.size();
        if domain.cookies.is_empty() {
            self.size -= domain.size();
            self.domains.retain(|_, domain| !domain.cookies.is_empty());
        }
    }

    /// Returns the `Cookie` field for a request to `url`: longer paths first, then older cookies.
    pub(crate) fn header(&mut self, url: &Url, now: Wall, uses: u64) -> Option<Vec<u8>> {
        let host = url.host_str()?;
        let domain = self.domains.get_mut(key(host))?;
        domain.used = uses;
        let is_for = |cookie: &&Cookie| {
            (if cookie.host_only { *cookie.domain == *host } else { domain_matches(host, &cookie.domain) })
                && path_matches(url.path(), &cookie.path)
                && (!cookie.secure || url.scheme() == "https")
                && !cookie.is_over(now)
        };
        let mut cookies: Vec<_> = domain.cookies.iter().filter(is_for).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs = cookies.iter().map(|cookie| match cookie.name.is_empty() {
            true => cookie.value.to_vec(),
            false => [&cookie.name, &b"="[..], &cookie.value].concat(),
        });
        Some(pairs.collect::<Vec<_>>().join(&b"; "[..])).filter(|header| !header.is_empty())
    }
}

fn is_same(one: &Cookie, other: &Cookie) -> bool {
    (&one.name, &one.domain, one.host_only, &one.path) == (&other.name, &other.domain, other.host_only, &other.path)
}

/// Section 5.1.4.
fn path_matches(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}
