//! The encoding of a body, and its text.
//!
//! The first of these decides: the byte order mark, the `charset` of `Content-Type`, a `<meta>` or XML declaration
//! (`prescan`), a guess from the bytes.

pub(crate) mod prescan;

use std::borrow::Cow;

use bytes::Bytes;
use bytestring::ByteString;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Length of the prescan for a declaration, in bytes (HTML standard, "prescan a byte stream").
const PRESCAN: usize = 1024;

/// Maximum number of bytes used to guess an undeclared encoding.
const SAMPLE: usize = 128 << 10;

/// Encoding of a body, and the length of its byte order mark.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charset {
    pub(crate) encoding: &'static Encoding,
    mark: usize,
}

impl Charset {
    /// Detects the encoding of `bytes`. `label` is the `charset` of `Content-Type`.
    ///
    /// The top-level domain of `host` helps to tell legacy encodings apart.
    pub(crate) fn detect(bytes: &[u8], label: Option<&[u8]>, host: &str) -> Self {
        if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
            return Self { encoding, mark };
        }
        let declared = label
            .and_then(|label| Encoding::for_label(unquoted(label)))
            .or_else(|| prescan::meta(bytes.get(..PRESCAN).unwrap_or(bytes)))
            .or_else(|| prescan::xml(bytes));
        Self { encoding: declared.unwrap_or_else(|| guess(bytes, host)), mark: 0 }
    }

    /// Like [`Self::detect`], for XML: without a declaration it is UTF-8, and `<meta>` does not count (RFC 7303).
    ///
    /// Invalid UTF-8 without a declaration is an error of the author, so the rules of HTML decide.
    pub(crate) fn detect_xml(bytes: &[u8], label: Option<&[u8]>, host: &str) -> Self {
        let utf16 = match bytes {
            [b'<', 0, b'?', 0, ..] => Some(UTF_16LE),
            [0, b'<', 0, b'?', ..] => Some(UTF_16BE),
            _ => None,
        };
        let labelled = || label.and_then(|label| Encoding::for_label(unquoted(label)));
        let declared = || labelled().or(utf16).or_else(|| prescan::xml(bytes));
        match Encoding::for_bom(bytes) {
            Some((encoding, mark)) => Self { encoding, mark },
            None => declared()
                .or_else(|| std::str::from_utf8(bytes).is_ok().then_some(UTF_8))
                .map_or_else(|| Self::detect(bytes, label, host), |encoding| Self { encoding, mark: 0 }),
        }
    }

    /// Decodes `bytes` without the byte order mark. Invalid bytes become U+FFFD. Valid UTF-8 is not copied.
    pub(crate) fn text(self, bytes: &Bytes) -> ByteString {
        let bytes = bytes.slice(self.mark.min(bytes.len())..);
        let decoded = match self.encoding.decode_without_bom_handling(&bytes).0 {
            Cow::Borrowed(text) => Err(text.len()),
            Cow::Owned(text) => Ok(text.into()),
        };
        // Borrowed text is valid UTF-8, so the bytes themselves are the text.
        decoded.unwrap_or_else(|length| ByteString::try_from(bytes.slice(..length)).unwrap_or_default())
    }
}

/// Guesses the encoding of a body without a declaration in its first bytes.
///
/// A `<meta>` further down counts: a browser reloads the page when it finds one. Valid UTF-8 is UTF-8 (browsers assume a
/// legacy encoding, but only to make authors declare the encoding). For everything else the detector decides.
fn guess(bytes: &[u8], host: &str) -> &'static Encoding {
    if let Some(encoding) = prescan::meta(bytes) {
        return encoding;
    }
    if bytes.is_ascii() {
        return WINDOWS_1252;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => return UTF_8,
        // Valid UTF-8 up to a character that is cut off: the body was cut at its limit.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => return UTF_8,
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..SAMPLE).unwrap_or(bytes), true);
    detector.guess(top_level(host), Utf8Detection::Deny)
}

/// Returns the last label of a host name. `None` if it contains anything at which the detector would panic.
fn top_level(host: &str) -> Option<&[u8]> {
    let label = host.trim_end_matches('.').rsplit('.').next()?;
    let is_valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (!label.is_empty() && label.bytes().all(is_valid)).then_some(label.as_bytes())
}

/// Removes single quotes, which have no meaning in a media type, but some servers write them.
fn unquoted(label: &[u8]) -> &[u8] {
    label.trim_ascii().strip_prefix(b"'").and_then(|label| label.strip_suffix(b"'")).unwrap_or(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_declaration_decides() {
        let windows = " 'windows-1251'";
        for (bytes, label, host, encoding, text) in [
            (&b"\xef\xbb\xbf\xc5\xbe"[..], windows, "a.example", "UTF-8", "ž"),
            (b"\xff\xfea\0", windows, "a.example", "UTF-16LE", "a"),
            (b"\xef\xf0\xe8", windows, "a.example", "windows-1251", "при"),
            (b"<meta charset=koi8-r>\xd0", "klingon", "a.example", "KOI8-R", "<meta charset=koi8-r>п"),
            (
                b"<?xml version='1.0' encoding='iso-8859-2'?>\xf8",
                "",
                "",
                "ISO-8859-2",
                "<?xml version='1.0' encoding='iso-8859-2'?>ř",
            ),
            (b"<p>\xc5\xbe", "", "", "UTF-8", "<p>ž"),
            (b"<p>\xc5\xbe\xc5", "", "", "UTF-8", "<p>ž\u{fffd}"),
            (b"plain", "", "", "windows-1252", "plain"),
            (b"<meta charset=utf-7>x", "", "", "windows-1252", "<meta charset=utf-7>x"),
            (b"", "", "", "windows-1252", ""),
            (b"caf\xe9 cr\xe8me br\xfbl\xe9e", "", "a.fr", "windows-1252", "café crème brûlée"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0", "", "a.ru", "windows-1251", "Привет, мир"),
        ] {
            let charset = Charset::detect(bytes, Some(label.as_bytes()), host);
            let decoded = charset.text(&Bytes::from_static(bytes));
            assert_eq!((charset.encoding.name(), &*decoded), (encoding, text), "{bytes:?}");
        }
        for host in ["[::1]", "127.0.0.1", "", ".", "A", "..", "ümlaut"] {
            assert!(!Charset::detect(b"\xe9\xe8", None, host).text(&Bytes::from_static(b"\xe9\xe8")).is_empty());
        }
    }

    #[test]
    fn a_declaration_further_down_counts() {
        let page = format!("<title>x</title>{}<meta charset=iso-8859-2>", " ".repeat(4096));
        let page = [page.as_bytes(), b"\xf8"].concat();
        assert_eq!(Charset::detect(&page, None, "").encoding.name(), "ISO-8859-2");
    }
}
