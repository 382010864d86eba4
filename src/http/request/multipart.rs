//! Multipart forms (RFC 7578), encoded by the HTML standard's "multipart/form-data encoding algorithm".

use bytes::Bytes;
use xxhash_rust::xxh3::Xxh3;

use super::Request;

/// Media type of files without one, as in browsers (RFC 7578 section 4.4 says `text/plain`).
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A field or file of a [multipart form](Request::multipart).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    name: String,
    file_name: Option<String>,
    media_type: Option<String>,
    content: Bytes,
}

impl Part {
    /// A text field. Its line breaks are sent as CRLF.
    #[must_use]
    pub fn field(name: impl Into<String>, value: impl AsRef<str>) -> Self {
        let content = with_crlf(value.as_ref()).into_bytes().into();
        Self { name: name.into(), file_name: None, media_type: None, content }
    }

    /// A file, by default with the media type `application/octet-stream` (see [`Part::media_type`]).
    #[must_use]
    pub fn file(name: impl Into<String>, file_name: impl Into<String>, content: impl Into<Bytes>) -> Self {
        let media_type = Some(UNKNOWN_TYPE.to_owned());
        Self { name: name.into(), file_name: Some(file_name.into()), media_type, content: content.into() }
    }

    /// Sets the media type, as in `text/csv; charset=utf-8`. Control characters are dropped.
    #[must_use]
    pub fn media_type(mut self, media_type: impl AsRef<str>) -> Self {
        self.media_type = Some(media_type.as_ref().chars().filter(|character| !character.is_control()).collect());
        self
    }

    /// Sets the file name.
    #[must_use]
    pub fn file_name(mut self, file_name: impl Into<String>) -> Self {
        self.file_name = Some(file_name.into());
        self
    }

    /// Appends the part, without the boundary line before it.
    fn write(&self, out: &mut Vec<u8>) {
        let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(&with_crlf(&self.name)));
        if let Some(file_name) = &self.file_name {
            head.extend(["; filename=\"", &quoted(file_name), "\""]);
        }
        if let Some(media_type) = &self.media_type {
            head.extend(["\r\nContent-Type: ", media_type]);
        }
        head.push_str("\r\n\r\n");
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&self.content);
        out.extend_from_slice(b"\r\n");
    }
}

impl Request {
    /// Sets a multipart body and its content type.
    ///
    /// The boundary is a hash of the parts, so that equal forms are equal requests.
    ///
    /// ```
    /// use lycosa::{Part, Request};
    /// let request = Request::post("http://example.org/upload".parse().unwrap()).multipart([
    ///     Part::field("title", "Tegenaria"),
    ///     Part::file("photo", "web.png", &b"\x89PNG"[..]).media_type("image/png"),
    /// ]);
    /// assert!(request.headers()[0].1.starts_with("multipart/form-data; boundary="));
    /// ```
    #[must_use]
    pub fn multipart(mut self, parts: impl IntoIterator<Item = Part>) -> Self {
        let parts: Vec<_> = parts.into_iter().map(|part| written(&part)).collect();
        let boundary = boundary(&parts);
        let mut body = Vec::new();
        for part in &parts {
            body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
            body.extend_from_slice(part);
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        // Only this content type has the boundary.
        self.extra_mut().headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        self.header("content-type", format!("multipart/form-data; boundary={boundary}")).raw_body(body)
    }
}

fn written(part: &Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(part.content.len() + 128);
    part.write(&mut out);
    out
}

/// Returns a boundary that occurs in no part.
fn boundary(parts: &[Vec<u8>]) -> String {
    let mut hasher = Xxh3::new();
    loop {
        for part in parts {
            hasher.update(part);
            hasher.update(&part.len().to_be_bytes());
        }
        let boundary = format!("lycosa-{:032x}", hasher.digest128());
        if !parts.iter().any(|part| memchr::memmem::find(part, boundary.as_bytes()).is_some()) {
            return boundary;
        }
    }
}

/// Escapes a name for a quoted string.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// Returns a text with CRLF line breaks.
fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(parts: impl IntoIterator<Item = Part>) -> Request {
        Request::post("http://a.example/".parse().unwrap()).multipart(parts)
    }

    #[test]
    fn forms_are_encoded_as_in_browsers() {
        let request = request([
            Part::field("a\"b\nc", "x\ny\rz\r\n"),
            Part::file("f", "ü\r\".txt", &b"1\n2"[..]),
            Part::file("g", "", Bytes::new()).media_type("text/csv\r\nX: y"),
        ]);
        let (name, value) = &request.headers()[0];
        let boundary = value.strip_prefix("multipart/form-data; boundary=").unwrap();
        let wanted = "--B\r\nContent-Disposition: form-data; name=\"a%22b%0D%0Ac\"\r\n\r\nx\r\ny\r\nz\r\n\r\n\
            --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"ü%0D%22.txt\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n1\n2\r\n\
            --B\r\nContent-Disposition: form-data; name=\"g\"; filename=\"\"\r\nContent-Type: text/csvX: y\r\n\r\n\r\n\
            --B--\r\n";
        assert_eq!(name, "content-type");
        assert_eq!(String::from_utf8_lossy(request.body()), wanted.replace('B', boundary));
    }

    #[test]
    fn equal_forms_are_equal_requests() {
        let of = |value: &str| request([Part::field("a", value)]);
        assert_eq!(of("1"), of("1"));
        assert_ne!(of("1").body(), of("2").body());
        let empty = request([]);
        assert!(empty.body().starts_with(b"--lycosa-") && empty.body().ends_with(b"--\r\n"));
    }
}
