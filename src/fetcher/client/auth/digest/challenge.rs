//! Digest challenges, and nonces in `Authentication-Info`.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

use md5::{Digest, Md5};
use sha2::Sha256;

use crate::base::text;

/// Challenge of a server (RFC 7616 section 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) opaque: Option<String>,
    /// Name of the algorithm as the server writes it. Empty if it names none.
    pub(crate) algorithm: String,
    pub(crate) hash: Hash,
    pub(crate) is_session: bool,
    /// True if the server supports `qop=auth`, so that the answers of a nonce are counted.
    pub(crate) has_qop: bool,
    /// True if only the nonce was too old.
    pub(crate) is_stale: bool,
    /// True if the field was not UTF-8. Then the server expects its own bytes in the answer, too.
    pub(crate) is_latin: bool,
}

/// Hash of an algorithm. The stronger one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hash {
    Md5,
    Sha256,
}

impl Hash {
    /// Returns the hash of these bytes, in hexadecimal digits.
    pub(crate) fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(bytes)),
            Self::Sha256 => hex(&Sha256::digest(bytes)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

impl Challenge {
    /// Returns the strongest supported challenge of `WWW-Authenticate` fields.
    pub(crate) fn best<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let parse = |field| {
            let text = text::from_field(field);
            let is_latin = matches!(text, Cow::Owned(_));
            challenges(&text).into_iter().filter_map(move |parameters| Self::parse(&parameters, is_latin))
        };
        fields.flat_map(parse).max_by_key(|it| it.hash)
    }

    /// Encodes a part of the answer as the server encodes its challenge.
    pub(crate) fn encode<'a>(&self, text: &'a str) -> Cow<'a, [u8]> {
        let is_latin = self.is_latin && text.chars().all(|character| u8::try_from(character).is_ok());
        match is_latin {
            true => text.chars().filter_map(|character| u8::try_from(character).ok()).collect(),
            false => Cow::Borrowed(text.as_bytes()),
        }
    }

    fn parse(parameters: &BTreeMap<String, String>, is_latin: bool) -> Option<Self> {
        let get = |name: &str| parameters.get(name).cloned();
        let algorithm = get("algorithm").unwrap_or_default();
        let lower = algorithm.to_ascii_lowercase();
        let (base, is_session) = lower.strip_suffix("-sess").map_or((lower.as_str(), false), |base| (base, true));
        let hash = match base {
            "" | "md5" => Hash::Md5,
            "sha-256" => Hash::Sha256,
            _ => return None,
        };
        let qop = get("qop").unwrap_or_default();
        let mut qops = qop.split(',').map(str::trim).filter(|qop| !qop.is_empty()).peekable();
        let has_qop_field = qops.peek().is_some();
        let has_qop = qops.any(|qop| qop == "auth");
        if has_qop_field && !has_qop {
            // Only `auth-int`, which is not supported.
            return None;
        }
        let is_stale = get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"));
        let (realm, nonce, opaque) = (get("realm")?, get("nonce")?, get("opaque"));
        Some(Self { realm, nonce, opaque, algorithm, hash, is_session, has_qop, is_stale, is_latin })
    }
}

/// Returns the nonce for the next request in `Authentication-Info` fields (RFC 7616 section 3.5).
pub(crate) fn next_nonce<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    let nonce = |field| {
        let text = text::from_field(field);
        let mut parameters = parts(&text).filter_map(|part| part.split_once('='));
        let (_, nonce) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("nextnonce"))?;
        Some(unquoted(nonce.trim()))
    };
    fields.filter_map(nonce).next().filter(|nonce| !nonce.is_empty())
}

/// Returns the parameters of each `Digest` challenge in a field (RFC 9110 section 11.6.1).
fn challenges(field: &str) -> Vec<BTreeMap<String, String>> {
    let mut challenges = Vec::new();
    let mut is_digest = false;
    for part in parts(field) {
        let (head, value) = part.split_once('=').unwrap_or((part, ""));
        let mut message = head.split_whitespace();
        let (first, second) = (message.next().unwrap_or_default(), message.next());
        let name = match (second, part.contains('=')) {
            // A new challenge starts with its scheme, before its first parameter.
            (Some(name), _) => Some((first, Some(name))),
            (None, false) => Some((first, None)),
            (None, true) => None,
        };
        let parameter = match name {
            Some((scheme, parameter)) => {
                is_digest = scheme.eq_ignore_ascii_case("digest");
                if is_digest {
                    challenges.push(BTreeMap::new());
                }
                parameter
            }
            None => Some(first),
        };
        if let (true, Some(name), Some(last)) = (is_digest, parameter, challenges.last_mut()) {
            last.insert(name.to_ascii_lowercase(), unquoted(value.trim()));
        }
    }
    challenges
}

/// Splits a field at the commas outside of quotes.
fn parts(field: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = field.split(move |character: char| {
        let is_end = character == ',' && !is_quoted;
        (is_quoted, is_escaped) = match (character, is_quoted, is_escaped) {
            (_, true, true) => (true, false),
            ('\\', true, false) => (true, true),
            ('"', quoted, false) => (!quoted, false),
            (_, quoted, _) => (quoted, false),
        };
        is_end
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// Removes quotes and escapes.
fn unquoted(value: &str) -> String {
    let Some(inside) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut out = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        out.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(field: &str) -> Option<Challenge> {
        Challenge::best([field.as_bytes()].into_iter())
    }

    #[test]
    fn supported_challenges_are_recognized() {
        for (field, has_qop) in [
            ("Basic realm=\"x\"", None),
            ("Digest realm=\"x\"", None),
            ("Digest realm=x, nonce=y, algorithm=SHA-512", None),
            ("Digest realm=x, nonce=y, qop=\"auth-int\"", None),
            ("Negotiate", None),
            ("", None),
            ("Digest realm=x, nonce=y, qop=\"auth-int, auth\"", Some(true)),
            ("Digest realm=x, nonce=y, qop=\"\"", Some(false)),
            ("Digest realm=x, nonce=y, qop=\" , \"", Some(false)),
            ("Digest realm=x, nonce=y", Some(false)),
        ] {
            assert_eq!(challenge(field).map(|it| it.has_qop), has_qop, "{field}");
        }
    }

    #[test]
    fn next_nonces_are_found() {
        let next = |field: &str| next_nonce([field.as_bytes()].into_iter());
        assert_eq!(next("rspauth=\"a, nextnonce=b\", NextNonce=\"c\\\"=,d\""), Some("c\"=,d".to_owned()));
        assert_eq!(next("qop=auth, nextnonce=e"), Some("e".to_owned()));
        assert_eq!((next("nextnonce=\"\""), next("nc=00000001"), next("")), (None, None, None));
    }
}
