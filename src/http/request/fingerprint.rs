//! Fingerprints: two requests are equal if their fingerprints are.

use std::fmt;

use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed, xxh3_128_with_seed};

use super::{Method, Request};
use crate::urls::canonical::canonical;

/// Seed of all hashes. Part of every stored key: never changes.
pub(crate) const SEED: u64 = 0x4c59_434f_5341;

/// XXH3-128 of method, canonical URL, body and name of the cookie jar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// The fingerprint of a request.
    #[must_use]
    pub fn from_request(request: &Request) -> Self {
        let url = canonical(request.url().as_str());
        if *request.method() == Method::Get && request.body().is_empty() && request.jar_name().is_empty() {
            return Self::from_link(&url);
        }
        let mut hasher = Xxh3::with_seed(SEED);
        // Neither methods nor canonical URLs contain a space, so the parts are unambiguous.
        hasher.update(request.method().as_str().as_bytes());
        hasher.update(b" ");
        hasher.update(url.as_bytes());
        hasher.update(b" ");
        hasher.update(request.body());
        if !request.jar_name().is_empty() {
            // The length of the body keeps it apart from a body that ends with these bytes.
            hasher.update(request.jar_name().as_bytes());
            hasher.update(&request.body().len().to_be_bytes());
        }
        Self(hasher.digest128())
    }

    /// The fingerprint of a link: a GET of a canonical URL.
    #[must_use]
    pub fn from_link(canonical: &str) -> Self {
        Self(xxh3_128_with_seed(canonical.as_bytes(), SEED))
    }

    /// The low 64 bits, part of a [`UrlKey`](crate::keys::UrlKey).
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    pub(crate) fn low(self) -> u64 {
        self.0 as u64
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

pub(crate) fn hash(bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, SEED)
}
