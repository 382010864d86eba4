//! HTTP methods.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An HTTP method. Unknown ones are kept as written: methods are case-sensitive (RFC 9110 section 9.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    /// `GET`: the method of links.
    #[default]
    Get,
    /// `HEAD`: a GET without the body.
    Head,
    /// `OPTIONS`.
    Options,
    /// `POST`.
    Post,
    /// Any other method, by its name.
    Other(Box<str>),
}

impl Method {
    /// The name as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Other(name) => name,
        }
    }

    /// Returns true for idempotent methods: a failed request may be repeated.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::Get | Self::Head | Self::Options => true,
            Self::Post | Self::Other(_) => false,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Returns true for tokens (RFC 9110 section 5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_sign)
}

/// Not a valid HTTP method: empty, or with a character not allowed in a token (RFC 9110 section 5.6.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid HTTP method: only letters, digits and !#$%&'*+-.^_`|~ are allowed")]
pub struct BadMethod(String);

impl FromStr for Method {
    type Err = BadMethod;

    fn from_str(text: &str) -> Result<Self, BadMethod> {
        match text {
            "GET" => Ok(Self::Get),
            "HEAD" => Ok(Self::Head),
            "OPTIONS" => Ok(Self::Options),
            "POST" => Ok(Self::Post),
            _ if is_token(text) => Ok(Self::Other(text.into())),
            _ => Err(BadMethod(text.to_owned())),
        }
    }
}
