//! A cookie as stored in a jar.

use serde::{Deserialize, Serialize};

use crate::base::time::Wall;

/// A cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cookie {
    pub(super) name: Box<[u8]>,
    pub(super) value: Box<[u8]>,
    /// The host, or a domain; a domain's cookie is also for its subdomains.
    pub(super) domain: Box<str>,
    pub(super) host_only: bool,
    pub(super) path: Box<str>,
    pub(super) secure: bool,
    /// `None`: as long as the jar exists.
    pub(super) expires: Option<Wall>,
}

impl Cookie {
    /// Approximate memory in bytes.
    pub(super) fn size(&self) -> u64 {
        (size_of::<Self>() + self.name.len() + self.value.len() + self.domain.len() + self.path.len()) as u64
    }

    pub(super) fn is_over(&self, now: Wall) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}
