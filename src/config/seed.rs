//! One seed: a line `URL key=value ...`, or a `[[crawl.request]]` table.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::request::{MAX_REQUEST_BODY, Method, Request};

/// A `[[crawl.request]]`: a seed with everything a request can have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedConfig {
    /// The URL; without a scheme https is meant, or http for `localhost` and addresses.
    pub url: String,
    /// The method; empty: GET, or POST where there is a body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// Which handler gets the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Place in the host's queue: higher first, -128 to 127.
    #[serde(default)]
    pub priority: i8,
    /// Links that count as followed already.
    #[serde(default)]
    pub depth: u16,
    /// The proxy of this request alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// A text as body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// A JSON value as body, with its content type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Form fields as body, with their content type.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub form: Pairs,
    /// Query parameters, put behind those of the URL.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub query: Pairs,
    /// Headers.
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub headers: Pairs,
    /// What the handler of the page wants to find again.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub meta: Map<String, Value>,
}

/// Names with texts, in the order they are written; numbers and booleans are texts here, and a list gives its name
/// several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut pairs = Vec::new();
        for (name, value) in Map::deserialize(deserializer)? {
            let values = match value {
                Value::Array(values) => values,
                value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                    vec![value]
                }
            };
            for value in values {
                let text = scalar(value).ok_or_else(|| de::Error::custom(format!("`{name}` is no text")))?;
                pairs.push((name.clone(), text));
            }
        }
        Ok(Self(pairs))
    }
}

fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut lists: Map<String, Value> = Map::new();
        for (name, text) in &self.0 {
            let list = lists.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(Value::String(text.clone()));
            }
        }
        lists.serialize(serializer)
    }
}

impl SeedConfig {
    /// The request.
    ///
    /// # Errors
    /// What is wrong, beginning with the key.
    pub fn to_request(&self) -> Result<Request, String> {
        let url = seed_url(&self.url)?;
        let mut request = Request::get(url).seed().priority(self.priority).depth(self.depth);
        if !self.query.is_empty() {
            request = request.query(self.query.0.iter().map(|(name, text)| (name, text)));
        }
        for (name, value) in &self.headers.0 {
            check_header(name, value).map_err(|words| format!("headers: {words}"))?;
            request = request.header(name, value);
        }
        request = self.with_body(request)?;
        if !self.method.is_empty() {
            request = request.with_method(self.method.parse().map_err(|error| format!("method: {error}"))?);
        }
        if let Some(proxy) = &self.proxy {
            check_proxy(proxy).map_err(|words| format!("proxy: {words}"))?;
            request = request.proxy(proxy);
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
            _ => return Err("body, json, form: only one of them makes a body".to_owned()),
        };
        if request.body().len() > MAX_REQUEST_BODY {
            return Err("body: larger than 1 MiB".to_owned());
        }
        Ok(request.with_method(Method::Post))
    }
}

/// Reads a seed as people write it: `URL key=value ...`, with the keys `label`, `priority`, `depth`, `method`, `proxy`,
/// `body`, `header=Name:Value`, `query=name:value`, `form=name:value`, `meta.name=value`. Values with blanks stand in
/// quotes. `example.com` means https; `localhost` and addresses mean http.
///
/// ```
/// let seed = lycosa::parse_seed("127.0.0.1:8080/search label=results form='q:garden spiders'")?;
/// assert_eq!(seed.url().as_str(), "http://127.0.0.1:8080/search");
/// assert_eq!(seed.body(), b"q=garden+spiders");
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// What is wrong with it.
pub fn parse_seed(text: &str) -> Result<Request, String> {
    let mut words = Words(text);
    let mut seed = SeedConfig { url: words.next().transpose()?.ok_or("no URL")?, ..SeedConfig::default() };
    for word in words {
        let word = word?;
        let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}`: key=value is wanted"))?;
        set(&mut seed, key, value)?;
    }
    seed.to_request()
}

fn set(seed: &mut SeedConfig, key: &str, value: &str) -> Result<(), String> {
    let pair = || {
        let (name, text) =
            value.split_once(':').ok_or_else(|| format!("`{key}={value}`: {key}=name:value is wanted"))?;
        Ok::<_, String>((name.to_owned(), text.trim_start().to_owned()))
    };
    match key {
        "label" => seed.label = Some(value.to_owned()),
        "priority" => seed.priority = value.parse().map_err(|_| format!("priority: `{value}` is not -128 to 127"))?,
        "depth" => seed.depth = value.parse().map_err(|_| format!("depth: `{value}` is not 0 to 65535"))?,
        "method" => value.clone_into(&mut seed.method),
        "proxy" => seed.proxy = Some(value.to_owned()),
        "body" => seed.body = Some(value.to_owned()),
        "header" => seed.headers.0.push(pair()?),
        "query" => seed.query.0.push(pair()?),
        "form" => seed.form.0.push(pair()?),
        _ => match key.strip_prefix("meta.") {
            Some(name) if !name.is_empty() => drop(seed.meta.insert(name.to_owned(), value.into())),
            _ => return Err(unknown(key)),
        },
    }
    Ok(())
}

fn unknown(key: &str) -> String {
    let keys = ["label", "priority", "depth", "method", "proxy", "body", "header", "query", "form", "meta."];
    match super::nearest::nearest(key, keys) {
        Some(name) => format!("`{key}` is unknown, did you mean `{name}`?"),
        None => format!("`{key}` is unknown: one of {}", keys.join(", ")),
    }
}

/// The words of a line: what stands between blanks; behind a `=`, a quoted part may have some. A word that begins with
/// `#` ends the line.
struct Words<'a>(&'a str);

impl Iterator for Words<'_> {
    type Item = Result<String, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.0.trim_start();
        if line.is_empty() || line.starts_with('#') {
            self.0 = "";
            return None;
        }
        let mut word = String::new();
        let mut quote = None;
        let mut end = line.len();
        for (at, character) in line.char_indices() {
            match (quote, character) {
                (Some(open), _) if open == character => quote = None,
                (Some(_), _) => word.push(character),
                (None, '"' | '\'') if word.ends_with('=') && word.matches('=').count() == 1 => quote = Some(character),
                (None, _) if character.is_whitespace() => {
                    end = at;
                    break;
                }
                (None, _) => word.push(character),
            }
        }
        self.0 = line.get(end..).unwrap_or_default();
        Some(if quote.is_some() { Err(format!("`{word}`: the quote does not end")) } else { Ok(word) })
    }
}

/// The URL of a seed, with the scheme that is meant where none is written.
fn seed_url(text: &str) -> Result<Url, String> {
    let parse = |text: &str| text.parse::<Url>().map_err(|error| format!("url: `{text}` is no URL: {error}"));
    let url = match text.contains("://") {
        true => parse(text)?,
        false => with_scheme(text.trim_start_matches('/'), parse)?,
    };
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("url: `{text}`: {scheme} is neither http nor https")),
    }
}

fn with_scheme(text: &str, parse: impl Fn(&str) -> Result<Url, String>) -> Result<Url, String> {
    let url = parse(&format!("https://{text}"))?;
    if !url.username().is_empty() {
        // `mailto:me@example.org` is no user of example.org.
        return Err(format!("url: `{text}` is no URL: write http:// or https:// before it"));
    }
    if is_local(&url) { parse(&format!("http://{text}")) } else { Ok(url) }
}

/// Whether the host is an address or `localhost`: such hosts seldom have a certificate.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Whether a URL leads to this machine and no further.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Checks a header as it goes on the wire (RFC 9110 section 5.5).
pub(super) fn check_header(name: &str, value: &str) -> Result<(), String> {
    // A header's name is a token, and so is a method.
    if name.parse::<Method>().is_err() {
        return Err(format!("`{name}` is no name of a header"));
    }
    match value.chars().find(|character| character.is_control() && *character != '\t') {
        Some(character) => Err(format!("the value of `{name}` has a control character: {character:?}")),
        None => Ok(()),
    }
}

/// Checks the URL of a proxy.
pub(super) fn check_proxy(text: &str) -> Result<(), String> {
    let url: Url = text.parse().map_err(|error| format!("`{text}` is no URL: {error}"))?;
    if url.scheme() != "http" || url.host_str().is_none_or(str::is_empty) {
        return Err(format!("`{text}`: http://[user:password@]host:port is wanted"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_that_is_meant() {
        for (text, url) in [
            ("example.com", "https://example.com/"),
            ("example.com:8443/x?y#z", "https://example.com:8443/x?y"),
            ("//example.com/a", "https://example.com/a"),
            ("http://example.com", "http://example.com/"),
            ("127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
            ("[::1]:80", "http://[::1]/"),
            ("localhost/a=b", "http://localhost/a=b"),
            ("  a.localhost:1  # mine", "http://a.localhost:1/"),
        ] {
            assert_eq!(parse_seed(text).unwrap().url().as_str(), url, "{text}");
        }
    }

    #[test]
    fn everything_a_line_can_say() {
        let line = r#"a.example/?x=1 label=list priority=-3 depth=2 method=PUT header="X-Own: a b" query=y:2 query=z:
            form='q:garden spiders' form=page:1 proxy=http://127.0.0.1:3128 meta.shop=7"#;
        let seed = parse_seed(line).unwrap();
        assert_eq!(seed.url().as_str(), "https://a.example/?x=1&y=2&z=");
        assert_eq!((seed.label_name().map(AsRef::as_ref), seed.priority_value()), (Some("list"), -3));
        assert_eq!((seed.depth_value(), seed.method().as_str()), (2, "PUT"));
        assert!(seed.headers().contains(&("X-Own".to_owned(), "a b".to_owned())));
        assert_eq!((seed.body(), seed.proxy_url()), (&b"q=garden+spiders&page=1"[..], Some("http://127.0.0.1:3128")));
        assert_eq!(seed.meta_value(), serde_json::json!({"shop": "7"}));
        assert!(seed.is_seed());
        assert_eq!(parse_seed("a.example body={}").unwrap().method(), &Method::Post);
    }

    #[test]
    fn what_is_no_seed() {
        for (text, words) in [
            ("", "no URL"),
            ("# x", "no URL"),
            ("ftp://a.example/", "neither http"),
            ("mailto:a@b", "no URL"),
            ("http://", "no URL"),
            ("a.example lable=x", "did you mean `label`"),
            ("a.example x", "key=value"),
            ("a.example priority=200", "-128 to 127"),
            ("a.example header=x", "header=name:value"),
            ("a.example header='X:\u{1}'", "control character"),
            ("a.example body='x", "does not end"),
            ("a.example body=x form=a:b", "only one"),
            ("a.example proxy=socks5://x", "http://"),
            ("a.example method=G\u{e9}T", "no HTTP method"),
        ] {
            let error = parse_seed(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
