//! HTTP proxies: for http targets, by a request line with the whole URL (RFC 9112 section 3.2.2).

use std::{cell::Cell, rc::Rc, sync::Arc};

use awc::http::header::HeaderValue;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use percent_encoding::percent_decode_str;
use url::{Position, Url};

use crate::{outcome::FetchError, request::Request};

/// One proxy.
#[derive(Debug)]
pub(super) struct Proxy {
    /// Host and port.
    pub(super) authority: String,
    /// `Proxy-Authorization`: for the proxy, and for nobody else.
    pub(super) authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Parses `http://[user:password@]host[:port]`.
    fn parse(text: &str) -> Result<Self, FetchError> {
        let bad = |words: &str| FetchError::Proxy(Arc::from(words));
        let url = Url::parse(text).map_err(|_| bad("the proxy is no URL: write http://[user:password@]host:port"))?;
        if url.scheme() != "http" || url.host_str().is_none_or(str::is_empty) {
            return Err(bad("only HTTP proxies are supported: write http://[user:password@]host:port"));
        }
        let authorization = authorization(&url).map_err(|_| bad("credentials that no header can carry"))?;
        Ok(Self { authority: url[Position::BeforeHost..Position::AfterPort].to_owned(), authorization })
    }
}

fn authorization(proxy: &Url) -> Result<Option<HeaderValue>, awc::http::header::InvalidHeaderValue> {
    if proxy.username().is_empty() && proxy.password().is_none() {
        return Ok(None);
    }
    let mut pair: Vec<u8> = percent_decode_str(proxy.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(proxy.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(pair)))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// The configured proxies, used in turn.
#[derive(Debug)]
pub(super) struct Proxies {
    /// One that is none fails its requests: going out without it would show the address that it is there to hide.
    configured: Vec<Result<Rc<Proxy>, FetchError>>,
    next: Cell<usize>,
}

impl Proxies {
    /// The proxies of `fetcher.proxies`.
    pub(super) fn new(texts: &[String]) -> Self {
        let configured = texts.iter().map(|text| Proxy::parse(text).map(Rc::new)).collect();
        Self { configured, next: Cell::new(0) }
    }

    /// The proxy of a request: its own, else the next one configured, else none.
    ///
    /// # Errors
    /// When the proxy cannot be used, or not for this request.
    pub(super) fn choose(&self, request: &Request) -> Result<Option<Rc<Proxy>>, FetchError> {
        let chosen = match request.proxy_url() {
            Some(own) => Proxy::parse(own).map(Rc::new),
            None => {
                let turn = self.next.get();
                let Some(proxy) = self.configured.get(turn % self.configured.len().max(1)) else { return Ok(None) };
                self.next.set(turn.wrapping_add(1));
                proxy.clone()
            }
        };
        if chosen.is_ok() && request.url().scheme() == "https" {
            return Err(FetchError::Proxy("https through a proxy is not supported yet".into()));
        }
        chosen.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies() {
        for (text, authority, credentials) in [
            ("http://127.0.0.1:3128", "127.0.0.1:3128", None),
            ("http://proxy.example", "proxy.example", None),
            ("http://us%20er:p%3Aw@[::1]:8080/", "[::1]:8080", Some("Basic dXMgZXI6cDp3")),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!(proxy.authority, authority);
            assert_eq!(proxy.authorization.as_ref().map(|value| value.to_str().unwrap()), credentials);
        }
        for text in ["127.0.0.1:3128", "", "socks5://a.example", "https://a.example"] {
            assert!(matches!(Proxy::parse(text), Err(FetchError::Proxy(_))), "{text}");
        }
    }

    #[test]
    fn they_take_turns_and_a_request_may_have_its_own() {
        let proxies = Proxies::new(&["http://a:1".to_owned(), "http://b:2".to_owned(), "nonsense".to_owned()]);
        let request = Request::get("http://x.example/".parse().unwrap());
        let chosen = |request: &Request| proxies.choose(request).map(|proxy| proxy.unwrap().authority.clone());
        assert_eq!(chosen(&request).unwrap(), "a:1");
        assert_eq!(chosen(&request.clone().proxy("http://own:3")).unwrap(), "own:3");
        assert_eq!(chosen(&request).unwrap(), "b:2");
        assert!(chosen(&request).is_err());
        assert!(chosen(&Request::get("https://x.example/".parse().unwrap())).is_err());
        assert!(Proxies::new(&[]).choose(&request).unwrap().is_none());
    }
}
