//! Response heads: parsed as leniently as browsers do, and the minimal head that awc gets instead.

use std::{mem::MaybeUninit, sync::Arc};

use httparse::{Header, ParserConfig, Status};

use super::{
    body_frame::{Afterwards, Frame, ResponseKind, frame},
    normalise::{first_line, normalised},
};
use crate::{base::text, http::response::Headers};

/// Maximum length of a head, in bytes.
pub(crate) const MAX_HEAD: usize = 64 << 10;

/// Maximum number of fields kept of a head. Those after them are ignored.
const MAX_FIELDS: usize = 256;

/// A response head, as the server sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    /// The status code, 200 or above.
    pub(crate) status: u16,
    /// The header fields.
    pub(crate) headers: Headers,
    /// Length of the body in bytes, if the head tells it.
    pub(crate) length: Option<u64>,
}

/// A complete head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ParsedHead {
    /// A 1xx response: another head follows.
    Interim,
    /// The final response.
    Final(ResponseHead, Frame, Afterwards),
}

/// Returns the end of the head at the start of `bytes`: a blank line, whose CR may be missing. Searches from `from`.
pub(crate) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    memchr::memchr_iter(b'\n', tail).find_map(|at| match tail.get(at + 1..) {
        Some([b'\n', ..]) => Some(from + at + 2),
        Some([b'\r', b'\n', ..]) => Some(from + at + 3),
        Some(_) | None => None,
    })
}

/// Returns true if these first bytes may become a head. If not, there is no point in waiting for its end.
pub(crate) fn may_become_head(bytes: &[u8]) -> bool {
    let line = bytes.get(first_line(bytes)..).unwrap_or_default();
    let version = |(at, byte): (usize, &u8)| match at {
        5 => matches!(byte, b'1'..=b'9'),
        6 => *byte == b'.',
        at => b"HTTP/".get(at).is_none_or(|wanted| byte.eq_ignore_ascii_case(wanted)),
    };
    line.iter().enumerate().take(7).all(version)
}

/// Parses one complete head. Lines that are not header fields are skipped, as browsers do.
///
/// # Errors
/// Why it is not a readable HTTP/1 response.
pub(crate) fn parse(head: &[u8], kind: ResponseKind) -> Result<ParsedHead, Arc<str>> {
    if memchr::memchr(0, head).is_some() {
        return Err("NUL byte in the response head".into());
    }
    let head = normalised(head)?;
    let mut few = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    if let Some(parsed) = parse_fields(&head, kind, &mut few)? {
        return Ok(parsed);
    }
    // There are at most as many fields as lines, and the length of a head is limited.
    let mut all = vec![MaybeUninit::uninit(); memchr::memchr_iter(b'\n', &head).count()];
    parse_fields(&head, kind, &mut all)?.ok_or_else(|| "more header fields than lines".into())
}

/// Parses a head. `fields` is its memory for fields; returns `None` if there are more of them.
fn parse_fields<'h>(
    head: &'h [u8],
    kind: ResponseKind,
    fields: &mut [MaybeUninit<Header<'h>>],
) -> Result<Option<ParsedHead>, Arc<str>> {
    let mut response = httparse::Response::new(&mut []);
    let parsed = ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response_with_uninit_headers(&mut response, head, fields);
    let status = match parsed {
        Err(httparse::Error::TooManyHeaders) => return Ok(None),
        parsed => parsed.map_err(|error| text::from_error(&error))?,
    };
    let (Status::Complete(_), Some(code), Some(version)) = (status, response.code, response.version) else {
        return Err("incomplete response head".into());
    };
    match code {
        101 => return Err("status 101: switched protocols without being asked".into()),
        100..200 => return Ok(Some(ParsedHead::Interim)),
        0..100 => return Err("status below 100".into()),
        200.. => {}
    }
    // All fields count for the end of the body. Without it the rest of the connection could not be read.
    let (frame, afterwards) = frame(kind, code, version, response.headers)?;
    let head = ResponseHead { status: code, headers: headers(response.headers, head.len()), length: length(frame) };
    Ok(Some(ParsedHead::Final(head, frame, afterwards)))
}

/// Returns the first [`MAX_FIELDS`] fields; of those after them only the content codings, which the body needs.
fn headers(fields: &[Header<'_>], bytes: usize) -> Headers {
    let mut headers = Headers::with_capacity(fields.len().min(MAX_FIELDS), bytes);
    let (kept, ignored) = fields.split_at(fields.len().min(MAX_FIELDS));
    let codings = ignored.iter().filter(|field| field.name.eq_ignore_ascii_case("content-encoding"));
    kept.iter().chain(codings).for_each(|field| headers.push(field.name, field.value));
    headers
}

fn length(frame: Frame) -> Option<u64> {
    match frame {
        Frame::Length(length) => Some(length),
        Frame::Chunked | Frame::UntilClose => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(head: &str) -> Result<(Frame, Afterwards), Arc<str>> {
        match parse(head.replace('|', "\r\n").as_bytes(), ResponseKind::ToOther)? {
            ParsedHead::Final(_, frame, afterwards) => Ok((frame, afterwards)),
            ParsedHead::Interim => Err("interim".into()),
        }
    }

    #[test]
    fn where_bodies_end() {
        use Afterwards::{Close, Keep};
        use Frame::{Chunked, Length, UntilClose};
        for (head, wanted) in [
            ("HTTP/1.1 200 OK|Content-Length: 5||", (Length(5), Keep)),
            ("HTTP/1.1 200|content-length : 5, 5|Content-Length:5||", (Length(5), Keep)),
            ("HTTP/1.1 200 OK|Connection: Foo, Close|Content-Length: 0||", (Length(0), Close)),
            ("HTTP/1.0 200 OK|Content-Length: 5||", (Length(5), Close)),
            ("HTTP/1.0 200 OK|Content-Length: 5|connection: keep-alive||", (Length(5), Keep)),
            ("HTTP/1.1 200 OK||", (UntilClose, Close)),
            ("HTTP/1.1 200 OK|transfer-encoding: identity||", (UntilClose, Close)),
            ("HTTP/1.1 200 OK|Upgrade: h2|Connection: Upgrade, Keep-Alive|Content-Length: 1||", (Length(1), Keep)),
            ("HTTP/1.1 200 OK|Transfer-Encoding: Chunked||", (Chunked, Keep)),
            ("HTTP/1.1 200 OK|Transfer-Encoding: chunked|content-length: 7||", (Chunked, Close)),
            ("HTTP/1.0 200 OK|Transfer-Encoding: chunked||", (Chunked, Close)),
            ("HTTP/1.1 204 No|Content-Length: 5||", (Length(0), Close)),
            ("HTTP/1.1 204 No|Transfer-Encoding: chunked||", (Length(0), Close)),
            ("HTTP/1.1 204 No|Content-Length: 0||", (Length(0), Keep)),
            ("HTTP/1.1 304 Same|Content-Length: 5||", (Length(0), Keep)),
            ("HTTP/1.1 999 Odd|Content-Length: 1||", (Length(1), Keep)),
            ("HTTP/1.1  200   |Content-Length: 1||", (Length(1), Keep)),
            ("HTTP/1.1 304 Same|transfer-encoding: chunked||", (Length(0), Keep)),
            ("HTTP/2.0 200 OK|Content-Length: 1||", (Length(1), Keep)),
            ("http/1.2 200 OK|Content-Length: 1||", (Length(1), Keep)),
            ("|Http/1.0 200 OK|Content-Length:|\t1||", (Length(1), Close)),
            ("HTTP/1.1 200 OK|  folded: x|Content-Length:|  1|Connection: a,| close||", (Length(1), Close)),
            ("HTTP/1.1 200 OK|Transfer-Encoding: chunked|Transfer-Encoding: chunked||", (Chunked, Keep)),
            ("HTTP/1.1 200 OK|Content-Length: +1||", (Length(1), Close)),
            ("HTTP/1.1 200 OK|Content-Length: 12 3, 12.0, 12||", (Length(12), Close)),
            ("HTTP/1.1 200 OK|x: \x01\x7f|Content-Length: 2\t||", (Length(2), Keep)),
            ("HTTP/1.1 200 OK|no colon here|b@d: x|Content-Length: 2||", (Length(2), Keep)),
        ] {
            assert_eq!(framed(head), Ok(wanted), "{head}");
        }
    }

    #[test]
    fn heads_that_are_refused() {
        for head in [
            "HTTP/1.1 100 Continue||",
            "HTTP/1.1 101 Switching||",
            "HTTP/1.1 099 What||",
            "HTTP/0.9 200 OK||",
            "ICY 200 OK||",
            "HTTP/1.1 2000 OK||",
            "HTTP/1.1 OK||",
            "HTTP/1.1 200 OK|x: a\0b|Content-Length: 1||",
            "HTTP/1.1 200 OK|Content-Length: 5, 6||",
            "HTTP/1.1 200 OK|Content-Length: 0x5||",
            "HTTP/1.1 200 OK|Content-Length:||",
            "HTTP/1.1 200 OK|Content-Length: -1||",
            "HTTP/1.1 200 OK|Content-Length: 99999999999999999999||",
            "HTTP/1.1 200 OK|Content-Length: 1|Content-Length: 2||",
            "HTTP/1.1 200 OK|Transfer-Encoding: gzip, chunked||",
            "HTTP/1.1 200 OK|Transfer-Encoding: chunked\x7f||",
            "HTTP/1.1 200 OK|Transfer-Encoding:\x0b chunked||",
            "HTTP/1.1 200 OK|Content-Length: 5\x01||",
            "HTTP/1.1 200 OK|Content-Length\x01: 5||",
            "||",
        ] {
            assert!(framed(head).is_err(), "{head}");
        }
    }

    #[test]
    fn fields_above_the_maximum_only_frame_the_body() {
        for (count, rest, frame) in [
            (MAX_FIELDS - 1, "Content-Length: 5|", Frame::Length(5)),
            (MAX_FIELDS, "x: y|content-length: 5|Content-Type: text/css|", Frame::Length(5)),
            (5000, "Transfer-Encoding: chunked|", Frame::Chunked),
            (16_000, "", Frame::UntilClose),
        ] {
            let head =
                format!("HTTP/1.1 200 OK|{}{rest}Content-Encoding: br||", "a:|".repeat(count)).replace('|', "\n");
            let parsed = parse(head.as_bytes(), ResponseKind::ToOther).unwrap();
            let ParsedHead::Final(head, found, _) = parsed else { panic!("{rest}") };
            assert_eq!((found, head.headers.text("content-type")), (frame, None), "{rest}");
            assert_eq!(head.headers.text("content-encoding"), Some("br"), "{rest}");
            assert!(head.headers.iter().count() <= MAX_FIELDS + 1, "{rest}");
        }
        let interim = format!("HTTP/1.1 103 Early Hints|{}|", "link: x|".repeat(1000)).replace('|', "\r\n");
        assert_eq!(parse(interim.as_bytes(), ResponseKind::ToOther), Ok(ParsedHead::Interim));
    }

    #[test]
    fn fields_keep_their_order_and_bytes() {
        let head =
            b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Latin: \xe9\nset-cookie:  b=2 \r\nContent-Length: 3\r\n\r\n";
        let Ok(ParsedHead::Final(head, ..)) = parse(head, ResponseKind::ToOther) else { panic!("no head") };
        let fields: Vec<_> = head.headers.iter().collect();
        assert_eq!(
            fields,
            [("set-cookie", &b"a=1"[..]), ("x-latin", b"\xe9"), ("set-cookie", b"b=2"), ("content-length", b"3"),]
        );
        assert_eq!((head.status, head.length), (200, Some(3)));
    }

    #[test]
    fn other_protocols_are_noticed_at_once() {
        for (bytes, may) in [
            ("", true),
            ("\r\nHT", true),
            ("HTTP/1.0 2", true),
            ("HTTP/2", true),
            ("http/1.", true),
            ("HTTP/0", false),
            ("HTTPS", false),
            ("<html>", false),
        ] {
            assert_eq!(may_become_head(bytes.as_bytes()), may, "{bytes}");
        }
    }

    #[test]
    fn heads_end_at_a_blank_line() {
        for (bytes, from, end) in [
            (&b"a\r\n\r\nb"[..], 0, Some(5)),
            (b"a\n\nb", 0, Some(3)),
            (b"a\r\n\n", 0, Some(4)),
            (b"a\n\nb\r\n\r\n", 0, Some(3)),
            (b"a\n\r\nb\n\n", 0, Some(4)),
            (b"a\r\nb\r\n\r", 0, None),
            (b"a\r\nb\r\n\r\n", 6, None),
            (b"a\r\nb\r\n\r\n", 5, Some(8)),
            (b"", 3, None),
        ] {
            assert_eq!(end_of_head(bytes, from), end, "{bytes:?}");
        }
    }
}
