//! A `[[crawl.request]]` table: a seed with all settings of a request.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use super::url::is_loopback;
use super::url::seed_url;
pub use super::{line::parse_seed, pairs::Pairs};
use crate::{
    config::syntax::{check_header, check_proxy},
    http::request::{MAX_REQUEST_BODY, Method, Request},
};

/// A `[[crawl.request]]` table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedConfig {
    /// The URL. Without a scheme it means https, or http for `localhost` and addresses.
    pub url: String,
    /// The method; empty: GET, or POST with a body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// Label, which selects the handler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Priority in the host's queue, -128 to 127: higher first.
    #[serde(default)]
    pub priority: i8,
    /// Depth: number of links that count as followed already.
    #[serde(default)]
    pub depth: u16,
    /// Proxy of this request alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Name of the cookie jar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jar: Option<String>,
    /// True: fetched again at each start of the crawl.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revisit: bool,
    /// Body as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Body as JSON, with its content type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Body as form fields, with their content type.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub form: Pairs,
    /// Query parameters, appended to those of the URL.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub query: Pairs,
    /// Headers.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub headers: Pairs,
    /// Data for the handler of the page.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub meta: Map<String, Value>,
}

impl SeedConfig {
    /// Returns the request.
    ///
    /// # Errors
    /// What is wrong, starting with the key.
    pub fn to_request(&self) -> Result<Request, String> {
        let url = seed_url(&self.url)?;
        let mut request = Request::get(url).seed().priority(self.priority).depth(self.depth);
        if !self.query.is_empty() {
            request = request.query(self.query.0.iter().map(|(name, text)| (name, text)));
        }
        for (name, value) in &self.headers.0 {
            check_header(name, value).map_err(|message| format!("headers: {message}"))?;
            request = request.header(name, value);
        }
        request = self.with_body(request)?;
        if !self.method.is_empty() {
            request = request.with_method(self.method.parse().map_err(|error| format!("method: {error}"))?);
        }
        if let Some(proxy) = &self.proxy {
            check_proxy(proxy).map_err(|message| format!("proxy: {message}"))?;
            request = request.proxy(proxy);
        }
        if let Some(jar) = &self.jar {
            request = request.jar(jar.as_str());
        }
        if self.revisit {
            request = request.revisit();
        }
        if let Some(label) = &self.label {
            request = request.label(label.as_str());
        }
        if !self.meta.is_empty() {
            request = request.meta(&Value::Object(self.meta.clone()));
        }
        Ok(request)
    }

    fn with_body(&self, request: Request) -> Result<Request, String> {
        let request = match (&self.body, &self.json, self.form.is_empty()) {
            (None, None, true) => return Ok(request),
            (Some(body), None, true) => request.raw_body(body.clone()),
            (None, Some(json), true) => request.json(json),
            (None, None, false) => request.form(self.form.0.iter().map(|(name, text)| (name, text))),
            _ => return Err("body, json, form: only one of them is allowed".to_owned()),
        };
        if request.body().len() > MAX_REQUEST_BODY {
            return Err("body: larger than 1 MiB".to_owned());
        }
        Ok(request.with_method(Method::Post))
    }
}
