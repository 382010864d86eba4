//! The route of a request: direct, or by a proxy. It is part of the URL that awc is given.

use awc::http::Uri;
use url::{Position, Url};

use crate::{
    base::text,
    failure::FetchError,
    transport::proxy::{Protocol, Proxy},
};

/// The route and TLS of a connection, written before the authority of a URL given to awc: `tls@example.org:443`.
///
/// Formally it is userinfo, so awc pools connections with different tags apart. Real userinfo never gets into these URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteTag {
    pub(crate) route: Route,
    /// True if the connection uses TLS (inside the tunnel, if there is one).
    pub(crate) is_secure: bool,
}

/// Where a connection leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// To the server, which is the authority of the URL.
    Direct,
    /// To a proxy, which is the authority and reads the request.
    Forward,
    /// Through a proxy's tunnel to the server, which is the authority.
    Tunnel,
}

impl RouteTag {
    fn for_request(url: &Url, proxy: Option<&Proxy>) -> Self {
        let is_secure = url.scheme() == "https";
        match proxy.map(Proxy::protocol) {
            None => Self { route: Route::Direct, is_secure },
            Some(Protocol::Http) if !is_secure => Self { route: Route::Forward, is_secure },
            Some(Protocol::Http | Protocol::Socks5) => Self { route: Route::Tunnel, is_secure },
        }
    }

    /// Reads the tag of a URL given to awc.
    pub(crate) fn read(uri: &Uri) -> Self {
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let tag = authority.rsplit_once('@').map_or("", |(tag, _)| tag);
        let (rest, is_secure) = tag.strip_prefix("tls").map_or((tag, false), |rest| (rest, true));
        let route = match rest.bytes().next() {
            Some(b'f') => Route::Forward,
            Some(b'p') => Route::Tunnel,
            Some(_) | None => Route::Direct,
        };
        Self { route, is_secure }
    }

    fn write(self, proxy: Option<&Proxy>) -> String {
        let id = proxy.map(Proxy::id).unwrap_or_default();
        let secure = if self.is_secure { "tls" } else { "" };
        match self.route {
            Route::Direct if self.is_secure => "tls@".to_owned(),
            Route::Direct => String::new(),
            Route::Forward => format!("{secure}f{id:x}@"),
            Route::Tunnel => format!("{secure}p{id:x}@"),
        }
    }
}

/// Returns true if the proxy reads the requests for this URL. Only then are its credentials among their header fields.
pub(crate) fn is_forwarded(url: &Url, proxy: &Proxy) -> bool {
    RouteTag::for_request(url, Some(proxy)).route == Route::Forward
}

/// Returns the target of the request line, in parts: path and query, or the whole URL if a proxy reads the request.
pub(crate) fn target<'a>(url: &'a Url, proxy: Option<&Proxy>) -> [&'a str; 3] {
    let path = &url[Position::BeforePath..Position::AfterQuery];
    match RouteTag::for_request(url, proxy).route {
        Route::Forward => ["http://", &url[Position::BeforeHost..Position::AfterPort], path],
        Route::Direct | Route::Tunnel => ["", "", path],
    }
}

/// Returns the URL that awc is given: only where the connection leads, not the page.
///
/// # Errors
/// [`FetchError::Request`] when awc cannot express it.
pub(crate) fn connection_uri(url: &Url, proxy: Option<&Proxy>) -> Result<Uri, FetchError> {
    let tag = RouteTag::for_request(url, proxy);
    let authority = match (tag.route, proxy) {
        (Route::Forward, Some(proxy)) => proxy.authority(),
        (Route::Direct | Route::Forward | Route::Tunnel, _) => &url[Position::BeforeHost..Position::AfterPort],
    };
    let uri = ["http://", &tag.write(proxy), authority, "/"].concat();
    Uri::try_from(uri).map_err(|error| FetchError::Request(text::from_error(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_uris_name_the_connection_only() {
        let (http, socks) = (Proxy::parse("http://u:p@a:1").unwrap(), Proxy::parse("socks5://b:2").unwrap());
        let (first, second) = (http.id(), socks.id());
        for (url, proxy, wanted, asked, way) in [
            ("http://x.example/y?z#f", None, "http://x.example/".to_owned(), "/y?z", Route::Direct),
            ("https://u:p@x.example/", None, "http://tls@x.example/".to_owned(), "/", Route::Direct),
            ("https://[::1]:8/", Some(&http), format!("http://tlsp{first:x}@[::1]:8/"), "/", Route::Tunnel),
            ("http://x.example/", Some(&socks), format!("http://p{second:x}@x.example/"), "/", Route::Tunnel),
            (
                "http://u:p@x.example:81/y?z#f",
                Some(&http),
                format!("http://f{first:x}@a:1/"),
                "http://x.example:81/y?z",
                Route::Forward,
            ),
        ] {
            let url: Url = url.parse().unwrap();
            let uri = connection_uri(&url, proxy).unwrap();
            assert_eq!((uri.to_string(), target(&url, proxy).concat().as_str()), (wanted, asked));
            assert_eq!(RouteTag::read(&uri), RouteTag { route: way, is_secure: url.scheme() == "https" });
        }
    }
}
