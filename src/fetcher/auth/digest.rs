//! Digest authentication (RFC 7616): MD5 and SHA-256, each also as `-sess`, with `qop=auth` or none.

use std::{collections::BTreeMap, fmt::Write as _};

use md5::{Digest, Md5};
use sha2::Sha256;

/// What a server asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// As the server writes it; empty where it names none.
    algorithm: String,
    hash: Hash,
    is_session: bool,
    /// Whether it knows `qop=auth`.
    is_counted: bool,
    /// Whether only the nonce is too old.
    is_stale: bool,
}

/// Hashes, the better one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha256,
}

impl Hash {
    fn of(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String never fails.
        write!(text, "{byte:02x}").ok();
        text
    })
}

impl Challenge {
    /// The strongest of the challenges in `WWW-Authenticate` fields that can be answered.
    pub(super) fn best<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let texts = fields.filter_map(|field| std::str::from_utf8(field).ok());
        texts.flat_map(challenges).filter_map(|parameters| Self::parse(&parameters)).max_by_key(|it| it.hash)
    }

    fn parse(parameters: &BTreeMap<String, String>) -> Option<Self> {
        let get = |name: &str| parameters.get(name).cloned();
        let algorithm = get("algorithm").unwrap_or_default();
        let lower = algorithm.to_ascii_lowercase();
        let (base, is_session) = lower.strip_suffix("-sess").map_or((lower.as_str(), false), |base| (base, true));
        let hash = match base {
            "" | "md5" => Hash::Md5,
            "sha-256" => Hash::Sha256,
            _ => return None,
        };
        let qop = get("qop");
        let is_counted = qop.as_deref().is_some_and(|qop| qop.split(',').any(|one| one.trim() == "auth"));
        if qop.is_some() && !is_counted {
            // `auth-int` alone.
            return None;
        }
        let is_stale = get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"));
        let (realm, nonce, opaque) = (get("realm")?, get("nonce")?, get("opaque"));
        Some(Self { realm, nonce, opaque, algorithm, hash, is_session, is_counted, is_stale })
    }
}

/// The parameters of each `Digest` challenge in a field (RFC 9110 section 11.6.1).
fn challenges(field: &str) -> Vec<BTreeMap<String, String>> {
    let mut challenges = Vec::new();
    let mut is_digest = false;
    for part in parts(field) {
        let (head, value) = part.split_once('=').unwrap_or((part, ""));
        let mut words = head.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        let name = match (second, part.contains('=')) {
            // A new challenge begins: its scheme stands before its first parameter.
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

/// What stands between commas that stand in no quotes.
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

/// A user at one server.
#[derive(Clone)]
pub(super) struct Client {
    user: String,
    password: String,
    challenge: Option<Challenge>,
    /// Requests sent with an answer to this challenge.
    count: u32,
    /// Challenges so far.
    challenges: u32,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("challenge", &self.challenge).finish_non_exhaustive()
    }
}

impl Client {
    /// A user who was asked nothing yet.
    pub(super) fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), challenge: None, count: 0, challenges: 0 }
    }

    /// How many challenges there were: an answer made now is one to the last.
    pub(super) fn challenges(&self) -> u32 {
        self.challenges
    }

    /// Takes in a challenge to a request that was sent after so many `challenges`. Says whether there is another answer to
    /// it than the one the request had.
    pub(super) fn learn(&mut self, challenge: Challenge, challenges: u32) -> bool {
        if self.challenge.as_ref() != Some(&challenge) || challenge.is_stale {
            self.challenges = self.challenges.wrapping_add(1).max(1);
            self.count = 0;
            self.challenge = Some(challenge);
        }
        challenges != self.challenges
    }

    /// The value of `Authorization` for a request, once there was a challenge.
    pub(super) fn answer(&mut self, method: &str, target: &str) -> Option<String> {
        let nonce: String = (0..16).map(|_| char::from_digit(fastrand::u32(..16), 16).unwrap_or('0')).collect();
        self.count = self.count.saturating_add(1);
        Some(self.answered(self.challenge.as_ref()?, method, target, &nonce))
    }

    fn answered(&self, challenge: &Challenge, method: &str, target: &str, own: &str) -> String {
        let Challenge { realm, nonce, opaque, algorithm, hash, is_session, is_counted, .. } = challenge;
        let mut secret = hash.of(&format!("{}:{realm}:{}", self.user, self.password));
        if *is_session {
            secret = hash.of(&format!("{secret}:{nonce}:{own}"));
        }
        let asked = hash.of(&format!("{method}:{target}"));
        let count = format!("{:08x}", self.count);
        let response = match is_counted {
            true => hash.of(&format!("{secret}:{nonce}:{count}:{own}:auth:{asked}")),
            false => hash.of(&format!("{secret}:{nonce}:{asked}")),
        };
        let mut out = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            quoted(&self.user),
            quoted(realm),
            quoted(nonce),
            quoted(target)
        );
        if !algorithm.is_empty() {
            out.extend([", algorithm=", algorithm]);
        }
        if let Some(opaque) = opaque {
            out.extend([", opaque=", &quoted(opaque)]);
        }
        if *is_counted {
            out.extend([", qop=auth, nc=", &count, ", cnonce=", &quoted(own)]);
        } else if *is_session {
            out.extend([", cnonce=", &quoted(own)]);
        }
        out
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616 section 3.9.1.
    const FIELDS: [&str; 2] = [
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
        "Basic realm=\"a, b=c\", Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
    ];

    fn response(field: &str) -> String {
        let challenge = Challenge::best([field.as_bytes()].into_iter()).unwrap();
        let mut client = Client::new("Mufasa", "Circle of Life");
        client.count = 1;
        let own = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        client.answered(&challenge, "GET", "/dir/index.html", own)
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let sha256 = response(FIELDS[0]);
        let wanted = "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"";
        assert!(sha256.contains(wanted), "{sha256}");
        let md5 = response(FIELDS[1]);
        assert!(md5.contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""), "{md5}");
        assert!(md5.contains(", algorithm=MD5, opaque=\"FQ") && md5.contains(", qop=auth, nc=00000001, cnonce=\"f2/"));
        let best = Challenge::best(FIELDS.iter().rev().map(|field| field.as_bytes())).unwrap();
        assert_eq!(best.hash, Hash::Sha256);
    }

    #[test]
    fn an_old_rfc_s_example() {
        // RFC 2069, as corrected by its errata.
        let field =
            "digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc\"";
        let challenge = Challenge::best([field.as_bytes()].into_iter()).unwrap();
        let said = Client::new("Mufasa", "CircleOfLife").answered(&challenge, "GET", "/dir/index.html", "");
        assert!(said.contains("response=\"1949323746fe6a43ef61f9606e7febea\"") && !said.contains("qop"), "{said}");
    }

    #[test]
    fn what_cannot_be_answered() {
        for field in
            ["Basic realm=\"x\"", "Digest realm=\"x\"", "Digest realm=x, nonce=y, algorithm=SHA-512", "Negotiate", ""]
        {
            assert_eq!(Challenge::best([field.as_bytes()].into_iter()), None, "{field}");
        }
    }

    #[test]
    fn the_same_answer_is_not_given_twice() {
        let challenge = Challenge::best([FIELDS[0].as_bytes()].into_iter()).unwrap();
        let mut client = Client::new("u", "p");
        assert_eq!(client.answer("GET", "/"), None);
        assert!(client.learn(challenge.clone(), 0));
        assert!(client.answer("GET", "/").is_some());
        assert!(client.learn(challenge.clone(), 0), "another request, sent before");
        assert!(!client.learn(challenge.clone(), client.challenges()));
        assert!(client.learn(Challenge { is_stale: true, ..challenge }, client.challenges()));
    }
}
