//! Media types of bodies, found in their first bytes (MIME Sniffing standard).
//!
//! Only what the crawl needs to know is exact: HTML, XML, feeds, text, and "not a page". The standard's rules for MP4, WebM
//! and MP3 are left out: such bodies contain binary bytes, so they are not pages anyway.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::{
    media_type::{MediaType, values},
    request::{Method, Request},
    response::Headers,
    xml_root::{self, feed},
};

/// Number of bytes that decide, as in the standard.
pub(crate) const MAX_START: usize = 1445;

/// Starts of HTML, in lower case. A character that ends a tag must follow.
const HTML: [&[u8]; 16] = [
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a",
    b"<style",
    b"<title",
    b"<b",
    b"<body",
    b"<br",
    b"<p",
];

/// Byte order marks. Text after one is not searched for markup, as in browsers.
const MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe"];

/// Signatures of files that are not pages, with their media types. `?` is any byte.
const SIGNATURES: [(&[u8], &str); 21] = [
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\0\0\x01\0", "image/x-icon"),
    (b"\0\0\x02\0", "image/x-icon"),
    (b"BM", "image/bmp"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF????WEBPVP", "image/webp"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b".snd", "audio/basic"),
    (b"FORM????AIFF", "audio/aiff"),
    (b"ID3", "audio/mpeg"),
    (b"OggS\0", "application/ogg"),
    (b"MThd\0\0\0\x06", "audio/midi"),
    (b"RIFF????AVI ", "video/avi"),
    (b"RIFF????WAVE", "audio/wave"),
    (b"\x1f\x8b\x08", "application/x-gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar \x1a\x07\0", "application/x-rar-compressed"),
    (b"wOFF", "font/woff"),
];

/// Returns the media type of a response. `body` is its start or all of it, without content codings.
pub(crate) fn media_type(headers: &Headers, body: &[u8]) -> MediaType {
    let start = body.get(..MAX_START).unwrap_or(body);
    let declared = headers.media_type().unwrap_or_else(MediaType::unknown);
    let essence = match declared.essence.as_str() {
        _ if declared.is_unknown() && is_nosniff(headers) => Some(without_markup(start)),
        _ if declared.is_unknown() => Some(any(start)),
        "text/html" => feed(start).filter(|_| !is_nosniff(headers)),
        "text/plain" if !is_nosniff(headers) && !is_utf_16(&declared) => Some(text_or_binary(start)),
        _ => None,
    };
    MediaType { essence: essence.map_or(declared.essence, str::to_owned), charset: declared.charset }
}

/// Returns true if the response must be a page. A sitemap may be a compressed file, which has any media type.
pub(crate) fn is_page_expected(request: &Request) -> bool {
    *request.method() != Method::Head && !request.is_sitemap()
}

/// Returns true if the first bytes may show that the response is not a page.
pub(crate) fn may_be_binary(headers: &Headers) -> bool {
    !headers.is_only_html()
        && headers.media_type().is_none_or(|declared| declared.is_unknown() || declared.essence == "text/plain")
}

/// Identifies a body of unknown media type.
fn any(start: &[u8]) -> &'static str {
    if let Some(feed) = feed(start) {
        return feed;
    }
    let text = start.trim_ascii_start();
    let is_tag = |tag: &&[u8]| {
        let after = text.get(..tag.len()).filter(|name| name.eq_ignore_ascii_case(tag)).and(text.get(tag.len()));
        after.is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace())
    };
    match text {
        // The standard requires a blank after it, which authors do not know.
        [b'<', b'!', b'-', b'-', ..] => "text/html",
        [b'<', b'?', b'x', b'm', b'l', ..] => {
            if xml_root::is_xhtml(start) {
                "application/xhtml+xml"
            } else {
                "text/xml"
            }
        }
        _ if HTML.iter().any(is_tag) => "text/html",
        _ => without_markup(start),
    }
}

/// Identifies a body that is not searched for HTML and XML. A signature in any place of the table counts.
fn without_markup(start: &[u8]) -> &'static str {
    let matches = |signature: &[u8]| {
        let bytes = start.iter().zip(signature);
        start.len() >= signature.len() && bytes.into_iter().all(|(byte, wanted)| *wanted == b'?' || byte == wanted)
    };
    let found = SIGNATURES.iter().find(|(signature, _)| matches(signature));
    found.map_or_else(|| text_or_binary(start), |(_, media_type)| media_type)
}

/// Tells text from binary data.
fn text_or_binary(start: &[u8]) -> &'static str {
    let is_binary = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    let has_mark = MARKS.iter().any(|mark| start.starts_with(mark));
    if has_mark || !start.iter().any(is_binary) { "text/plain" } else { "application/octet-stream" }
}

/// Returns true if the text is declared as UTF-16, which has zero bytes.
fn is_utf_16(declared: &MediaType) -> bool {
    let encoding = declared.charset.as_deref().and_then(Encoding::for_label);
    encoding.is_some_and(|encoding| encoding == UTF_16LE || encoding == UTF_16BE)
}

/// Returns true if the response forbids sniffing (Fetch standard, "determine nosniff").
fn is_nosniff(headers: &Headers) -> bool {
    let first = headers.all("x-content-type-options").next().and_then(|field| values(field).next());
    first.is_some_and(|value| value.eq_ignore_ascii_case(b"nosniff"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(content_type: Option<&str>, body: &[u8]) -> String {
        media_type(&content_type.into_iter().map(|value| ("content-type", value)).collect(), body).essence
    }

    #[test]
    fn unknown_media_types_are_found_in_the_body() {
        for (body, wanted) in [
            (&b"<!DOCTYPE html><a href=/>"[..], "text/html"),
            (b" \t\r\n\x0c<!doctype HTML\nPUBLIC", "text/html"),
            (b"<html>", "text/html"),
            (b"<H1 class=x>", "text/html"),
            (b"<p>x", "text/html"),
            (b"<a href=/x>x</a>", "text/html"),
            (b"<!-- x --><title>", "text/html"),
            (b"<pre>x", "text/plain"),
            (b"<html", "text/plain"),
            (b"<b/>", "text/plain"),
            (b"x<html>", "text/plain"),
            (b"\xef\xbb\xbf<html>", "text/plain"),
            (b"\xff\xfe<\0h\0", "text/plain"),
            (b"", "text/plain"),
            (b"{\"a\":1}", "text/plain"),
            (b"caf\xe9\x1b", "text/plain"),
            (b"caf\xe9\x0b", "application/octet-stream"),
            (b"\x7fELF\x02\x01\x01\0", "application/octet-stream"),
            (b" <?xml version='1.0'?><x/>", "text/xml"),
            (b"<?xml?><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'>", "application/xhtml+xml"),
            (b"<?xml?><!-- --><h:html xmlns:h=\"http://www.w3.org/1999/xhtml\">", "application/xhtml+xml"),
            (b"<?xml?><html>", "text/xml"),
            (b"%PDF-1.7", "application/pdf"),
            (b" %PDF-1.7", "text/plain"),
            (b"%!PS-Adobe-3.0", "application/postscript"),
            (b"GIF89a", "image/gif"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"RIFFabcdWEBPVP8 ", "image/webp"),
            (b"RIFFabcdWAVEfmt ", "audio/wave"),
            (b"RIFFabcdWEB", "text/plain"),
            (b"ID3 x", "audio/mpeg"),
            (b"\x1f\x8b\x08", "application/x-gzip"),
            (b"PK\x03\x04", "application/zip"),
            (b"wOFF", "font/woff"),
        ] {
            for content_type in [None, Some("html"), Some("*/*"), Some("unknown/unknown"), Some("Application/Unknown")]
            {
                assert_eq!(sniffed(content_type, body), wanted, "{content_type:?}: {body:?}");
            }
            assert_eq!(sniffed(Some("application/octet-stream"), body), "application/octet-stream");
            assert_eq!(sniffed(Some("text/css"), body), "text/css");
        }
        let late = [vec![b' '; MAX_START], b"\0".to_vec()].concat();
        assert_eq!(sniffed(None, &late), "text/plain");
        assert_eq!(sniffed(None, &late[1..]), "application/octet-stream");
    }

    #[test]
    fn feeds_without_a_type_of_their_own_are_found() {
        let rss = b"<?xml version='1.0'?><rss>";
        assert_eq!(
            (&*sniffed(None, rss), &*sniffed(Some("text/html"), rss)),
            ("application/rss+xml", "application/rss+xml")
        );
        assert_eq!((&*sniffed(Some("text/plain"), rss), &*sniffed(Some("text/xml"), rss)), ("text/plain", "text/xml"));
        assert_eq!(sniffed(None, b"<!-- x --><feed>"), "application/atom+xml");
    }

    #[test]
    fn plain_text_is_only_told_from_binary_data() {
        for (content_type, body, wanted) in [
            ("text/plain", &b"<html>"[..], "text/plain"),
            ("text/plain; charset=utf-8", b"%PDF-1.7", "text/plain"),
            ("text/plain", b"%PDF-1.7 \x01", "application/octet-stream"),
            ("text/plain", b"\xfe\xff\0a", "text/plain"),
            ("text/plain; charset=utf-16", b"a\0", "text/plain"),
            ("text/plain; charset=gbk", b"a\0", "application/octet-stream"),
        ] {
            assert_eq!(sniffed(Some(content_type), body), wanted, "{content_type}: {body:?}");
        }
    }

    #[test]
    fn sniffing_can_be_forbidden() {
        for (options, content_type, body, wanted) in [
            ("nosniff", "", &b"<html>"[..], "text/plain"),
            (" NoSniff , x", "*/*", b"<?xml?>", "text/plain"),
            ("nosniff", "", b"%PDF-", "application/pdf"),
            ("nosniff", "text/html", b"<rss>", "text/html"),
            ("nosniff", "text/plain", b"\0", "text/plain"),
            ("x, nosniff", "", b"<html>", "text/html"),
        ] {
            let headers = [("x-content-type-options", options), ("content-type", content_type)].into_iter().collect();
            assert_eq!(media_type(&headers, body).essence, wanted, "{options}: {content_type}: {body:?}");
        }
    }
}
