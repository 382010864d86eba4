//! The table `[[auth]]`.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::urls::canonical::without_final_dot;

/// The table `[[auth]]`: credentials for one origin.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Scheme, host and port to which they are sent: `https://example.org`, `http://localhost:8080`.
    pub origin: String,
    /// Scheme of authentication.
    #[serde(rename = "type")]
    pub kind: AuthKind,
    /// Name of the user, for `basic` and `digest`.
    #[serde(default)]
    pub user: String,
    /// Password of the user.
    #[serde(default)]
    pub password: String,
    /// Token, for `bearer`.
    #[serde(default)]
    pub token: String,
}

/// Scheme of authentication (RFC 9110 section 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthKind {
    /// User and password in plain text (RFC 7617).
    Basic,
    /// A token (RFC 6750).
    Bearer,
    /// Hash of user, password and a nonce of the server (RFC 7616): MD5 or SHA-256, with `qop=auth` or without.
    Digest,
}

impl Config {
    /// Checks the table and returns its origin as a URL.
    ///
    /// # Errors
    /// A message that names the key with the error.
    pub(crate) fn parse(&self) -> Result<Url, String> {
        let invalid_origin =
            || format!("`origin`: expected a URL without a path such as https://example.org, found `{}`", self.origin);
        let url = self.origin.parse().map(without_final_dot).map_err(|_| invalid_origin())?;
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https")
            || !is_origin
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(invalid_origin());
        }
        match self.kind {
            AuthKind::Basic | AuthKind::Digest if self.user.is_empty() => Err("`user`: missing".to_owned()),
            AuthKind::Basic | AuthKind::Digest if self.user.contains(':') => {
                Err("`user`: must not contain a colon".to_owned())
            }
            AuthKind::Bearer if self.token.is_empty() => Err("`token`: missing".to_owned()),
            AuthKind::Bearer if !self.token.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Err("`token`: expected printable ASCII characters without spaces".to_owned())
            }
            AuthKind::Basic | AuthKind::Digest | AuthKind::Bearer => Ok(url),
        }
    }
}

/// Omits the secrets, because configurations are written to logs.
impl std::fmt::Debug for Config {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Config").field("origin", &self.origin).field("kind", &self.kind).finish_non_exhaustive()
    }
}
