//! The head and body of a request as sent.

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

/// Default `Accept` field.
const DEFAULT_ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Content codings that the Parser can decode.
const CODINGS: &str = "gzip, deflate, br, zstd";

/// Header fields of every request.
#[derive(Debug)]
pub(crate) struct Defaults {
    fields: Vec<Field>,
    /// The same fields, encoded for requests without fields of their own, which are most.
    encoded: Fields,
    /// Configured `Proxy-Authorization`, for HTTP proxies without their own credentials.
    proxy_authorization: Option<HeaderValue>,
}

/// A configured or built-in field.
#[derive(Debug)]
struct Field {
    name: HeaderName,
    value: HeaderValue,
    /// True if it must not be sent after a redirect to another origin.
    is_secret: bool,
}

impl Defaults {
    /// Combines the built-in fields with the configured ones. An empty value removes a field.
    pub(crate) fn new(config: &Config, user_agent: &str) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let built_in = [(USER_AGENT, user_agent), (ACCEPT, DEFAULT_ACCEPT), (ACCEPT_ENCODING, CODINGS)];
        let built_in = built_in.iter().map(|(name, value)| (name.as_str(), *value));
        let configured = config.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in built_in.chain(configured) {
            match header(name, value) {
                Ok((name, _)) if is_framing(&name) => warn!(name:%; "configured header is not sent"),
                Ok((name, value)) => {
                    let is_secret = redirect::is_secret(name.as_str(), &config.secret_headers);
                    let known = fields.iter_mut().find(|field| field.name == name);
                    match known {
                        Some(known) => known.value = value,
                        None => fields.push(Field { name, value, is_secret }),
                    }
                }
                Err(error) => warn!(name, error:%; "configured header is not sent"),
            }
        }
        fields.retain(|field| !field.value.is_empty());
        let is_for_proxy = |field: &mut Field| field.name == PROXY_AUTHORIZATION;
        let proxy_authorization = fields.extract_if(.., is_for_proxy).next().map(|field| field.value);
        let mut encoded = Fields::default();
        fields.iter().for_each(|field| encoded.push(&field.name, &field.value));
        Self { fields, encoded, proxy_authorization }
    }

    /// Adds the fields to a request. Its own fields replace those with the same name.
    fn add(&self, head: &mut RequestHead, request: &Request, own: &[(HeaderName, HeaderValue)]) {
        if own.is_empty() && !request.has_strayed() {
            return head.extend(&self.encoded);
        }
        let is_left_out = |field: &&Field| {
            field.is_secret && request.has_strayed() || own.iter().any(|(name, _)| *name == field.name)
        };
        self.fields.iter().filter(|field| !is_left_out(field)).for_each(|field| head.push(&field.name, &field.value));
        let is_sent = |name: &HeaderName| !is_framing(name) && *name != PROXY_AUTHORIZATION;
        own.iter().filter(|(name, _)| is_sent(name)).for_each(|(name, value)| head.push(name, value));
    }
}

/// Builds the head of a request, without cookies and credentials. `proxy` is the proxy through which it is sent.
///
/// # Errors
/// [`FetchError::Request`] if HTTP cannot express it.
pub(crate) fn head(defaults: &Defaults, request: &Request, proxy: Option<&Proxy>) -> Result<RequestHead, FetchError> {
    let url = request.url();
    let own = own_fields(request)?;
    let value_of = |wanted: HeaderName| own.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let host = value_of(HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or(&url[Position::BeforeHost..Position::AfterPort]);
    let mut head = RequestHead::new(request.method().as_str(), &target(url, proxy), host)
        .map_err(|message| FetchError::Request(message.into()))?;
    defaults.add(&mut head, request, &own);
    // In a tunnel the server would read the field, so it is sent only to a proxy that forwards requests.
    if let Some(forwarder) = proxy.filter(|proxy| is_forwarded(url, proxy)) {
        let default = defaults.proxy_authorization.as_ref().filter(|_| !request.has_strayed());
        let value = forwarder.authorization().or_else(|| value_of(PROXY_AUTHORIZATION)).or(default);
        value.into_iter().for_each(|value| head.push(&PROXY_AUTHORIZATION, value));
    }
    if let Some(body) = body(request) {
        head.push_length(body.len());
    }
    Ok(head)
}

/// Returns the body of a request. `None` if its method has none.
pub(crate) fn body(request: &Request) -> Option<Bytes> {
    let body = request.body_bytes();
    match request.method() {
        Method::Head => None,
        Method::Get | Method::Options if body.is_empty() => None,
        Method::Get | Method::Options | Method::Post | Method::Other(_) => Some(body),
    }
}

/// Checks and returns the fields of the request itself.
fn own_fields(request: &Request) -> Result<Vec<(HeaderName, HeaderValue)>, FetchError> {
    let checked = request.headers().iter().map(|(name, value)| match header(name, value) {
        Ok((name, _)) if name == EXPECT => Err("header `expect` is not supported".into()),
        Ok(field) => Ok(field),
        Err(message) => Err(message.into()),
    });
    checked.collect::<Result<_, _>>().map_err(FetchError::Request)
}

/// Returns true for fields about routing and length of a message, which only the transport may set.
fn is_framing(name: &HeaderName) -> bool {
    [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT].contains(name)
}

/// Parses a field.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let field =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name:.80}` is not a valid header name"))?;
    let value = HeaderValue::from_bytes(value.trim().as_bytes())
        .map_err(|_| format!("value of header `{name:.80}` is not valid"))?;
    Ok((field, value))
}
