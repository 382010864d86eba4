//! Pages behind each kind of authentication, for the user `wolf` with the password `a b`, or the token `t0ken`.

use md5::{Digest, Md5};

use super::{answer::Reply, menu::base64, request::Request};

const REALM: &str = "the den";

/// What lets a request in, or asks it who it is. None for a path without a door.
pub(super) fn asked(request: &Request) -> Option<Reply> {
    let said = request.header("authorization").unwrap_or_default();
    let path = request.target.split('?').next().unwrap_or_default();
    let (is_let_in, challenge) = match path {
        "/basic" => (said == format!("Basic {}", base64("wolf:a b")), format!("Basic realm=\"{REALM}\"")),
        "/bearer" => (said == "Bearer t0ken", "Bearer".to_owned()),
        "/digest" => (
            is_answered(request, said),
            format!("Digest realm=\"{REALM}\", nonce=\"n0nce\", qop=\"auth,auth-int\", algorithm=MD5, opaque=\"o,p\""),
        ),
        _ => return None,
    };
    (!is_let_in).then(|| Reply::new(401, "text/plain", "who are you?").header("www-authenticate", challenge))
}

fn is_answered(request: &Request, said: &str) -> bool {
    let part = |name: &str| {
        let (_, rest) = said.split_once(&format!(" {name}="))?;
        Some(rest.trim_start_matches('"').split(['"', ',']).next()?.to_owned())
    };
    let answered = || {
        let secret = hash(&format!("wolf:{REALM}:a b"));
        let asked = hash(&format!("{}:{}", request.method, request.target));
        let wanted = format!("{secret}:n0nce:{}:{}:auth:{asked}", part("nc")?, part("cnonce")?);
        Some(part("uri")? == request.target && part("response")? == hash(&wanted) && said.contains("opaque=\"o,p\""))
    };
    answered().unwrap_or(false)
}

fn hash(text: &str) -> String {
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
