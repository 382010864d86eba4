//! `[[auth]]`

use serde::{Deserialize, Serialize};
use url::Url;

/// An `[[auth]]` table: credentials for one origin.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Scheme, host and port that get them: `https://example.org`, `http://localhost:8080`.
    pub origin: String,
    /// How they are told.
    #[serde(rename = "type")]
    pub kind: AuthKind,
    /// The user, of `basic` and `digest`.
    #[serde(default)]
    pub user: String,
    /// The user's password.
    #[serde(default)]
    pub password: String,
    /// The token, of `bearer`.
    #[serde(default)]
    pub token: String,
}

/// A scheme of authentication (RFC 9110 section 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthKind {
    /// User and password, readable (RFC 7617).
    Basic,
    /// A token (RFC 6750).
    Bearer,
    /// A hash of user, password and what the server gave (RFC 7616): MD5 or SHA-256, `qop=auth`.
    Digest,
}

impl Config {
    /// The origin, as a URL.
    ///
    /// # Errors
    /// What is wrong with the table.
    pub(crate) fn parse(&self) -> Result<Url, String> {
        let wrong = || format!("origin: `{}`: https://example.org is wanted, and nothing behind it", self.origin);
        let url: Url = self.origin.parse().map_err(|_| wrong())?;
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !is_origin || !url.username().is_empty() {
            return Err(wrong());
        }
        match self.kind {
            AuthKind::Basic | AuthKind::Digest if self.user.is_empty() => Err("user: missing".to_owned()),
            AuthKind::Basic | AuthKind::Digest if self.user.contains(':') => {
                Err("user: no colon may be in it".to_owned())
            }
            AuthKind::Bearer if self.token.is_empty() => Err("token: missing".to_owned()),
            AuthKind::Bearer if !self.token.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Err("token: printable ASCII characters without blanks are wanted".to_owned())
            }
            AuthKind::Basic | AuthKind::Digest | AuthKind::Bearer => Ok(url),
        }
    }
}

/// Without the secrets: configurations get into logs.
impl std::fmt::Debug for Config {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Config").field("origin", &self.origin).field("kind", &self.kind).finish_non_exhaustive()
    }
}
