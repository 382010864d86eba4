//! A page, as handlers see it.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | [`Page`]: response, text, and the values found by scanning |
//! | `select`, `selector`, `element`, `dom`, `text` | CSS selectors on the tree of the page; text of elements |
//! | `link` | [`Page::links`](Page::links) and [`Link`](link::Link) |
//! | `sitemap` | the page as sitemap or feed |
//! | `media`, `markup` | media type and encoding of the page; the rules by which it is read |
//! | `charset/` | the encoding of the body |
//! | `xml/` | strict reader of XML |
//! | `scan/` | links, base and title in one pass without a tree |

use std::{cell::OnceCell, fmt, net::SocketAddr, rc::Rc, time::Duration};

use bytes::Bytes;
use bytestring::ByteString;
use scraper::Html;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use self::{charset::Charset, markup::Markup, scan::Scan};
use crate::{
    base::time::Mono,
    http::{
        coding::Content,
        media_type::MediaType,
        request::{Request, anonymous},
        response::{Headers, Response},
    },
    urls::resolve::resolve_encoded,
};

pub(crate) mod charset;
pub(crate) mod dom;
pub(crate) mod element;
pub(crate) mod link;
mod markup;
mod media;
pub(crate) mod scan;
mod select;
pub(crate) mod selector;
mod sitemap;
#[cfg(test)]
mod tests;
mod text;
mod xml;

/// A response and its contents.
///
/// Each view is computed on first use: the text, one scan for links, base and title, the tree for selectors.
/// Clones share everything.
///
/// ```
/// # use lycosa::Page;
/// let html = "<title>Quotes</title><p class=quote>Bite <b>me</b>.</p><a href=/page/2>next</a>";
/// let page = Page::for_test("http://a.example/".parse().unwrap(), "text/html", html);
/// assert_eq!(page.title(), Some("Quotes"));
/// assert_eq!(page.text(".quote"), "Bite me.");
/// assert_eq!(page.link("a").unwrap().as_str(), "http://a.example/page/2");
/// ```
#[derive(Clone)]
pub struct Page(Rc<PageData>);

struct PageData {
    request: Request,
    status: u16,
    headers: Headers,
    body: Bytes,
    truncated: bool,
    address: Option<SocketAddr>,
    latency: Duration,
    media: OnceCell<MediaType>,
    charset: OnceCell<Charset>,
    text: OnceCell<ByteString>,
    scan: OnceCell<Scan>,
    base: OnceCell<Url>,
    tree: OnceCell<Html>,
}

/// The response.
impl Page {
    /// Creates the page of a response to `request`. `content` is the body with its content codings removed.
    pub(crate) fn new(request: Request, response: Response, content: Content) -> Self {
        let Response { status, headers, address, started, ended, .. } = response;
        Self(Rc::new(PageData {
            request,
            status,
            headers,
            body: content.bytes,
            truncated: content.truncated,
            address,
            latency: ended.since(started),
            media: OnceCell::new(),
            charset: OnceCell::new(),
            text: OnceCell::new(),
            scan: OnceCell::new(),
            base: OnceCell::new(),
            tree: OnceCell::new(),
        }))
    }

    /// Creates a page for tests of handlers: the response 200 to a GET of `url`.
    #[must_use]
    pub fn for_test(url: Url, content_type: &str, content: impl Into<Bytes>) -> Self {
        let mut headers = Headers::default();
        headers.push("content-type", Bytes::copy_from_slice(content_type.as_bytes()));
        Self::from_parts(Request::get(url), 200, headers, content.into())
    }

    /// Creates the page of a response without address and times. `bytes` is the body with its content codings removed.
    pub(crate) fn from_parts(request: Request, status: u16, headers: Headers, bytes: Bytes) -> Self {
        let (truncated, address, body) = (false, None, Bytes::new());
        let response =
            Response { status, headers, body, truncated, address, started: Mono::default(), ended: Mono::default() };
        Self::new(request, response, Content { bytes, truncated })
    }

    /// Returns the URL of the response: after redirects, the last one.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.0.request.url()
    }

    /// Returns the request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.0.request
    }

    /// Returns the status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Returns the header fields.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.0.headers
    }

    /// Returns the first value of a header field. `name` may have any case. A value that is not UTF-8 is read as latin-1.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.text(&name.to_ascii_lowercase())
    }

    /// Returns the label of the request.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.0.request.label_name().map(AsRef::as_ref)
    }

    /// Returns the number of links followed from the seed to this page.
    #[must_use]
    pub fn depth(&self) -> u16 {
        self.0.request.depth_value()
    }

    /// Returns the data that was attached to the request; `Null` if none was.
    #[must_use]
    pub fn meta(&self) -> Value {
        self.0.request.meta_value()
    }

    /// Returns true if the body was cut at its limit (`fetcher.over_limit = "truncate"`).
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.0.truncated
    }

    /// Returns the address of the server. `None` behind a proxy.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.address
    }

    /// Returns the time from sending the request to the last byte of the response.
    #[must_use]
    pub fn latency(&self) -> Duration {
        self.0.latency
    }

    /// Returns the body with its content codings removed.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }
}

/// The text.
impl Page {
    /// Returns the body as text.
    ///
    /// The encoding comes from the byte order mark, `Content-Type`, `<meta>`, or is guessed from the bytes. Invalid bytes
    /// become U+FFFD.
    #[must_use]
    pub fn body_text(&self) -> &str {
        self.0.text.get_or_init(|| self.charset().text(&self.0.body))
    }

    /// Returns the WHATWG name of the encoding of [`Page::body_text`], such as `UTF-8` or `windows-1252`.
    #[must_use]
    pub fn encoding(&self) -> &'static str {
        self.charset().encoding.name()
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    /// If it is not JSON, or does not match `T`.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.body_text())
    }
}

/// Values found by scanning the text. A page that is neither HTML nor XML has none.
///
/// XHTML and other XML are read by the rules of XML, or by those of HTML if they are not well-formed.
impl Page {
    /// Returns the text of the first `<title>`, white space collapsed. `None` if it is empty.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.scan().title()
    }

    /// Returns the base of relative links: the first `<base href>` if it is a usable URL, else the URL of the page (HTML
    /// standard, "document base URL").
    #[must_use]
    pub fn base(&self) -> &Url {
        self.0.base.get_or_init(|| {
            let base = self.scan().base().and_then(|href| self.resolve(self.url(), href).ok());
            base.filter(|base| !matches!(base.scheme(), "data" | "javascript")).unwrap_or_else(|| self.url().clone())
        })
    }

    /// Returns the URL of the first `<link rel=canonical>`.
    #[must_use]
    pub fn canonical(&self) -> Option<Url> {
        self.scan().canonical().and_then(|href| self.join(href).ok())
    }

    /// Returns `rel` and `href` of every `<link>` that has both, as written; at most 256.
    pub fn relations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scan().relations()
    }

    /// Returns the content of the first `<meta name=robots>`, as written.
    #[must_use]
    pub fn robots(&self) -> Option<&str> {
        self.scan().robots()
    }

    /// Returns the content of the first valid `<meta http-equiv=refresh>` outside `<noscript>`, as written.
    #[must_use]
    pub fn refresh(&self) -> Option<&str> {
        self.scan().refresh()
    }

    /// Resolves `href` on this page.
    ///
    /// The query is encoded in the encoding of the page, as in browsers. User and password are removed, as in every URL
    /// from a page: pages must not choose credentials.
    ///
    /// # Errors
    /// If it is not a valid URL.
    pub fn join(&self, href: &str) -> Result<Url, url::ParseError> {
        self.resolve(self.base(), href)
    }

    /// Like [`join`](Self::join), against this base.
    pub(crate) fn resolve(&self, base: &Url, href: &str) -> Result<Url, url::ParseError> {
        resolve_encoded(base, href, self.charset().encoding).map(anonymous)
    }

    pub(super) fn scan(&self) -> &Scan {
        self.0.scan.get_or_init(|| match self.markup() {
            Markup::Html => Scan::from_html(self.body_text()),
            // It can be long, and its handler reads it in another way.
            Markup::Xml if self.request().is_sitemap() => Scan::default(),
            Markup::Xml => Scan::from_xml(self.body_text()).unwrap_or_else(|_| Scan::from_html(self.body_text())),
            Markup::Other => Scan::default(),
        })
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PageData { request, status, body, .. } = &*self.0;
        let url = request.url().as_str();
        formatter.debug_struct("Page").field("url", &url).field("status", status).field("bytes", &body.len()).finish()
    }
}
