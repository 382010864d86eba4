//! Bodies of requests.

use bytes::Bytes;
use serde_json::Value;

use super::Request;

impl Request {
    /// Makes the pairs the form-encoded body, with its content type.
    #[must_use]
    pub fn form<K: AsRef<str>, V: AsRef<str>>(self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.typed("application/x-www-form-urlencoded").raw_body(body)
    }

    /// Makes the JSON text of `value` the body, with its content type.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.typed("application/json").raw_body(value.to_string())
    }

    /// Makes these bytes the body. More than [`MAX_REQUEST_BODY`](crate::MAX_REQUEST_BODY) is refused where the request is put out.
    #[must_use]
    pub fn raw_body(mut self, body: impl Into<Bytes>) -> Self {
        self.extra_mut().body = body.into();
        self
    }

    fn typed(self, content_type: &str) -> Self {
        if self.headers().iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            return self;
        }
        self.header("content-type", content_type)
    }
}
