//! A page as a handler sees it.

use std::{borrow::Cow, cell::OnceCell, fmt, rc::Rc};

use bytes::Bytes;
use bytestring::ByteString;
use encoding_rs::{Encoding, UTF_8};
use scraper::Html;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{
    charset::Charset,
    decode::Content,
    dom,
    element::Element,
    link::Link,
    scan::Scan,
    selector::{self, BadSelector},
};
use crate::{
    request::Request,
    response::{Headers, Response, media_essence},
};

/// An answer, and everything that can be read from it. Each view is computed when it is first asked for: the text, one
/// pass over it for links, base and title, a tree for selectors. Cloning shares all of it.
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
pub struct Page(Rc<Inner>);

struct Inner {
    request: Request,
    status: u16,
    headers: Headers,
    body: Bytes,
    truncated: bool,
    charset: OnceCell<Charset>,
    text: OnceCell<ByteString>,
    scan: OnceCell<Scan>,
    base: OnceCell<Url>,
    tree: OnceCell<Html>,
}

/// What came.
impl Page {
    /// The page of an answer to `request`; `content` is its body without content codings.
    pub(crate) fn new(request: Request, response: Response, content: Content) -> Self {
        let Response { status, headers, .. } = response;
        let Content { bytes: body, truncated } = content;
        let (charset, text, scan, base, tree) = Default::default();
        Self(Rc::new(Inner { request, status, headers, body, truncated, charset, text, scan, base, tree }))
    }

    /// A page made up, for tests of handlers: an answer 200 to a GET of `url`.
    #[must_use]
    pub fn for_test(url: Url, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut headers = Headers::default();
        headers.push("content-type", Bytes::copy_from_slice(content_type.as_bytes()));
        let (charset, text, scan, base, tree) = Default::default();
        let (request, body) = (Request::get(url), body.into());
        Self(Rc::new(Inner { request, status: 200, headers, body, truncated: false, charset, text, scan, base, tree }))
    }

    /// The URL that answered: the last one, when redirects were followed.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.0.request.url()
    }

    /// The request that was answered.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.0.request
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.0.headers
    }

    /// The first value of a header field, when it is valid UTF-8; the case of `name` does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.text(&name.to_ascii_lowercase())
    }

    /// The request's label.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.0.request.label_name().map(AsRef::as_ref)
    }

    /// Links followed from the seed to here.
    #[must_use]
    pub fn depth(&self) -> u16 {
        self.0.request.depth_value()
    }

    /// What the request was given to be found again; `Null` when nothing was.
    #[must_use]
    pub fn meta(&self) -> Value {
        self.0.request.meta_value()
    }

    /// Whether the body is only the beginning (`fetcher.over_limit = "truncate"`).
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.0.truncated
    }

    /// The body as bytes, content codings undone.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// Whether the page is HTML by its media type, or says of none.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let essence = self.header("content-type").map(media_essence).unwrap_or_default();
        matches!(essence.as_str(), "" | "text/html" | "application/xhtml+xml")
    }
}

/// Its text.
impl Page {
    /// The body as text: decoded by byte order mark, `Content-Type`, `<meta>` or what the bytes look like. What is not
    /// valid in the encoding is U+FFFD.
    #[must_use]
    pub fn body_text(&self) -> &str {
        self.0.text.get_or_init(|| self.charset().text(&self.0.body))
    }

    /// The WHATWG name of the encoding of [`Page::body_text`], such as `UTF-8` or `windows-1252`.
    #[must_use]
    pub fn encoding(&self) -> &'static str {
        self.charset().encoding.name()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none, or has not the shape of `T`.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.body_text())
    }

    fn charset(&self) -> Charset {
        let host = self.url().host_str().unwrap_or_default();
        *self.0.charset.get_or_init(|| Charset::of(&self.0.body, self.header("content-type"), host))
    }
}

/// What one pass over the text finds; nothing on a page that is not HTML.
impl Page {
    /// The text of the first `<title>`, white space collapsed; none when it is empty too.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.scan().title()
    }

    /// What relative links are relative to: the first `<base href>` that is a usable URL, else the page's own URL (HTML
    /// standard, "document base URL").
    #[must_use]
    pub fn base(&self) -> &Url {
        self.0.base.get_or_init(|| {
            let base = self.scan().base().and_then(|href| self.resolve(self.url(), href).ok());
            base.filter(|base| !matches!(base.scheme(), "data" | "javascript")).unwrap_or_else(|| self.url().clone())
        })
    }

    /// Every `a[href]` and `area[href]`, in the order of the text; at most 100,000.
    pub fn links(&self) -> impl ExactSizeIterator<Item = Link<'_>> {
        self.scan().links().map(|found| Link::new(self, found))
    }

    /// The URL of the first `<link rel=canonical>`.
    #[must_use]
    pub fn canonical(&self) -> Option<Url> {
        self.scan().canonical().and_then(|href| self.join(href).ok())
    }

    /// The first `<meta name=robots>`, as it is written.
    #[must_use]
    pub fn robots(&self) -> Option<&str> {
        self.scan().robots()
    }

    /// The first `<meta http-equiv=refresh>`, as it is written.
    #[must_use]
    pub fn refresh(&self) -> Option<&str> {
        self.scan().refresh()
    }

    /// The URL that `href` means on this page. Its query is encoded as browsers do: in the page's own encoding.
    ///
    /// # Errors
    /// When it is no URL.
    pub fn join(&self, href: &str) -> Result<Url, url::ParseError> {
        self.resolve(self.base(), href)
    }

    fn resolve(&self, base: &Url, href: &str) -> Result<Url, url::ParseError> {
        let encoding = self.charset().encoding;
        if encoding == UTF_8 {
            return base.join(href);
        }
        let encode = encoder(encoding);
        Url::options().base_url(Some(base)).encoding_override(Some(&encode)).parse(href)
    }

    pub(super) fn scan(&self) -> &Scan {
        self.0.scan.get_or_init(|| if self.is_html() { Scan::of(self.body_text()) } else { Scan::default() })
    }
}

/// What selectors find. A selector that is none matches nothing, and is logged once; [`Page::try_select`] says so.
impl Page {
    /// The elements that match, in document order.
    pub fn select(&self, css: &str) -> impl ExactSizeIterator<Item = Element<'_>> {
        selector::lenient(css).map(|css| self.all(&css)).unwrap_or_default().into_iter()
    }

    /// The elements that match, in document order.
    ///
    /// # Errors
    /// When `css` is no selector.
    pub fn try_select(&self, css: &str) -> Result<impl ExactSizeIterator<Item = Element<'_>>, BadSelector> {
        Ok(self.all(&*selector::parsed(css)?).into_iter())
    }

    /// The text of the first element that matches, white space collapsed; empty when none does.
    #[must_use]
    pub fn text(&self, css: &str) -> String {
        self.first(css).map(|element| element.own_text()).unwrap_or_default()
    }

    /// The texts of all elements that match, likewise.
    #[must_use]
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.select(css).map(|element| element.own_text()).collect()
    }

    /// An attribute of the first element that matches.
    #[must_use]
    pub fn attr(&self, css: &str, name: &str) -> Option<&str> {
        self.first(css)?.attr(name)
    }

    /// The HTML of the first element that matches, its own tags included.
    #[must_use]
    pub fn html(&self, css: &str) -> Option<String> {
        Some(self.first(css)?.html())
    }

    /// The URL of the `href` of the first element that matches.
    #[must_use]
    pub fn link(&self, css: &str) -> Option<Url> {
        self.first(css)?.href()
    }

    fn first(&self, css: &str) -> Option<Element<'_>> {
        let css = selector::lenient(css)?;
        self.tree().select(&css).next().map(|node| Element::new(self, node))
    }

    fn all(&self, css: &scraper::Selector) -> Vec<Element<'_>> {
        self.tree().select(css).map(|node| Element::new(self, node)).collect()
    }

    fn tree(&self) -> &Html {
        self.0.tree.get_or_init(|| dom::parse(self.body_text()))
    }
}

fn encoder(encoding: &'static Encoding) -> impl Fn(&str) -> Cow<'_, [u8]> {
    move |query| encoding.encode(query).0
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { request, status, body, .. } = &*self.0;
        let url = request.url().as_str();
        formatter.debug_struct("Page").field("url", &url).field("status", status).field("bytes", &body.len()).finish()
    }
}
