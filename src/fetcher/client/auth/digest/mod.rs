//! Digest authentication (RFC 7616): MD5 and SHA-256, each also as `-sess`, with `qop=auth` or none.

pub(crate) mod challenge;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::base::locks::lock;

pub(crate) use self::challenge::{Challenge, next_nonce};

/// Nonces whose counts are kept.
const MAX_NONCES: usize = 64;

/// Challenges to one request that are answered: the first one, and those that come because other requests at the same time
/// have used up the nonce, which is good for one. Each of them may do so once or twice.
const MAX_CHALLENGES: u8 = 12;

/// A user at one server, for all requests to it.
pub(crate) struct DigestUser {
    user: String,
    password: String,
    nonces: Mutex<Nonces>,
}

/// What the server said last, and how often it was answered.
#[derive(Debug, Default)]
struct Nonces {
    /// What requests answer before they are asked.
    current: Option<Arc<Challenge>>,
    /// Nonces, and how many answers had them, those used last at the end; at most [`MAX_NONCES`].
    counts: VecDeque<(String, u32)>,
}

/// What one request and its server say to each other.
#[derive(Debug, Default)]
pub(crate) struct AuthSession {
    /// What the request answers.
    challenge: Option<Arc<Challenge>>,
    /// How often it was challenged.
    challenges: u8,
}

impl std::fmt::Debug for DigestUser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("nonces", &self.nonces).finish_non_exhaustive()
    }
}

impl DigestUser {
    /// A user who was asked nothing yet.
    pub(crate) fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), nonces: Mutex::default() }
    }

    /// What a request begins with.
    pub(crate) fn begin(&self) -> AuthSession {
        AuthSession { challenge: self.lock().current.clone(), challenges: 0 }
    }

    /// The value of `Authorization` for a request, once there was a challenge. No two have the same nonce and count.
    pub(crate) fn answer(&self, dialogue: &AuthSession, method: &str, target: &str) -> Option<String> {
        let challenge = dialogue.challenge.as_ref()?;
        let count = self.lock().count(&challenge.nonce);
        let own: String = (0..16).map(|_| char::from_digit(fastrand::u32(..16), 16).unwrap_or('0')).collect();
        Some(self.answered(challenge, method, target, count, &own))
    }

    /// Takes in a challenge. Says whether there is another answer to it than the one before: to a first one, and to one that
    /// says that only the nonce was too old.
    pub(crate) fn learn(&self, dialogue: &mut AuthSession, challenge: Challenge) -> bool {
        let is_new = dialogue.challenge.as_ref().is_none_or(|before| before.nonce != challenge.nonce);
        let is_answered = challenge.is_stale || is_new && dialogue.challenges == 0;
        dialogue.challenges = dialogue.challenges.saturating_add(1);
        let challenge = Arc::new(challenge);
        self.lock().current = Some(challenge.clone());
        // Its own challenge, whatever others learn meanwhile: a nonce may be good for one request.
        dialogue.challenge = Some(challenge);
        is_answered && dialogue.challenges <= MAX_CHALLENGES
    }

    /// Takes in the nonce that the server wants to see next.
    pub(crate) fn renew(&self, dialogue: &AuthSession, nonce: String) {
        if let Some(answered) = &dialogue.challenge {
            self.lock().current = Some(Arc::new(Challenge { nonce, ..Challenge::clone(answered) }));
        }
    }

    fn answered(&self, challenge: &Challenge, method: &str, target: &str, count: u32, own: &str) -> String {
        let Challenge { realm, nonce, opaque, algorithm, hash, is_session, is_counted, .. } = challenge;
        let mut secret = hash.of(&format!("{}:{realm}:{}", self.user, self.password));
        if *is_session {
            secret = hash.of(&format!("{secret}:{nonce}:{own}"));
        }
        let asked = hash.of(&format!("{method}:{target}"));
        let count = format!("{count:08x}");
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

    /// A panic while they were locked may have cost a count, which the server would not take twice.
    fn lock(&self) -> MutexGuard<'_, Nonces> {
        lock(&self.nonces)
    }
}

impl Nonces {
    /// How many answers have this nonce, the next one among them.
    fn count(&mut self, nonce: &str) -> u32 {
        let known = self.counts.iter().position(|(known, _)| known == nonce);
        let (name, count) = known.and_then(|place| self.counts.remove(place)).unwrap_or_else(|| (nonce.to_owned(), 0));
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

    /// RFC 7616 section 3.9.1.
    const FIELDS: [&str; 2] = [
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
        "Basic realm=\"a, b=c\", Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
    ];

    fn response(field: &str) -> String {
        let client = DigestUser::new("Mufasa", "Circle of Life");
        let own = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        client.answered(&challenge(field), "GET", "/dir/index.html", 1, own)
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
        assert_eq!(best, challenge(FIELDS[0]));
    }

    #[test]
    fn an_old_rfc_s_example() {
        // RFC 2069, as corrected by its errata.
        let field =
            "digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc\"";
        let client = DigestUser::new("Mufasa", "CircleOfLife");
        let said = client.answered(&challenge(field), "GET", "/dir/index.html", 1, "");
        assert!(said.contains("response=\"1949323746fe6a43ef61f9606e7febea\"") && !said.contains("qop"), "{said}");
    }

    /// A challenge with this nonce.
    fn asked(nonce: &str, stale: &str) -> Challenge {
        challenge(&format!("Digest realm=r, qop=auth, nonce={nonce}{stale}"))
    }

    fn told(client: &DigestUser, dialogue: &AuthSession) -> Option<(String, String)> {
        let said = client.answer(dialogue, "GET", "/")?;
        let part = |name| Some(said.split_once(name)?.1.split([',', '"']).next()?.to_owned());
        Some((part("nonce=\"")?, part("nc=")?))
    }

    #[test]
    fn the_same_answer_is_not_given_twice() {
        let client = DigestUser::new("u", "p");
        let (mut first, mut second) = (client.begin(), client.begin());
        assert_eq!(told(&client, &first), None);
        assert!(client.learn(&mut first, asked("a", "")));
        assert!(client.learn(&mut second, asked("a", "")), "sent before");
        let said = |dialogue: &AuthSession| told(&client, dialogue).unwrap();
        let pair = |nonce: &str, count: &str| (nonce.to_owned(), format!("0000000{count}"));
        assert_eq!((said(&second), said(&first)), (pair("a", "1"), pair("a", "2")));
        assert!(!client.learn(&mut first, asked("a", "")));
        assert!(!client.learn(&mut second, asked("b", "")), "answered, and not for its age");

        // Each answers what it was asked itself, and an old nonce goes on where it was.
        let (mut first, mut second) = (client.begin(), client.begin());
        assert_eq!(said(&first), pair("b", "1"));
        assert!(client.learn(&mut first, asked("c", ", stale=true")));
        assert!(client.learn(&mut second, asked("a", ", stale=TRUE")));
        assert_eq!((said(&first), said(&second)), (pair("c", "1"), pair("a", "3")));
        client.renew(&first, "d".to_owned());
        assert_eq!((said(&client.begin()), said(&client.begin())), (pair("d", "1"), pair("d", "2")));
    }

    #[test]
    fn a_server_that_is_never_content_is_given_up() {
        let client = DigestUser::new("u", "p");
        let mut dialogue = client.begin();
        let answers =
            (0..100).take_while(|nonce| client.learn(&mut dialogue, asked(&nonce.to_string(), ", stale=true")));
        assert_eq!(answers.count(), usize::from(MAX_CHALLENGES));
        assert!((100..1000).all(|nonce| client.lock().count(&nonce.to_string()) == 1));
        assert_eq!(client.lock().counts.len(), MAX_NONCES);
    }
}
