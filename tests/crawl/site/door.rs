//! Pages behind each kind of authentication, for the user `wolf` with the password `a b`, or the token `t0ken`.
//!
//! No digest door takes an answer with a nonce and a count that it has had. `/digest-once` has one nonce at a time, which is
//! good for one answer; `/digest-next` tells the next one with its page; `/digest-closing` closes the connection behind its
//! question, and does not say so.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use md5::{Digest, Md5};

use super::{
    answer::{Answer, Reply},
    menu::base64,
    request::Request,
};

const REALM: &str = "the den";

/// The doors of a site.
#[derive(Clone, Debug, Default)]
pub(super) struct Door(Arc<Mutex<Answers>>);

#[derive(Debug, Default)]
struct Answers {
    /// Nonces used up.
    spent: u32,
    /// Nonces and counts that were answered with.
    taken: HashSet<(String, String)>,
}

impl Door {
    /// What asks a request who it is, or greets it. None for a path without a door, and whoever needs no greeting.
    pub(super) fn answer(&self, request: &Request) -> Option<Answer> {
        let said = request.header("authorization").unwrap_or_default();
        let path = request.target.split('?').next().unwrap_or_default();
        match path {
            "/basic" if said == format!("Basic {}", base64("wolf:a b")) => None,
            "/basic" => at_once(question(format!("Basic realm=\"{REALM}\""))),
            "/bearer" if said == "Bearer t0ken" => None,
            "/bearer" => at_once(question("Bearer".to_owned())),
            "/digest" | "/digest-once" | "/digest-next" | "/digest-closing" => self.digest(request, path, said),
            _ => None,
        }
    }

    fn digest(&self, request: &Request, path: &str, said: &str) -> Option<Answer> {
        let mut answers = self.0.lock().unwrap();
        let is_spent_at_once = matches!(path, "/digest-once" | "/digest-next");
        let answer = answered(request, said);
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
        let asked = question(format!(
            "Digest realm=\"{REALM}\", nonce=\"{}\", qop=\"auth,auth-int\", algorithm=MD5, opaque=\"o,p\"{stale}",
            answers.nonce()
        ));
        match path {
            "/digest-closing" => Some(Answer::Pieces(vec![asked.bytes(&request.method)], Duration::ZERO)),
            _ => at_once(asked),
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

fn question(challenge: String) -> Reply {
    Reply::new(401, "text/plain", "who are you?").header("www-authenticate", challenge)
}

/// Nonce and count of an answer that is right.
fn answered(request: &Request, said: &str) -> Option<(String, String)> {
    let part = |name: &str| {
        let (_, rest) = said.split_once(&format!(" {name}="))?;
        Some(rest.trim_start_matches('"').split(['"', ',']).next()?.to_owned())
    };
    let (nonce, count) = (part("nonce")?, part("nc")?);
    let secret = hash(&format!("wolf:{REALM}:a b"));
    let asked = hash(&format!("{}:{}", request.method, request.target));
    let wanted = hash(&format!("{secret}:{nonce}:{count}:{}:auth:{asked}", part("cnonce")?));
    let is_right = part("uri")? == request.target && part("response")? == wanted && said.contains("opaque=\"o,p\"");
    is_right.then_some((nonce, count))
}

fn hash(text: &str) -> String {
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
