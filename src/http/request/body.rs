//! Bodies of requests.

use bytes::Bytes;
use serde_json::Value;

use super::Request;

impl Request {
    /// Sets a form-encoded body and its content type.
    #[must_use]
    pub fn form<K: AsRef<str>, V: AsRef<str>>(self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.typed("application/x-www-form-urlencoded").raw_body(body)
    }

    /// Sets a JSON body and its content type.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.typed("application/json").raw_body(value.to_string())
    }

    /// Sets the body. A request with more than [`MAX_REQUEST_BODY`](crate::MAX_REQUEST_BODY) bytes is refused when it is
    /// emitted.
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
