//! A request as awc is asked to send it.

use actix_http::body;
use awc::{
    SendClientRequest,
    http::{
        Method as WireMethod,
        header::{
            ACCEPT, ACCEPT_ENCODING, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
        },
    },
};
use log::warn;
use url::Position;

use super::Config;
use crate::{
    outcome::FetchError,
    redirect,
    request::{Method, Request},
    wire::{Proxy, Transport, is_forwarded, target, words},
};

/// What the crawler likes to read.
const ACCEPTED: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The content codings that the Parser can undo.
const CODINGS: &str = "gzip, deflate, br, zstd";

/// A header of every request.
#[derive(Debug)]
pub(super) struct Default {
    name: HeaderName,
    value: HeaderValue,
    /// Whether it is left out once a redirect has led to another origin.
    is_secret: bool,
}

/// The headers of every request: ours, and over them those of the configuration, where an empty value takes one away.
pub(super) fn defaults(config: &Config, user_agent: &str) -> Vec<Default> {
    let mut headers = HeaderMap::new();
    let ours = [(USER_AGENT, user_agent), (ACCEPT, ACCEPTED), (ACCEPT_ENCODING, CODINGS)];
    let ours = ours.iter().map(|(name, value)| (name.as_str(), *value));
    let configured = config.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in ours.chain(configured) {
        match header(name, value) {
            Ok((name, value)) if value.is_empty() => drop(headers.remove(name)),
            Ok((name, value)) => drop(headers.insert(name, value)),
            Err(error) => warn!(name, error:%; "header of the configuration not sent"),
        }
    }
    let is_secret = |name: &HeaderName| redirect::is_secret(name.as_str(), &config.secret_headers);
    headers.into_iter().map(|(name, value)| Default { is_secret: is_secret(&name), name, value }).collect()
}

/// Begins to send a request, through `proxy` if there is one, with the headers that `dress` adds.
///
/// # Errors
/// [`FetchError::Request`] when HTTP cannot express it, [`FetchError::Guard`] when it must not go there.
pub(super) fn send(
    transport: &Transport,
    defaults: &[Default],
    request: &Request,
    proxy: Option<&Proxy>,
    dress: impl FnOnce(&mut HeaderMap),
) -> Result<SendClientRequest, FetchError> {
    match proxy {
        Some(_) => transport.check_proxied(request.url())?,
        None => transport.check(request.url())?,
    }
    let method = WireMethod::from_bytes(request.method().as_str().as_bytes()).map_err(unsendable)?;
    let mut out = transport.request(method, target(request.url(), proxy)?);
    fill(out.headers_mut(), defaults, request)?;
    dress(out.headers_mut());
    let reader = proxy.filter(|proxy| is_forwarded(request.url(), proxy));
    match reader.map(Proxy::authorization) {
        Some(Some(authorization)) => drop(out.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone())),
        Some(None) => {}
        // They are for a proxy, and this request is read by its server.
        None => drop(out.headers_mut().remove(PROXY_AUTHORIZATION)),
    }
    let body = request.body_bytes();
    Ok(match request.method() {
        // No answer to it is sure to end where it should.
        Method::Head => out.force_close().send_body(body::None::new()),
        Method::Get | Method::Options if body.is_empty() => out.send_body(body::None::new()),
        Method::Get | Method::Options | Method::Post | Method::Other(_) => out.send_body(body),
    })
}

/// The request's own headers replace those of the same name.
fn fill(out: &mut HeaderMap, defaults: &[Default], request: &Request) -> Result<(), FetchError> {
    let url = request.url();
    out.insert(HOST, HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(unsendable)?);
    let is_left_out = |default: &Default| default.is_secret && request.has_strayed();
    for Default { name, value, .. } in defaults.iter().filter(|default| !is_left_out(default)) {
        out.append(name.clone(), value.clone());
    }
    for (name, _) in request.headers() {
        out.remove(name.as_str());
    }
    for (name, value) in request.headers() {
        let (name, value) = header(name, value).map_err(|words| FetchError::Request(words.into()))?;
        if name == EXPECT {
            return Err(FetchError::Request("the header `expect` is not supported".into()));
        }
        out.append(name, value);
    }
    Ok(())
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name:.80}` is no header name"))?;
    let value =
        HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| format!("`{name:.80}`: no header value"))?;
    Ok((field, value))
}

fn unsendable(error: impl std::fmt::Display) -> FetchError {
    FetchError::Request(words(&error))
}
