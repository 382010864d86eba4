//! Credentials: each for its own origin, and for nobody else.

pub(crate) mod config;
pub(crate) mod digest;
pub(crate) mod netrc;

use awc::http::header::{AUTHORIZATION, HeaderValue};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use log::warn;
use url::{Position, Url};

pub(crate) use config::{AuthKind, Config};

pub(crate) use self::digest::AuthSession;
use self::digest::{Challenge, DigestUser, next_nonce};
use crate::{
    http::{redirect::origin, request::Request},
    transport::{RequestHead, ResponseHead},
};

/// All credentials, shared by the Fetchers: no two of them may give a server the same answer.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    /// As many as are configured.
    known: Vec<Known>,
    netrc: Vec<netrc::Machine>,
}

#[derive(Debug)]
struct Known {
    origin: Url,
    how: How,
}

#[derive(Debug)]
enum How {
    /// The whole value of `Authorization`.
    Fixed(HeaderValue),
    /// To be computed from what the server last asked.
    Digest(DigestUser),
}

impl Credentials {
    /// Those of `[[auth]]`, which go before those of a `.netrc`.
    pub(crate) fn new(configs: &[Config], netrc: &str) -> Self {
        let known = configs.iter().filter_map(|config| {
            let known = config.parse().ok().and_then(|origin| Some(Known { origin, how: how(config)? }));
            if known.is_none() {
                warn!(origin = config.origin; "credentials passed over");
            }
            known
        });
        Self { known: known.collect(), netrc: netrc::machines(netrc) }
    }

    /// What is known beforehand of what the server of a request asks.
    pub(crate) fn begin(&self, request: &Request) -> AuthSession {
        self.digest(request).map(DigestUser::begin).unwrap_or_default()
    }

    /// Adds `Authorization` to a request, unless it brings its own.
    pub(crate) fn add(&self, head: &mut RequestHead, request: &Request, dialogue: &AuthSession) {
        let is_unknown = self.known.is_empty() && self.netrc.is_empty();
        if is_unknown || head.has(&AUTHORIZATION) {
            return;
        }
        let value = match self.known(request.url()) {
            Some(Known { how: How::Fixed(value), .. }) => Some(value.clone()),
            Some(Known { how: How::Digest(client), .. }) => {
                let target = &request.url()[Position::BeforePath..Position::AfterQuery];
                client.answer(dialogue, request.method().as_str(), target).and_then(secret)
            }
            // It says nothing of schemes and ports, so a redirect from one to another ends what it says.
            None if request.has_strayed() => None,
            None => {
                netrc::find(&self.netrc, request.url()).and_then(|machine| basic(&machine.login, &machine.password))
            }
        };
        if let Some(value) = value {
            head.push(&AUTHORIZATION, &value);
        }
    }

    /// Takes in what an answer says of credentials. Says whether the request is to be sent again, with an answer to that.
    pub(crate) fn hear(&self, dialogue: &mut AuthSession, request: &Request, head: &ResponseHead) -> bool {
        let Some(client) = self.digest(request) else { return false };
        if head.status == 401 {
            let challenge = Challenge::best(head.headers.all("www-authenticate"));
            return challenge.is_some_and(|challenge| client.learn(dialogue, challenge));
        }
        if let Some(nonce) = next_nonce(head.headers.all("authentication-info")) {
            client.renew(dialogue, nonce);
        }
        false
    }

    /// The user by whom a request is to answer challenges, unless it brings its own credentials.
    fn digest(&self, request: &Request) -> Option<&DigestUser> {
        let Known { how: How::Digest(client), .. } = self.known(request.url())? else { return None };
        let is_own = |(name, _): &(String, String)| name.eq_ignore_ascii_case("authorization");
        (!request.headers().iter().any(is_own)).then_some(client)
    }

    fn known(&self, url: &Url) -> Option<&Known> {
        self.known.iter().find(|known| origin(&known.origin) == origin(url))
    }
}

fn how(config: &Config) -> Option<How> {
    match config.kind {
        AuthKind::Basic => basic(&config.user, &config.password).map(How::Fixed),
        AuthKind::Bearer => secret(format!("Bearer {}", config.token)).map(How::Fixed),
        AuthKind::Digest => Some(How::Digest(DigestUser::new(&config.user, &config.password))),
    }
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    secret(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
}

fn secret(value: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(origin: &str, kind: AuthKind) -> Config {
        let [user, password, token] = ["u", "p", "t"].map(str::to_owned);
        Config { origin: origin.to_owned(), kind, user, password, token }
    }

    #[test]
    fn credentials_are_for_their_origin() {
        let configs = [config("https://a.example", AuthKind::Basic), config("http://b.example:81", AuthKind::Bearer)];
        let credentials = Credentials::new(&configs, "machine c.example login me password secret");
        for (url, value) in [
            ("https://a.example/x", Some("Basic dTpw")),
            ("https://a.example:443/", Some("Basic dTpw")),
            ("http://a.example/", None),
            ("https://a.example:444/", None),
            ("https://x.a.example/", None),
            ("http://b.example:81/", Some("Bearer t")),
            ("http://b.example/", None),
            ("http://c.example/", Some("Basic bWU6c2VjcmV0")),
            ("http://d.example/", None),
        ] {
            let mut head = RequestHead::new("GET", &["/"], "h").unwrap();
            credentials.add(&mut head, &Request::get(url.parse().unwrap()), &AuthSession::default());
            let head = head.to_string();
            let found = head.lines().find_map(|line| line.strip_prefix("authorization: "));
            assert_eq!(found, value, "{url}");
        }
    }

    #[test]
    fn tables_that_are_none() {
        for (origin, right) in
            [("https://a.example", true), ("https://a.example/x", false), ("a.example", false), ("ftp://a", false)]
        {
            assert_eq!(config(origin, AuthKind::Basic).parse().is_ok(), right, "{origin}");
        }
        let mut nobody = config("https://a.example", AuthKind::Digest);
        nobody.user.clear();
        assert!(nobody.parse().is_err());
        let mut told = config("https://a.example", AuthKind::Basic);
        told.password = "secret".to_owned();
        assert!(!format!("{told:?}").contains("secret"));
    }
}
