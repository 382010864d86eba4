//! Pages behind each kind of authentication, for the user `wolf` with the password `a b`, or the token `t0ken`.
//!
//! No Digest page accepts the same nonce and count twice. `/digest-once` has one nonce at a time, which is valid for one
//! answer. `/digest-next` sends the next nonce with its page. `/digest-closing` closes the connection after its challenge,
//! without saying so.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use md5::{Digest, Md5};

use super::{
    answer::{Answer, Reply},
    request::Request,
    routes::base64,
};

const REALM: &str = "the den";

/// Authentication state of a site.
#[derive(Clone, Debug, Default)]
pub(super) struct Auth(Arc<Mutex<Answers>>);

#[derive(Debug, Default)]
struct Answers {
    /// Nonces used up.
    spent: u32,
    /// Nonces and counts of accepted answers.
    taken: HashSet<(String, String)>,
}

impl Auth {
    /// Returns a challenge, or the page with a nonce. `None` if the path needs no credentials, or the page needs no nonce.
    pub(super) fn answer(&self, request: &Request) -> Option<Answer> {
        let authorization = request.header("authorization").unwrap_or_default();
        let path = request.target.split('?').next().unwrap_or_default();
        match path {
            "/basic" if authorization == format!("Basic {}", base64("wolf:a b")) => None,
            "/basic" => at_once(challenge(format!("Basic realm=\"{REALM}\""))),
            "/bearer" if authorization == "Bearer t0ken" => None,
            "/bearer" => at_once(challenge("Bearer".to_owned())),
            "/digest" | "/digest-once" | "/digest-next" | "/digest-closing" => {
                self.digest(request, path, authorization)
            }
            _ => None,
        }
    }

    fn digest(&self, request: &Request, path: &str, authorization: &str) -> Option<Answer> {
        let mut answers = self.0.lock().unwrap();
        let is_spent_at_once = matches!(path, "/digest-once" | "/digest-next");
        let answer = answered(request, authorization);
        let is_stale = answer.as_ref().is_some_and(|(nonce, _)| is_spent_at_once && *nonce != answers.nonce());
        if let Some(answer) = answer
            && !is_stale
            && answers.taken.insert(answer)
        {
            answers.spent += u32::from(is_spent_at_once);
            let next = format!("qop=auth, nextnonce=\"{}\"", answers.nonce());
            let page = Reply::html(format!("<title>{path}</title>")).header("authentication-info", next);
            return if path == "/digest-next" { at_once(page) } else { None };
        }
        let stale = if is_stale { ", stale=TRUE" } else { "" };
        let reply = challenge(format!(
            "Digest realm=\"{REALM}\", nonce=\"{}\", qop=\"auth,auth-int\", algorithm=MD5, opaque=\"o,p\"{stale}",
            answers.nonce()
        ));
        match path {
            "/digest-closing" => Some(Answer::Pieces(vec![reply.bytes(&request.method)], Duration::ZERO)),
            _ => at_once(reply),
        }
    }
}

impl Answers {
    fn nonce(&self) -> String {
        format!("n{}", self.spent)
    }
}

fn at_once(reply: Reply) -> Option<Answer> {
    Some(Answer::Reply(Duration::ZERO, reply))
}

fn challenge(challenge: String) -> Reply {
    Reply::new(401, "text/plain", "who are you?").header("www-authenticate", challenge)
}

/// Returns nonce and count of a correct answer.
fn answered(request: &Request, authorization: &str) -> Option<(String, String)> {
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(&format!(" {name}="))?;
        Some(rest.trim_start_matches('"').split(['"', ',']).next()?.to_owned())
    };
    let (nonce, count) = (part("nonce")?, part("nc")?);
    let secret = hash(&format!("wolf:{REALM}:a b"));
    let request_hash = hash(&format!("{}:{}", request.method, request.target));
    let expected = hash(&format!("{secret}:{nonce}:{count}:{}:auth:{request_hash}", part("cnonce")?));
    let is_right =
        part("uri")? == request.target && part("response")? == expected && authorization.contains("opaque=\"o,p\"");
    is_right.then_some((nonce, count))
}

fn hash(text: &str) -> String {
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
