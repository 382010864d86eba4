//! The head of a request as sent.
//!
//! awc's own head has its fields in random order and an unneeded `Date`. The framing replaces it by ours.

use awc::http::header::{HeaderName, HeaderValue};

use super::body_frame::ResponseKind;
use crate::base::text::push_decimal;

/// Length of a usual head, in bytes.
const USUAL: usize = 512;

/// Header fields, as bytes to send.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<u8>);

/// A request head without its final blank line.
#[derive(Debug)]
pub(crate) struct RequestHead {
    kind: ResponseKind,
    fields: Fields,
}

impl Fields {
    /// Adds a field.
    pub(crate) fn push(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.extend(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }

    fn extend(&mut self, parts: &[&[u8]]) {
        parts.iter().for_each(|part| self.0.extend_from_slice(part));
    }
}

impl RequestHead {
    /// A head with the request line and `Host`, which comes first (RFC 9110 section 7.2). `target` is given in parts.
    ///
    /// # Errors
    /// If a part contains a character that is not allowed in a request line.
    pub(crate) fn new(method: &str, target: &[&str], host: &str) -> Result<Self, &'static str> {
        let is_plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain(&method) || !target.iter().all(is_plain) || !is_plain(&host) {
            return Err("character not allowed in a request line");
        }
        let mut fields = Fields(Vec::with_capacity(USUAL));
        fields.extend(&[method.as_bytes(), b" "]);
        target.iter().for_each(|part| fields.0.extend_from_slice(part.as_bytes()));
        fields.extend(&[b" HTTP/1.1\r\nhost: ", host.as_bytes(), b"\r\n"]);
        let kind = if method == "HEAD" { ResponseKind::ToHead } else { ResponseKind::ToOther };
        Ok(Self { kind, fields })
    }

    /// Adds a field.
    pub(crate) fn push(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.fields.push(name, value);
    }

    /// Adds fields.
    pub(crate) fn extend(&mut self, fields: &Fields) {
        self.fields.0.extend_from_slice(&fields.0);
    }

    /// Adds `Content-Length`, in bytes.
    pub(crate) fn push_length(&mut self, length: usize) {
        self.fields.extend(&[b"content-length: "]);
        push_decimal(&mut self.fields.0, length as u64);
        self.fields.extend(&[b"\r\n"]);
    }

    /// Returns true if there is a field of this name.
    pub(crate) fn has(&self, name: &HeaderName) -> bool {
        let bytes = &self.fields.0;
        let is_named =
            |line: &[u8]| line.strip_prefix(name.as_str().as_bytes()).is_some_and(|rest| rest.starts_with(b":"));
        memchr::memchr_iter(b'\n', bytes).any(|end| bytes.get(end + 1..).is_some_and(is_named))
    }

    /// Completes the head and returns it as bytes to send.
    pub(crate) fn finish(self) -> (ResponseKind, Vec<u8>) {
        let Self { kind, mut fields } = self;
        match kind {
            // Some servers send a body in spite of HEAD, so the connection is not used again.
            ResponseKind::ToHead => fields.extend(&[b"connection: close\r\n\r\n"]),
            ResponseKind::ToOther => fields.extend(&[b"\r\n"]),
        }
        (kind, fields.0)
    }
}

#[cfg(test)]
impl std::fmt::Display for RequestHead {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.fields.0))
    }
}

#[cfg(test)]
mod tests {
    use awc::http::header::{COOKIE, DATE, HOST};

    use super::*;

    #[test]
    fn fields_keep_their_order() {
        let mut head = RequestHead::new("POST", &["http://a.example", "/x?y"], "a.example").unwrap();
        let mut fields = Fields::default();
        fields.push(&DATE, &HeaderValue::from_static("today"));
        head.extend(&fields);
        head.push(&COOKIE, &HeaderValue::from_static("a=b"));
        head.push_length(120);
        assert!(head.has(&HOST) && head.has(&COOKIE) && !head.has(&HeaderName::from_static("cook")));
        let wanted = "POST http://a.example/x?y HTTP/1.1\r\nhost: a.example\r\ndate: today\r\ncookie: a=b\r\n\
                      content-length: 120\r\n\r\n";
        assert_eq!(head.finish(), (ResponseKind::ToOther, wanted.as_bytes().to_vec()));
        let head = RequestHead::new("HEAD", &["/"], "h").unwrap();
        let wanted = b"HEAD / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n".to_vec();
        assert_eq!(head.finish(), (ResponseKind::ToHead, wanted));
    }

    #[test]
    fn lines_cannot_be_split() {
        for (method, target, host) in
            [("GET x", "/", "h"), ("GET", "/ x", "h"), ("GET", "/\r\n", "h"), ("GET", "/", "h\n")]
        {
            assert!(RequestHead::new(method, &[target], host).is_err());
        }
    }
}
