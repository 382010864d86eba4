//! Proxies: HTTP and SOCKS5.

use awc::http::header::HeaderValue;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use percent_encoding::percent_decode_str;
use url::{Host, Url};
use xxhash_rust::xxh3::xxh3_64;

use crate::urls::glob::host::canonical_name;

/// Protocol of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP: whole URLs for http (RFC 9112 section 3.2.2), `CONNECT` for https (RFC 9110 section 9.3.6).
    Http,
    /// SOCKS5 (RFC 1928). The proxy looks names up.
    Socks5,
}

/// A proxy and its credentials, which are sent to it alone.
pub(crate) struct Proxy {
    protocol: Protocol,
    /// Host and port, as in a URL.
    authority: String,
    /// Name, or address without brackets.
    host: String,
    port: u16,
    /// User and password.
    credentials: Option<(Vec<u8>, Vec<u8>)>,
    authorization: Option<HeaderValue>,
    id: u64,
}

impl Proxy {
    /// Parses `http://[user:password@]host[:port]`, also with `socks5://` or `socks5h://`.
    ///
    /// # Errors
    /// What is wrong. The text never contains the credentials.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected http://[user:password@]host:port or socks5://[user:password@]host:port";
        let url = Url::parse(text).map_err(|error| format!("proxy is not a valid URL ({error}); {expected}"))?;
        let (protocol, default_port) = match url.scheme() {
            "http" => (Protocol::Http, 80),
            "socks5" | "socks5h" => (Protocol::Socks5, 1080),
            scheme => return Err(format!("proxy scheme `{scheme}` is not supported; {expected}")),
        };
        let host = match url.host() {
            // In a socks5:// URL the name is as written, so it is read here like that of an http:// URL.
            Some(Host::Domain(name)) if !name.is_empty() => {
                canonical_name(name).map_err(|message| format!("proxy: {message}; {expected}"))?
            }
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(Host::Domain(_)) | None => return Err(format!("proxy has no host; {expected}")),
        };
        let port = url.port().unwrap_or(default_port);
        let credentials = credentials(&url);
        if protocol == Protocol::Socks5
            && credentials.as_ref().is_some_and(|(user, password)| user.len().max(password.len()) > 255)
        {
            return Err("user and password of a SOCKS5 proxy must not be longer than 255 bytes".to_owned());
        }
        let authorization = credentials.as_ref().map(authorization).transpose()?;
        let authority = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let id = xxh3_64(text.as_bytes());
        Ok(Self { protocol, authority, host, port, credentials, authorization, id })
    }

    /// The proxy's protocol.
    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Host and port, as in a URL.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// `Proxy-Authorization`.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Host (without brackets) and port.
    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// User and password, at most 255 bytes each for SOCKS5.
    pub(crate) fn credentials(&self) -> Option<(&[u8], &[u8])> {
        self.credentials.as_ref().map(|(user, password)| (&**user, &**password))
    }

    /// Number of this proxy with these credentials; another proxy, or other credentials, have another number.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

fn credentials(url: &Url) -> Option<(Vec<u8>, Vec<u8>)> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text| percent_decode_str(text).collect();
    Some((decoded(url.username()), decoded(url.password().unwrap_or_default())))
}

fn authorization((user, password): &(Vec<u8>, Vec<u8>)) -> Result<HeaderValue, String> {
    let pair = [user.as_slice(), b":", password].concat();
    let text = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| "user or password contains characters not allowed in a header field".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// Leaves out the credentials.
impl std::fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} {}", self.protocol, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies() {
        for (text, authority, host, port, credentials) in [
            ("http://127.0.0.1:3128", "127.0.0.1:3128", "127.0.0.1", 3128, None),
            ("http://proxy.example", "proxy.example:80", "proxy.example", 80, None),
            ("http://us%20er:p%3Aw@[::1]:8080/", "[::1]:8080", "::1", 8080, Some("Basic dXMgZXI6cDp3")),
            ("http://bücher.example.:3128", "xn--bcher-kva.example:3128", "xn--bcher-kva.example", 3128, None),
            ("socks5://BÜCHER.example", "xn--bcher-kva.example:1080", "xn--bcher-kva.example", 1080, None),
            ("socks5://[0::1]:9050", "[::1]:9050", "::1", 9050, None),
            ("socks5://127.1", "127.0.0.1:1080", "127.0.0.1", 1080, None),
            ("socks5://a.example", "a.example:1080", "a.example", 1080, None),
            ("socks5h://u:p@127.0.0.1:9050", "127.0.0.1:9050", "127.0.0.1", 9050, Some("Basic dTpw")),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!((proxy.authority(), proxy.address()), (authority, (host, port)));
            assert_eq!(proxy.authorization().map(|value| value.to_str().unwrap()), credentials);
            assert!(!format!("{proxy:?}").contains('@'));
        }
        for text in ["127.0.0.1:3128", "", "https://a.example", "http://", "socks4://a", "socks5://a..b", "socks5://*"]
        {
            assert!(Proxy::parse(text).is_err(), "{text}");
        }
        assert_ne!(Proxy::parse("http://a:b@c").unwrap().id(), Proxy::parse("http://a:d@c").unwrap().id());
    }
}
