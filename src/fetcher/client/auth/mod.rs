//! Credentials, each for one origin.
//!
//! `config` is the table `[[auth]]`, `netrc` reads a `.netrc` file, `digest` is Digest authentication.

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

/// All credentials. The Fetchers share them, because no two Digest answers may be equal.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    /// From `[[auth]]`.
    configured: Vec<OriginCredential>,
    netrc: Vec<netrc::Machine>,
}

/// Credential for one origin.
#[derive(Debug)]
struct OriginCredential {
    origin: Url,
    credential: Credential,
}

#[derive(Debug)]
enum Credential {
    /// Complete value of `Authorization`.
    Fixed(HeaderValue),
    /// Computed from the last challenge of the server.
    Digest(DigestUser),
}

impl Credentials {
    /// Combines `[[auth]]` tables and the text of a `.netrc` file. The tables take precedence.
    pub(crate) fn new(configs: &[Config], netrc: &str) -> Self {
        let configured = configs.iter().filter_map(|config| {
            let parsed = config.parse().ok();
            let parsed = parsed.and_then(|origin| Some(OriginCredential { origin, credential: credential(config)? }));
            if parsed.is_none() {
                warn!(origin = config.origin; "invalid credentials ignored");
            }
            parsed
        });
        Self { configured: configured.collect(), netrc: netrc::machines(netrc) }
    }

    /// Starts the authentication of a request, with the last challenge of its server.
    pub(crate) fn begin(&self, request: &Request) -> AuthSession {
        self.digest_user(request).map(DigestUser::begin).unwrap_or_default()
    }

    /// Adds `Authorization` to a request, unless it brings its own.
    pub(crate) fn add(&self, head: &mut RequestHead, request: &Request, session: &AuthSession) {
        let is_empty = self.configured.is_empty() && self.netrc.is_empty();
        if is_empty || head.has(&AUTHORIZATION) {
            return;
        }
        let value = match self.find(request.url()) {
            Some(Credential::Fixed(value)) => Some(value.clone()),
            Some(Credential::Digest(user)) => {
                let target = &request.url()[Position::BeforePath..Position::AfterQuery];
                user.answer(session, request.method().as_str(), target).and_then(secret)
            }
            // A .netrc names no scheme and port, so it does not apply after a redirect to another origin.
            None if request.has_strayed() => None,
            None => {
                netrc::find(&self.netrc, request.url()).and_then(|machine| basic(&machine.login, &machine.password))
            }
        };
        if let Some(value) = value {
            head.push(&AUTHORIZATION, &value);
        }
    }

    /// Handles the authentication fields of a response. Returns true if the request must be sent again with an answer.
    pub(crate) fn handle_response(&self, session: &mut AuthSession, request: &Request, head: &ResponseHead) -> bool {
        let Some(user) = self.digest_user(request) else { return false };
        if head.status == 401 {
            let challenge = Challenge::best(head.headers.all("www-authenticate"));
            return challenge.is_some_and(|challenge| user.learn(session, challenge));
        }
        if let Some(nonce) = next_nonce(head.headers.all("authentication-info")) {
            user.renew(session, nonce);
        }
        false
    }

    /// Returns the user that answers challenges of a request. `None` if the request has its own credentials.
    fn digest_user(&self, request: &Request) -> Option<&DigestUser> {
        let Credential::Digest(user) = self.find(request.url())? else { return None };
        let is_own = |(name, _): &(String, String)| name.eq_ignore_ascii_case("authorization");
        (!request.headers().iter().any(is_own)).then_some(user)
    }

    fn find(&self, url: &Url) -> Option<&Credential> {
        let found = self.configured.iter().find(|configured| origin(&configured.origin) == origin(url));
        found.map(|configured| &configured.credential)
    }
}

fn credential(config: &Config) -> Option<Credential> {
    match config.kind {
        AuthKind::Basic => basic(&config.user, &config.password).map(Credential::Fixed),
        AuthKind::Bearer => secret(format!("Bearer {}", config.token)).map(Credential::Fixed),
        AuthKind::Digest => Some(Credential::Digest(DigestUser::new(&config.user, &config.password))),
    }
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    secret(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
}

fn secret(value: impl Into<Vec<u8>>) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(value.into()).ok()?;
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
    fn credentials_are_sent_to_their_origin_only() {
        let configs = [
            config("https://a.example", AuthKind::Basic),
            config("http://b.example:81", AuthKind::Bearer),
            config("http://BÜCHER.example.:80", AuthKind::Bearer),
            config("http://[0::1]", AuthKind::Bearer),
        ];
        let credentials = Credentials::new(
            &configs,
            "machine c.example login me password secret machine größe.example. login me password secret machine 0:0::2 login me password secret",
        );
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
            ("http://bücher.example/", Some("Bearer t")),
            ("http://[::1]/", Some("Bearer t")),
            ("http://xn--gre-6ka8i.example/", Some("Basic bWU6c2VjcmV0")),
            ("http://[::2]:8080/", Some("Basic bWU6c2VjcmV0")),
        ] {
            let mut head = RequestHead::new("GET", &["/"], "h").unwrap();
            credentials.add(&mut head, &Request::get(url.parse().unwrap()), &AuthSession::default());
            let head = head.to_string();
            let found = head.lines().find_map(|line| line.strip_prefix("authorization: "));
            assert_eq!(found, value, "{url}");
        }
    }

    #[test]
    fn invalid_tables_are_refused() {
        for (origin, is_valid) in [
            ("https://a.example", true),
            ("https://:p@a.example", false),
            ("https://a.example/x", false),
            ("a.example", false),
            ("ftp://a", false),
        ] {
            assert_eq!(config(origin, AuthKind::Basic).parse().is_ok(), is_valid, "{origin}");
        }
        let mut without_user = config("https://a.example", AuthKind::Digest);
        without_user.user.clear();
        assert!(without_user.parse().is_err());
        let mut with_secret = config("https://a.example", AuthKind::Basic);
        with_secret.password = "secret".to_owned();
        assert!(!format!("{with_secret:?}").contains("secret"));
    }
}
