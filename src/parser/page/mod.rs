//! A page as a handler sees it.

use std::{borrow::Cow, cell::OnceCell, fmt, net::SocketAddr, rc::Rc, time::Duration};

use bytes::Bytes;
use bytestring::ByteString;
use encoding_rs::{Encoding, UTF_8};
use scraper::Html;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use self::{charset::Charset, link::Link, scan::Scan};
use crate::{
    base::time::Mono,
    http::{
        coding::Content,
        request::{Request, anonymous},
        response::{Headers, Response},
    },
};

pub(crate) mod charset;
pub(crate) mod dom;
pub(crate) mod element;
pub(crate) mod link;
pub(crate) mod scan;
mod select;
pub(crate) mod selector;
mod sitemap;

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
pub struct Page(Rc<PageData>);

struct PageData {
    request: Request,
    status: u16,
    headers: Headers,
    body: Bytes,
    truncated: bool,
    address: Option<SocketAddr>,
    latency: Duration,
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
        let Response { status, headers, address, started, ended, .. } = response;
        Self(Rc::new(PageData {
            request,
            status,
            headers,
            body: content.bytes,
            truncated: content.truncated,
            address,
            latency: ended.since(started),
            charset: OnceCell::new(),
            text: OnceCell::new(),
            scan: OnceCell::new(),
            base: OnceCell::new(),
            tree: OnceCell::new(),
        }))
    }

    /// A page made up, for tests of handlers: an answer 200 to a GET of `url`.
    #[must_use]
    pub fn for_test(url: Url, content_type: &str, content: impl Into<Bytes>) -> Self {
        let mut headers = Headers::default();
        headers.push("content-type", Bytes::copy_from_slice(content_type.as_bytes()));
        Self::of_answer(Request::get(url), 200, headers, content.into())
    }

    /// The page of an answer of which nothing else is known; `bytes` is its body without content codings.
    pub(crate) fn of_answer(request: Request, status: u16, headers: Headers, bytes: Bytes) -> Self {
        let (truncated, address, body) = (false, None, Bytes::new());
        let response =
            Response { status, headers, body, truncated, address, started: Mono::default(), ended: Mono::default() };
        Self::new(request, response, Content { bytes, truncated })
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

    /// The address that answered; none behind a proxy.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.address
    }

    /// From the request to the last byte of the answer.
    #[must_use]
    pub fn latency(&self) -> Duration {
        self.0.latency
    }

    /// The body as bytes, content codings undone.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// Whether the page is HTML by its media type, or says of none.
    #[must_use]
    pub fn is_html(&self) -> bool {
        matches!(self.0.headers.media_type().as_str(), "" | "text/html" | "application/xhtml+xml")
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
        *self.0.charset.get_or_init(|| {
            let host = self.url().host_str().unwrap_or_default();
            Charset::of(&self.0.body, self.header("content-type"), host)
        })
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

    /// The `rel` and the `href` of every `<link>` that has both, as they are written; at most 256.
    pub fn relations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scan().relations()
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

    /// The URL that `href` means on this page. Its query is encoded as browsers do: in the page's own encoding. User and
    /// password in it are left out, as in every URL that a page names: it chooses nobody's.
    ///
    /// # Errors
    /// When it is no URL.
    pub fn join(&self, href: &str) -> Result<Url, url::ParseError> {
        self.resolve(self.base(), href)
    }

    fn resolve(&self, base: &Url, href: &str) -> Result<Url, url::ParseError> {
        let encoding = self.charset().encoding;
        if encoding == UTF_8 {
            return base.join(href).map(anonymous);
        }
        let encode = encoder(encoding);
        Url::options().base_url(Some(base)).encoding_override(Some(&encode)).parse(href).map(anonymous)
    }

    pub(super) fn scan(&self) -> &Scan {
        self.0.scan.get_or_init(|| if self.is_html() { Scan::of(self.body_text()) } else { Scan::default() })
    }
}

fn encoder(encoding: &'static Encoding) -> impl Fn(&str) -> Cow<'_, [u8]> {
    move |query| encoding.encode(query).0
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PageData { request, status, body, .. } = &*self.0;
        let url = request.url().as_str();
        formatter.debug_struct("Page").field("url", &url).field("status", status).field("bytes", &body.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: impl Into<Bytes>) -> Page {
        Page::for_test("http://a.example/d/".parse().unwrap(), "text/html", html)
    }

    #[test]
    fn selectors() {
        let page = page(
            "<ul><li class=q><b> a\n b</b><a href=1>x</a><li class=q><i title=t>c</i></ul><noscript><p>n</p></noscript>",
        );
        let quotes: Vec<_> =
            page.select(".q").map(|quote| (quote.text("b, i"), quote.link("a"), quote.name())).collect();
        let link = "http://a.example/d/1".parse().ok();
        assert_eq!(quotes, [("a b".to_owned(), link, "li"), ("c".to_owned(), None, "li")]);
        assert_eq!(
            (page.texts(".q"), page.text("noscript p"), page.text(".none")),
            (vec!["a bx".into(), "c".into()], "n".into(), String::new())
        );
        assert_eq!((page.attr("i", "title"), page.html("i").as_deref()), (Some("t"), Some("<i title=\"t\">c</i>")));
        assert_eq!(
            (page.select("]").len(), page.try_select("]").is_err(), page.try_select("i").unwrap().len()),
            (0, true, 1)
        );
    }

    #[test]
    fn queries_are_in_the_encoding_of_the_page() {
        let page = Page::for_test(
            "http://a.example/".parse().unwrap(),
            "text/html;charset=windows-1251",
            &b"<a href=/\xef?q=\xef>\xef</a>"[..],
        );
        let link = page.links().next().unwrap();
        assert_eq!((link.url().unwrap().as_str(), link.text()), ("http://a.example/%D0%BF?q=%EF", "п"));
        assert_eq!((page.encoding(), page.body_text().len()), ("windows-1251", page.body().len() + 3));
    }

    #[test]
    fn users_in_urls_are_left_out() {
        let page = page("<base href=http://evil:x@a.example/b/><link rel=canonical href=//evil@a.example/c><a href=1>");
        let urls = [Some(page.base().clone()), page.canonical(), page.link("a"), page.join("http://:x@b.example").ok()];
        let texts = urls.map(|url| url.unwrap().to_string());
        assert_eq!(texts, ["http://a.example/b/", "http://a.example/c", "http://a.example/b/1", "http://b.example/"]);
    }

    #[test]
    fn a_base_that_is_none_is_passed_over() {
        for (base, expected) in
            [("/b/", "http://a.example/b/"), ("http://[", "http://a.example/d/"), ("data:,x", "http://a.example/d/")]
        {
            assert_eq!(page(format!("<base href='{base}'>")).base().as_str(), expected);
        }
    }

    #[test]
    fn what_would_take_for_ever_is_cut() {
        let deep = page("<p>x</p>".to_owned() + &"<div>".repeat(300_000));
        assert_eq!((deep.select("p").len(), deep.select("div").len()), (1, 1024));
        let wide: String = (0..100_000).map(|number| format!(" a{number}")).collect();
        assert_eq!(page(format!("<p>x</p><p{wide}>")).select("p").len(), 1);
        let long = page("<ul>".to_owned() + &"<li><p>x<b>y</b><br>".repeat(5_000));
        assert_eq!(long.select("li").len(), 5_000);
    }
}
