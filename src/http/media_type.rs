//! Media types of responses, extracted from `Content-Type` as browsers do.

use std::borrow::Cow;

use super::request::is_token;

/// Media type of a response (Fetch standard, "extract a MIME type").
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaType {
    /// Type and subtype in lower case, as in `text/html`.
    pub(crate) essence: String,
    /// Value of the parameter `charset`, as written.
    pub(crate) charset: Option<Vec<u8>>,
}

impl MediaType {
    /// Extracts the media type of all `Content-Type` fields. `None` if no value is valid; `*/*` does not count.
    ///
    /// The last valid value decides. It inherits the charset of an earlier one with its essence.
    pub(crate) fn extract<'a>(mut fields: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let first = fields.next()?;
        let joined = fields.fold(Cow::Borrowed(first), |joined, field| {
            let mut all = joined.into_owned();
            all.extend_from_slice(b", ");
            all.extend_from_slice(field);
            Cow::Owned(all)
        });
        let (mut found, mut inherited) = (None, None);
        for value in values(&joined) {
            let Some(parsed) = Self::parse(value).filter(|parsed| parsed.essence != "*/*") else { continue };
            if found.as_ref().is_none_or(|found: &Self| found.essence != parsed.essence) {
                inherited.clone_from(&parsed.charset);
            }
            found = Some(parsed);
        }
        found.map(|found| Self { charset: found.charset.or(inherited), ..found })
    }

    /// The media type of a response without a valid one.
    pub(crate) fn unknown() -> Self {
        Self { essence: "*/*".to_owned(), charset: None }
    }

    /// Returns true if the body must decide, because the media type is a placeholder.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.essence.as_str(), "*/*" | "unknown/unknown" | "application/unknown")
    }

    /// Returns true if the media type is that of a page: any text, XML or JSON.
    pub(crate) fn is_page(&self) -> bool {
        let Some((kind, subtype)) = self.essence.split_once('/') else { return false };
        kind == "text" || matches!(subtype, "xml" | "json") || subtype.ends_with("+xml") || subtype.ends_with("+json")
    }

    /// Returns true if the media type is one of XML (MIME Sniffing standard, "XML MIME type").
    pub(crate) fn is_xml(&self) -> bool {
        matches!(self.essence.as_str(), "text/xml" | "application/xml") || self.essence.ends_with("+xml")
    }

    /// Parses one value (MIME Sniffing standard, "parse a MIME type").
    fn parse(value: &[u8]) -> Option<Self> {
        let (essence, parameters) = split_before(value.trim_ascii(), b";");
        let essence = std::str::from_utf8(essence.trim_ascii_end()).ok()?;
        let (kind, subtype) = essence.split_once('/')?;
        let is_valid = is_token(kind) && is_token(subtype);
        is_valid.then(|| Self { essence: essence.to_ascii_lowercase(), charset: charset(parameters) })
    }
}

/// Splits a field at the commas outside of quotes (Fetch standard, "get, decode, and split").
pub(crate) fn values(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let values = field.split(move |&byte| {
        let is_end = byte == b',' && !is_quoted;
        (is_quoted, is_escaped) = match byte {
            _ if is_escaped => (true, false),
            b'\\' if is_quoted => (true, true),
            b'"' => (!is_quoted, false),
            _ => (is_quoted, false),
        };
        is_end
    });
    values.map(<[u8]>::trim_ascii)
}

/// Returns the first usable `charset` in parameters, which begin with a semicolon.
fn charset(parameters: &[u8]) -> Option<Vec<u8>> {
    let mut rest = parameters;
    while let Some(parameter) = rest.strip_prefix(b";") {
        let (name, after) = split_before(parameter.trim_ascii_start(), b";=");
        rest = after;
        let Some(value) = after.strip_prefix(b"=") else { continue };
        let value = match value.strip_prefix(b"\"") {
            Some(text) => {
                let (value, after) = quoted(text);
                rest = split_before(after, b";").1;
                Some(value)
            }
            None => {
                let (value, after) = split_before(value, b";");
                rest = after;
                // An empty value without quotes is not a parameter, so a later one may count.
                Some(value.trim_ascii_end().to_vec()).filter(|value| !value.is_empty())
            }
        };
        if name.eq_ignore_ascii_case(b"charset") && value.is_some() {
            return value;
        }
    }
    None
}

/// Returns the content of a quoted string without escapes, and the bytes after it. `text` starts after the first quote.
fn quoted(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut content = Vec::new();
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => content.push(bytes.next().copied().unwrap_or(byte)),
            _ => content.push(byte),
        }
    }
    (content, bytes.as_slice())
}

/// Splits before the first of these bytes.
fn split_before<'a>(text: &'a [u8], ends: &[u8]) -> (&'a [u8], &'a [u8]) {
    text.split_at(text.iter().position(|byte| ends.contains(byte)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extracted(fields: &[&[u8]]) -> (String, Option<String>) {
        let found = MediaType::extract(fields.iter().copied());
        let charset = found.as_ref().and_then(|found| found.charset.clone());
        let charset = charset.map(|charset| String::from_utf8_lossy(&charset).into_owned());
        (found.map(|found| found.essence).unwrap_or_default(), charset)
    }

    #[test]
    fn the_last_valid_media_type_counts() {
        for (fields, wanted) in [
            (&["Text/HTML; charset=utf-8"][..], "text/html"),
            (&["text/html, text/html"], "text/html"),
            (&["text/plain", "text/html"], "text/html"),
            (&["text/html, */*"], "text/html"),
            (&["text/html; title=\"a, b/c\""], "text/html"),
            (&["text/html;x=\"a", "text/plain"], "text/html"),
            (&["text/html;x=\"a\\\"", "text/plain\"", "a/b"], "a/b"),
            (&["text/html", "html"], "text/html"),
            (&[" text/html \t;x"], "text/html"),
            (&["text/html,"], "text/html"),
            (&["*/*;charset=x"], ""),
            (&["html"], ""),
            (&["text/"], ""),
            (&["/html"], ""),
            (&["text/html/x"], ""),
            (&["text /html"], ""),
            (&["text/html charset=utf-8"], ""),
            (&[""], ""),
            (&[], ""),
        ] {
            let fields: Vec<_> = fields.iter().map(|field| field.as_bytes()).collect();
            assert_eq!(extracted(&fields).0, wanted, "{fields:?}");
        }
    }

    #[test]
    fn charsets_are_inherited_within_an_essence() {
        for (fields, wanted) in [
            (&[&b"text/html;charset=gbk"[..], b"text/html"][..], Some("gbk")),
            (&[b"text/html;charset=gbk,text/html"], Some("gbk")),
            (&[b"TEXT/HTML;charset=gbk", b"*/*;charset=a", b"junk", b"text/html;x=y"], Some("gbk")),
            (&[b"text/html;charset=gbk,text/html;charset=koi8-r"], Some("koi8-r")),
            // The standard keeps the charset of the first value with this essence.
            (&[b"text/html;charset=gbk,text/html;charset=koi8-r,text/html"], Some("gbk")),
            (&[b"text/html;charset=gbk", b"text/plain", b"text/html"], None),
            (&[b"text/html;charset=gbk", b"text/plain;charset=utf-8"], Some("utf-8")),
            (&[b"text/html;charset=;charset=gbk"], Some("gbk")),
            (&[b"text/html;charset= ;charset=gbk"], Some("gbk")),
            (&[b"text/html;charset;;=x; CharSet=\"g\\bk\"junk"], Some("gbk")),
            (&[b"text/html;charset=\"\";charset=gbk"], Some("")),
            (&[b"text/html;charset=gbk;charset=koi8-r"], Some("gbk")),
            (&[b"text/html;charset =gbk"], None),
            (&[b"text/html;x=\";charset=a\";charset=gbk"], Some("gbk")),
            (&[b"text/html;charset=\"gbk"], Some("gbk")),
            (&[b"text/html;x=\"\xe9\";charset=gbk"], Some("gbk")),
            (&[b"text/html;\xff=\xe9;charset=gbk \t"], Some("gbk")),
            (&[b"text/html;charset="], None),
        ] {
            let fields = fields.to_vec();
            assert_eq!(extracted(&fields).1.as_deref(), wanted, "{fields:?}");
        }
    }

    #[test]
    fn long_fields_are_read_in_linear_time() {
        let field = format!("text/html;charset={},", "x".repeat(30_000)) + &"text/html,".repeat(100_000);
        assert_eq!(extracted(&[field.as_bytes()]).0, "text/html");
        assert_eq!(extracted(&vec![&b"text/html;a=\""[..]; 10_000]).0, "text/html");
    }
}
