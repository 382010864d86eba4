//! Digest authentication (RFC 7616): MD5 and SHA-256, also as `-sess`, with `qop=auth` or without.

pub(crate) mod challenge;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::base::locks::lock;

pub(crate) use self::challenge::{Challenge, next_nonce};

/// Maximum number of nonces whose counts are kept.
const MAX_NONCES: usize = 64;

/// Maximum number of challenges answered for one request.
///
/// More than one is needed with nonces that are valid for one request: concurrent requests may use up each other's nonce.
const MAX_CHALLENGES: u8 = 12;

/// User of a server, shared by all requests to it.
pub(crate) struct DigestUser {
    user: String,
    password: String,
    nonces: Mutex<Nonces>,
}

/// Last challenge of a server, and counts of its nonces.
#[derive(Debug, Default)]
struct Nonces {
    /// Challenge that new requests answer in advance.
    current: Option<Arc<Challenge>>,
    /// Nonces and the number of their answers, the last used at the end; at most [`MAX_NONCES`].
    counts: VecDeque<(String, u32)>,
}

/// Authentication state of one request.
#[derive(Debug, Default)]
pub(crate) struct AuthSession {
    /// Challenge that the request answers.
    challenge: Option<Arc<Challenge>>,
    /// Number of challenges received.
    challenge_count: u8,
}

impl std::fmt::Debug for DigestUser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DigestUser").field("nonces", &self.nonces).finish_non_exhaustive()
    }
}

impl DigestUser {
    /// Creates a user without a challenge.
    pub(crate) fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), nonces: Mutex::default() }
    }

    /// Returns the state of a new request.
    pub(crate) fn begin(&self) -> AuthSession {
        AuthSession { challenge: self.lock().current.clone(), challenge_count: 0 }
    }

    /// Returns the `Authorization` of a request. `None` before the first challenge. No two have the same nonce and count.
    pub(crate) fn answer(&self, session: &AuthSession, method: &str, target: &str) -> Option<Vec<u8>> {
        let challenge = session.challenge.as_ref()?;
        let count = self.lock().next_count(&challenge.nonce);
        let client_nonce: String = (0..16).map(|_| char::from_digit(fastrand::u32(..16), 16).unwrap_or('0')).collect();
        let answer = self.response(challenge, method, target, count, &client_nonce);
        Some(challenge.encode(&answer).into_owned())
    }

    /// Stores a challenge. Returns true if the request can answer it: the first challenge, or one because of a stale nonce.
    pub(crate) fn learn(&self, session: &mut AuthSession, challenge: Challenge) -> bool {
        let is_new = session.challenge.as_ref().is_none_or(|before| before.nonce != challenge.nonce);
        let is_answered = challenge.is_stale || is_new && session.challenge_count == 0;
        session.challenge_count = session.challenge_count.saturating_add(1);
        let challenge = Arc::new(challenge);
        self.lock().current = Some(challenge.clone());
        // Each request keeps its own challenge, because a nonce may be valid for one request only.
        session.challenge = Some(challenge);
        is_answered && session.challenge_count <= MAX_CHALLENGES
    }

    /// Stores the nonce that the server expects next.
    pub(crate) fn renew(&self, session: &AuthSession, nonce: String) {
        if let Some(answered) = &session.challenge {
            self.lock().current = Some(Arc::new(Challenge { nonce, ..Challenge::clone(answered) }));
        }
    }

    fn response(&self, challenge: &Challenge, method: &str, target: &str, count: u32, client_nonce: &str) -> String {
        let Challenge { realm, nonce, opaque, algorithm, hash, is_session, has_qop, .. } = challenge;
        let digest = |text: &str| hash.digest(&challenge.encode(text));
        let mut secret = digest(&format!("{}:{realm}:{}", self.user, self.password));
        if *is_session {
            secret = digest(&format!("{secret}:{nonce}:{client_nonce}"));
        }
        let request = digest(&format!("{method}:{target}"));
        let count = format!("{count:08x}");
        let response = match has_qop {
            true => digest(&format!("{secret}:{nonce}:{count}:{client_nonce}:auth:{request}")),
            false => digest(&format!("{secret}:{nonce}:{request}")),
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
        if *has_qop {
            out.extend([", qop=auth, nc=", &count, ", cnonce=", &quoted(client_nonce)]);
        } else if *is_session {
            out.extend([", cnonce=", &quoted(client_nonce)]);
        }
        out
    }

    /// Locks the nonces. A panic under the lock can only skip a count, which is harmless.
    fn lock(&self) -> MutexGuard<'_, Nonces> {
        lock(&self.nonces)
    }
}

impl Nonces {
    /// Counts an answer with this nonce. Returns its number, starting at 1.
    fn next_count(&mut self, nonce: &str) -> u32 {
        let known = self.counts.iter().position(|(known, _)| known == nonce);
        let (name, count) = known.and_then(|index| self.counts.remove(index)).unwrap_or_else(|| (nonce.to_owned(), 0));
        let count = count.saturating_add(1);
        self.counts.push_back((name, count));
        if self.counts.len() > MAX_NONCES {
            self.counts.pop_front();
        }
        count
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(field: &str) -> Challenge {
        Challenge::best([field.as_bytes()].into_iter()).unwrap()
    }

    /// Challenges of RFC 7616 section 3.9.1.
    const FIELDS: [&str; 2] = [
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
        "Basic realm=\"a, b=c\", Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
    ];

    fn response(field: &str) -> String {
        let client = DigestUser::new("Mufasa", "Circle of Life");
        let client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        client.response(&challenge(field), "GET", "/dir/index.html", 1, client_nonce)
    }

    #[test]
    fn examples_of_rfc_7616() {
        let sha256 = response(FIELDS[0]);
        let wanted = "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"";
        assert!(sha256.contains(wanted), "{sha256}");
        let md5 = response(FIELDS[1]);
        assert!(md5.contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""), "{md5}");
        assert!(md5.contains(", algorithm=MD5, opaque=\"FQ") && md5.contains(", qop=auth, nc=00000001, cnonce=\"f2/"));
        let best = Challenge::best(FIELDS.iter().rev().map(|field| field.as_bytes())).unwrap();
        assert_eq!(best, challenge(FIELDS[0]));
    }

    #[test]
    fn example_of_rfc_2069() {
        // RFC 2069, as corrected by its errata.
        let field =
            "digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc\"";
        let client = DigestUser::new("Mufasa", "CircleOfLife");
        let answer = client.response(&challenge(field), "GET", "/dir/index.html", 1, "");
        assert!(
            answer.contains("response=\"1949323746fe6a43ef61f9606e7febea\"") && !answer.contains("qop"),
            "{answer}"
        );
    }

    #[test]
    fn answers_keep_the_bytes_of_a_challenge() {
        for (realm, digest) in [
            (&b"caf\xe9"[..], "2c4b022adab1768a5d63d2c55d953cd9"),
            ("caf\u{e9}".as_bytes(), "0e7c8ae55b0cdac910af9d33bb2b333d"),
        ] {
            let field = [b"Digest nonce=n, realm=\"", realm, b"\""].concat();
            let client = DigestUser::new("u", "p");
            let mut session = client.begin();
            assert!(client.learn(&mut session, Challenge::best([&field[..]].into_iter()).unwrap()));
            let answer = client.answer(&session, "GET", "/").unwrap();
            let wanted = [b"realm=\"", realm, b"\""].concat();
            assert!(answer.windows(wanted.len()).any(|part| part == wanted), "{digest}");
            let wanted = format!("response=\"{digest}\"");
            assert!(answer.windows(wanted.len()).any(|part| part == wanted.as_bytes()), "{digest}");
        }
    }

    /// A challenge with this nonce.
    fn asked(nonce: &str, stale: &str) -> Challenge {
        challenge(&format!("Digest realm=r, qop=auth, nonce={nonce}{stale}"))
    }

    /// Returns nonce and count of the answer to a session.
    fn nonce_and_count(client: &DigestUser, session: &AuthSession) -> Option<(String, String)> {
        let answer = String::from_utf8(client.answer(session, "GET", "/")?).unwrap();
        let part = |name| Some(answer.split_once(name)?.1.split([',', '"']).next()?.to_owned());
        Some((part("nonce=\"")?, part("nc=")?))
    }

    #[test]
    fn no_two_answers_are_equal() {
        let client = DigestUser::new("u", "p");
        let (mut first, mut second) = (client.begin(), client.begin());
        assert_eq!(nonce_and_count(&client, &first), None);
        assert!(client.learn(&mut first, asked("a", "")));
        assert!(client.learn(&mut second, asked("a", "")), "the request was sent before the first challenge");
        let answer = |session: &AuthSession| nonce_and_count(&client, session).unwrap();
        let pair = |nonce: &str, count: &str| (nonce.to_owned(), format!("0000000{count}"));
        assert_eq!((answer(&second), answer(&first)), (pair("a", "1"), pair("a", "2")));
        assert!(!client.learn(&mut first, asked("a", "")));
        assert!(!client.learn(&mut second, asked("b", "")), "answered before, and not stale");

        // Each request answers its own challenge, and the count of an old nonce continues.
        let (mut first, mut second) = (client.begin(), client.begin());
        assert_eq!(answer(&first), pair("b", "1"));
        assert!(client.learn(&mut first, asked("c", ", stale=true")));
        assert!(client.learn(&mut second, asked("a", ", stale=TRUE")));
        assert_eq!((answer(&first), answer(&second)), (pair("c", "1"), pair("a", "3")));
        client.renew(&first, "d".to_owned());
        assert_eq!((answer(&client.begin()), answer(&client.begin())), (pair("d", "1"), pair("d", "2")));
    }

    #[test]
    fn endless_challenges_are_given_up() {
        let client = DigestUser::new("u", "p");
        let mut session = client.begin();
        let answers =
            (0..100).take_while(|nonce| client.learn(&mut session, asked(&nonce.to_string(), ", stale=true")));
        assert_eq!(answers.count(), usize::from(MAX_CHALLENGES));
        assert!((100..1000).all(|nonce| client.lock().next_count(&nonce.to_string()) == 1));
        assert_eq!(client.lock().counts.len(), MAX_NONCES);
    }
}
