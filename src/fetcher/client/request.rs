//! A request as it goes out.

use awc::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
    TRANSFER_ENCODING, USER_AGENT,
};
use bytes::Bytes;
use log::warn;
use url::Position;

use crate::{
    failure::FetchError,
    fetcher::Config,
    http::{
        redirect,
        request::{Method, Request},
    },
    transport::{Fields, Proxy, RequestHead, is_forwarded, target},
};

/// What the crawler likes to read.
const ACCEPTED: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The content codings that the Parser can undo.
const CODINGS: &str = "gzip, deflate, br, zstd";

/// The headers of every request.
#[derive(Debug)]
pub(crate) struct Defaults {
    fields: Vec<Field>,
    /// All of them, for the many requests that have none of their own.
    written: Fields,
    /// For proxies without credentials of their own that read requests.
    proxy_authorization: Option<HeaderValue>,
}

#[derive(Debug)]
struct Field {
    name: HeaderName,
    value: HeaderValue,
    /// Whether it is left out once a redirect has led to another origin.
    is_secret: bool,
}

impl Defaults {
    /// Ours, and over them those of the configuration, where an empty value takes one away.
    pub(crate) fn new(config: &Config, user_agent: &str) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let ours = [(USER_AGENT, user_agent), (ACCEPT, ACCEPTED), (ACCEPT_ENCODING, CODINGS)];
        let ours = ours.iter().map(|(name, value)| (name.as_str(), *value));
        let configured = config.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in ours.chain(configured) {
            match header(name, value) {
                Ok((name, _)) if is_framing(&name) => warn!(name:%; "header of the configuration not sent"),
                Ok((name, value)) => {
                    let is_secret = redirect::is_secret(name.as_str(), &config.secret_headers);
                    let known = fields.iter_mut().find(|field| field.name == name);
                    match known {
                        Some(known) => known.value = value,
                        None => fields.push(Field { name, value, is_secret }),
                    }
                }
                Err(error) => warn!(name, error:%; "header of the configuration not sent"),
            }
        }
        fields.retain(|field| !field.value.is_empty());
        let is_for_proxy = |field: &mut Field| field.name == PROXY_AUTHORIZATION;
        let proxy_authorization = fields.extract_if(.., is_for_proxy).next().map(|field| field.value);
        let mut written = Fields::default();
        fields.iter().for_each(|field| written.push(&field.name, &field.value));
        Self { fields, written, proxy_authorization }
    }

    /// Adds them to a request; its own headers replace those of the same name.
    fn add(&self, head: &mut RequestHead, request: &Request, own: &[(HeaderName, HeaderValue)]) {
        if own.is_empty() && !request.has_strayed() {
            return head.extend(&self.written);
        }
        let is_left_out = |field: &&Field| {
            field.is_secret && request.has_strayed() || own.iter().any(|(name, _)| *name == field.name)
        };
        self.fields.iter().filter(|field| !is_left_out(field)).for_each(|field| head.push(&field.name, &field.value));
        let is_sent = |name: &HeaderName| !is_framing(name) && *name != PROXY_AUTHORIZATION;
        own.iter().filter(|(name, _)| is_sent(name)).for_each(|(name, value)| head.push(name, value));
    }
}

/// The head of a request, as it goes out through `proxy` if there is one; without cookies and credentials.
///
/// # Errors
/// [`FetchError::Request`] when HTTP cannot express it.
pub(crate) fn head(defaults: &Defaults, request: &Request, proxy: Option<&Proxy>) -> Result<RequestHead, FetchError> {
    let url = request.url();
    let own = own(request)?;
    let value_of = |wanted: HeaderName| own.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let host = value_of(HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or(&url[Position::BeforeHost..Position::AfterPort]);
    let mut head = RequestHead::new(request.method().as_str(), &target(url, proxy), host)
        .map_err(|message| FetchError::Request(message.into()))?;
    defaults.add(&mut head, request, &own);
    // Otherwise it is for a proxy, and this request is read by its server.
    if let Some(reader) = proxy.filter(|proxy| is_forwarded(url, proxy)) {
        let default = defaults.proxy_authorization.as_ref().filter(|_| !request.has_strayed());
        let value = reader.authorization().or_else(|| value_of(PROXY_AUTHORIZATION)).or(default);
        value.into_iter().for_each(|value| head.push(&PROXY_AUTHORIZATION, value));
    }
    if let Some(body) = body(request) {
        head.push_length(body.len());
    }
    Ok(head)
}

/// What is sent behind the head of a request; none where nobody expects anything.
pub(crate) fn body(request: &Request) -> Option<Bytes> {
    let body = request.body_bytes();
    match request.method() {
        Method::Head => None,
        Method::Get | Method::Options if body.is_empty() => None,
        Method::Get | Method::Options | Method::Post | Method::Other(_) => Some(body),
    }
}

/// The request's own headers.
fn own(request: &Request) -> Result<Vec<(HeaderName, HeaderValue)>, FetchError> {
    let checked = request.headers().iter().map(|(name, value)| match header(name, value) {
        Ok((name, _)) if name == EXPECT => Err("the header `expect` is not supported".into()),
        Ok(field) => Ok(field),
        Err(message) => Err(message.into()),
    });
    checked.collect::<Result<_, _>>().map_err(FetchError::Request)
}

/// Whether a field says where a message goes or ends: what of that is sent, is said by whoever sends it.
fn is_framing(name: &HeaderName) -> bool {
    [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT].contains(name)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name:.80}` is no header name"))?;
    let value =
        HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| format!("`{name:.80}`: no header value"))?;
    Ok((field, value))
}
