//! One jar: storing and sending cookies (RFC 6265bis sections 5.7 and 5.8).

use std::{cmp::Reverse, collections::BTreeMap};

use url::Url;

use super::{
    domains::{domain_matches, key},
    stored::Cookie,
};
use crate::base::time::Wall;

/// Maximum number of cookies per registrable domain (RFC 6265bis section 6.1 requires at least 50).
const MAX_PER_DOMAIN: usize = 50;

/// Maximum length of the value of a `Cookie` field, in bytes: with its name, 8,190 as in curl. Servers refuse longer heads.
const MAX_VALUE: usize = 8190 - "Cookie: ".len();

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
    ///
    /// It has at most [`MAX_VALUE`] bytes. Cookies of longer paths have precedence, then newer ones; the others are left
    /// out, each as a whole.
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
        cookies.sort_by_key(|cookie| Reverse(cookie.path.len()));
        if cookies.iter().map(|cookie| pair_length(cookie) + 2).sum::<usize>() > MAX_VALUE + 2 {
            leave_out(&mut cookies);
        }
        let pairs = cookies.iter().map(|cookie| match cookie.name.is_empty() {
            true => cookie.value.to_vec(),
            false => [&cookie.name, &b"="[..], &cookie.value].concat(),
        });
        Some(pairs.collect::<Vec<_>>().join(&b"; "[..])).filter(|header| !header.is_empty())
    }
}

/// Returns the length of a cookie in a `Cookie` field.
fn pair_length(cookie: &Cookie) -> usize {
    cookie.name.len() + usize::from(!cookie.name.is_empty()) + cookie.value.len()
}

/// Leaves out the cookies for which a `Cookie` field has no room. They are sorted by path, then by age.
fn leave_out(cookies: &mut Vec<&Cookie>) {
    let mut order: Vec<usize> = (0..cookies.len()).collect();
    order.sort_by_key(|&index| (Reverse(cookies.get(index).map(|cookie| cookie.path.len())), Reverse(index)));
    let mut kept = vec![false; cookies.len()];
    let mut room = MAX_VALUE + 2;
    for index in order {
        let length = cookies.get(index).map_or(0, |cookie| pair_length(cookie) + 2);
        if let (Some(rest), Some(keep)) = (room.checked_sub(length), kept.get_mut(index)) {
            (room, *keep) = (rest, true);
        }
    }
    let mut kept = kept.into_iter();
    cookies.retain(|_| kept.next().unwrap_or_default());
}

fn is_same(one: &Cookie, other: &Cookie) -> bool {
    (&one.name, &one.domain, one.host_only, &one.path) == (&other.name, &other.domain, other.host_only, &other.path)
}

/// Section 5.1.4.
fn path_matches(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::cookie::parse::set_cookie;

    /// Returns the names of the cookies in the field, after these were stored: name, length of the value, path.
    fn sent(cookies: &[(&str, usize, &str)]) -> (Vec<String>, usize) {
        let (mut jar, url) = (Jar::default(), "http://a.example/a/b/c".parse().unwrap());
        for (name, length, path) in cookies {
            let field = format!("{name}={}; Path={path}", "x".repeat(*length));
            jar.put(set_cookie(field.as_bytes(), &url, Wall(0)).unwrap(), Wall(0), 0);
        }
        let field = jar.header(&url, Wall(0), 0).unwrap();
        let text = String::from_utf8(field).unwrap();
        (text.split("; ").map(|pair| pair.split('=').next().unwrap().to_owned()).collect(), text.len())
    }

    #[test]
    fn a_field_has_room_for_the_most_specific_and_newest() {
        for (cookies, names) in [
            (&[("a", 4000, "/"), ("b", 4000, "/")][..], &["a", "b"][..]),
            (&[("a", 4000, "/"), ("b", 4000, "/"), ("c", 4000, "/")], &["b", "c"]),
            (&[("a", 4000, "/a/b"), ("b", 4000, "/"), ("c", 4000, "/"), ("d", 9, "/")], &["a", "c", "d"]),
            (&[("a", 10, "/"), ("b", 4000, "/a"), ("c", 4000, "/a/b"), ("d", 4000, "/a/b/c")], &["d", "c", "a"]),
            // Exactly full, with the separators.
            (&[("a", 4088, "/"), ("b", 4088, "/")], &["a", "b"]),
            (&[("a", 4088, "/"), ("b", 4089, "/")], &["b"]),
        ] {
            let (found, length) = sent(cookies);
            assert_eq!(found, names, "{cookies:?}");
            assert!(length <= MAX_VALUE);
        }
    }
}
