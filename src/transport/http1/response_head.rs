//! Response heads: what they say about the body (RFC 9112 section 6.3), and the head awc gets instead.

use std::{borrow::Cow, mem::MaybeUninit, sync::Arc};

use httparse::{Header, ParserConfig, Status};

use crate::{base::text, http::response::Headers};

/// The longest head, in bytes.
pub(crate) const MAX_HEAD: usize = 64 << 10;

/// The most fields of a head.
const MAX_FIELDS: usize = 256;

/// A response head, as the server sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    /// The status code, from 200.
    pub(crate) status: u16,
    /// The header fields.
    pub(crate) headers: Headers,
    /// How long the body is, if that is known before it is read.
    pub(crate) length: Option<u64>,
}

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// After so many bytes; zero when there is no body.
    Length(u64),
    /// Where its last chunk says.
    Chunked,
    /// Where the connection ends.
    UntilClose,
}

/// Whether the connection may serve another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// It may.
    Keep,
    /// It must not.
    Close,
}

/// What a complete head is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ParsedHead {
    /// A 1xx: another head follows.
    Interim,
    /// The answer.
    Final(ResponseHead, Frame, Afterwards),
}

/// Where the head at the beginning of `bytes` ends, looking from `from` on: with a blank line, which may lack its CR.
pub(crate) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    memchr::memchr_iter(b'\n', tail).find_map(|at| match tail.get(at + 1..) {
        Some([b'\n', ..]) => Some(from + at + 2),
        Some([b'\r', b'\n', ..]) => Some(from + at + 3),
        Some(_) | None => None,
    })
}

/// Whether these first bytes may become a head: nobody waits for the end of what never was one.
pub(crate) fn may_be_one(bytes: &[u8]) -> bool {
    let line = bytes.get(first_line(bytes)..).unwrap_or_default();
    let version = |(at, byte): (usize, &u8)| match at {
        5 => matches!(byte, b'1'..=b'9'),
        6 => *byte == b'.',
        at => b"HTTP/".get(at).is_none_or(|wanted| byte.eq_ignore_ascii_case(wanted)),
    };
    line.iter().enumerate().take(7).all(version)
}

/// Parses one complete head. Lines that are no fields are passed over, as browsers do.
///
/// # Errors
/// Why it is no HTTP/1 response that can be read, in words.
pub(crate) fn parse(head: &[u8], kind: ResponseKind) -> Result<ParsedHead, Arc<str>> {
    if memchr::memchr(0, head).is_some() {
        return Err("a NUL in a head".into());
    }
    let head = normalised(head)?;
    let mut fields = [const { MaybeUninit::<Header<'_>>::uninit() }; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    let status = ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response_with_uninit_headers(&mut response, &head, &mut fields)
        .map_err(|error| text::of_error(&error))?;
    let (Status::Complete(_), Some(code), Some(version)) = (status, response.code, response.version) else {
        return Err("a head with a blank line in it".into());
    };
    match code {
        101 => return Err("switched protocols unasked".into()),
        100..200 => return Ok(ParsedHead::Interim),
        0..100 => return Err("a status below 100".into()),
        200.. => {}
    }
    let (frame, afterwards) = frame(kind, code, version, response.headers)?;
    let mut headers = Headers::with_capacity(response.headers.len(), head.len());
    response.headers.iter().for_each(|field| headers.push(field.name, field.value));
    let length = match frame {
        Frame::Length(length) => Some(length),
        Frame::Chunked | Frame::UntilClose => None,
    };
    Ok(ParsedHead::Final(ResponseHead { status: code, headers, length }, frame, afterwards))
}

/// Where the first line begins: some servers send empty ones before it.
fn first_line(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len())
}

/// The head for a parser that is stricter than browsers, as long as before: a version beyond 1.1 is 1.1 (RFC 9110 section
/// 2.5), `http/` may be in any case, a line that begins with a blank goes on with the one before (RFC 9112 section 5.2),
/// and a CR without its LF is a blank (section 2.2).
///
/// # Errors
/// When a control character stands where the end of the body is told: the parser would pass over that line.
fn normalised(head: &[u8]) -> Result<Cow<'_, [u8]>, Arc<str>> {
    if is_normal(head) {
        return Ok(Cow::Borrowed(head));
    }
    let mut head = head.to_vec();
    let start = first_line(&head);
    if let Some(version) = head.get_mut(start..).and_then(<[u8]>::first_chunk_mut::<8>)
        && let [.., b'1'..=b'9', b'.', minor @ b'0'..=b'9'] = *version
    {
        let is_old = minor == b'0' && version.get(5) == Some(&b'1');
        *version = if is_old { *b"HTTP/1.0" } else { *b"HTTP/1.1" };
    }
    let mut from = start;
    while let Some(at) = head.get(from..).and_then(|rest| memchr::memchr(b'\n', rest)) {
        let end = from + at;
        if let Some([before, end, b' ' | b'\t']) = head.get_mut(end.saturating_sub(1)..end + 2) {
            *end = b' ';
            if *before == b'\r' {
                *before = b' ';
            }
        }
        from = end + 1;
    }
    let mut from = start;
    while let Some(at) = head.get(from..).and_then(|rest| memchr::memchr(b'\r', rest)) {
        if let Some([cr, after]) = head.get_mut(from + at..from + at + 2)
            && *after != b'\n'
        {
            *cr = b' ';
        }
        from += at + 1;
    }
    if head.split(|&byte| byte == b'\n').any(|line| is_frame(line) && line.trim_ascii().iter().any(is_control)) {
        return Err("a control character in Content-Length or Transfer-Encoding".into());
    }
    Ok(Cow::Owned(head))
}

/// Whether a line tells where the body ends.
fn is_frame(line: &[u8]) -> bool {
    let mut parts = line.splitn(2, |byte| *byte == b':' || is_control(byte));
    let name = parts.next().unwrap_or_default().trim_ascii();
    [&b"content-length"[..], b"transfer-encoding"].iter().any(|frame| name.eq_ignore_ascii_case(frame))
}

/// Whether this byte is in no field (RFC 9110 section 5.5); a tab may be.
fn is_control(byte: &u8) -> bool {
    (*byte < b' ' && *byte != b'\t') || *byte == 127
}

/// Whether none of that is to be done, as with nearly all heads: one pass without a branch.
fn is_normal(head: &[u8]) -> bool {
    let is_odd = |byte: u8, next: u8| {
        let is_end = (byte == b'\r') | (byte == b'\n');
        (byte == b'\r') & (next != b'\n')
            | (byte == b'\n') & ((next == b' ') | (next == b'\t'))
            | (byte < b' ') & !is_end & (byte != b'\t')
            | (byte == 127)
    };
    let pairs = head.iter().zip(head.get(1..).unwrap_or_default());
    let odd = pairs.fold(0, |odd, (&byte, &next)| odd | u8::from(is_odd(byte, next)));
    odd == 0 && (head.starts_with(b"HTTP/1.1 ") || head.starts_with(b"HTTP/1.0 "))
}

fn frame(kind: ResponseKind, code: u16, version: u8, fields: &[Header<'_>]) -> Result<(Frame, Afterwards), Arc<str>> {
    if kind == ResponseKind::ToHead {
        // Some servers send the body all the same.
        return Ok((Frame::Length(0), Afterwards::Close));
    }
    let says = |option: &str| tokens(fields, "connection").any(|token| token.eq_ignore_ascii_case(option.as_bytes()));
    let afterwards = match version {
        1 if !says("close") => Afterwards::Keep,
        0 if says("keep-alive") => Afterwards::Keep,
        _ => Afterwards::Close,
    };
    if code == 304 {
        // A length is that of what did not change.
        return Ok((Frame::Length(0), afterwards));
    }
    if code == 204 {
        // A server that announces a body may well send one.
        let is_bare = tokens(fields, "transfer-encoding").next().is_none()
            && tokens(fields, "content-length").all(|length| length == b"0");
        return Ok((Frame::Length(0), if is_bare { afterwards } else { Afterwards::Close }));
    }
    let is_coding = |coding: &&[u8]| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity");
    let mut codings = tokens(fields, "transfer-encoding").filter(is_coding).peekable();
    if codings.peek().is_none() {
        return match content_length(fields)? {
            // Whoever writes it so may mean another one.
            Some((length, Afterwards::Close)) => Ok((Frame::Length(length), Afterwards::Close)),
            Some((length, Afterwards::Keep)) => Ok((Frame::Length(length), afterwards)),
            None => Ok((Frame::UntilClose, Afterwards::Close)),
        };
    }
    // Said twice, it is done once: so read it curl and browsers.
    if !codings.all(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        return Err("a transfer coding other than chunked".into());
    }
    // Both at once, or chunks in HTTP/1.0, smell of a middlebox that will not agree where the answer ends.
    let agreed = version == 1 && tokens(fields, "content-length").next().is_none();
    Ok((Frame::Chunked, if agreed { afterwards } else { Afterwards::Close }))
}

/// The length that is announced, and whether it is written as it should be. Equal repetitions are one (RFC 9110 section
/// 8.6); a plus before the number, a blank or a fraction behind it are passed over, as curl and browsers do.
fn content_length(fields: &[Header<'_>]) -> Result<Option<(u64, Afterwards)>, Arc<str>> {
    let (mut length, mut afterwards) = (None, Afterwards::Keep);
    for token in tokens(fields, "content-length") {
        let number = token.strip_prefix(b"+").unwrap_or(token);
        let digits = number.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(number.len());
        let (digits, rest) = number.split_at(digits);
        let value =
            matches!(rest, [] | [b' ' | b'\t' | b'.', ..]).then(|| std::str::from_utf8(digits).ok()?.parse().ok());
        let value = value.flatten().ok_or("a content length that is no number")?;
        if *length.get_or_insert(value) != value {
            return Err("two different content lengths".into());
        }
        if digits.len() != token.len() {
            afterwards = Afterwards::Close;
        }
    }
    Ok(length.map(|length| (length, afterwards)))
}

/// The parts of every `name` field, which stand between commas.
fn tokens<'a>(fields: &'a [Header<'a>], name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    // Most fields differ in length already.
    let named =
        fields.iter().filter(move |field| field.name.len() == name.len() && field.name.eq_ignore_ascii_case(name));
    named.flat_map(|field| field.value.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii)
}

/// The head awc gets: the frame and nothing else, so that nothing a server writes can confuse or panic it. HTTP/1.0 makes
/// it read until the connection closes; without a length there is no body for it.
pub(crate) fn for_awc(status: u16, frame: Frame, afterwards: Afterwards) -> Vec<u8> {
    let mut out = Vec::with_capacity(96);
    let (version, field): (&[u8], &[u8]) = match frame {
        Frame::Length(0) => (b"HTTP/1.1 ", b" "),
        Frame::Length(_) => (b"HTTP/1.1 ", b" \r\ncontent-length: "),
        Frame::Chunked => (b"HTTP/1.1 ", b" \r\ntransfer-encoding: chunked"),
        Frame::UntilClose => (b"HTTP/1.0 ", b" "),
    };
    out.extend_from_slice(version);
    push_number(&mut out, status.into());
    out.extend_from_slice(field);
    match frame {
        Frame::Length(length) if length > 0 => push_number(&mut out, length),
        Frame::Length(_) | Frame::Chunked | Frame::UntilClose => {}
    }
    out.extend_from_slice(match afterwards {
        Afterwards::Keep => b"\r\n\r\n",
        Afterwards::Close => b"\r\nconnection: close\r\n\r\n",
    });
    out
}

/// In decimal; formatting would cost ten times as much.
pub(crate) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// What matters of a request for the frame of its answer (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    /// Its answer never has a body.
    ToHead,
    /// Any other method.
    ToOther,
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
    fn what_is_no_answer() {
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
        let many = format!("HTTP/1.1 200 OK|{}|", "a: b|".repeat(MAX_FIELDS + 1));
        assert!(framed(&many).is_err());
    }

    #[test]
    fn fields_are_kept_as_they_came() {
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
    fn what_never_was_a_head_is_known_at_once() {
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
            assert_eq!(may_be_one(bytes.as_bytes()), may, "{bytes}");
        }
    }

    #[test]
    fn heads_for_awc() {
        use Afterwards::{Close, Keep};
        for (status, frame, afterwards, wanted) in [
            (200, Frame::Length(0), Keep, "HTTP/1.1 200 \r\n\r\n"),
            (
                999,
                Frame::Length(u64::MAX),
                Close,
                "HTTP/1.1 999 \r\ncontent-length: 18446744073709551615\r\nconnection: close\r\n\r\n",
            ),
            (404, Frame::Chunked, Keep, "HTTP/1.1 404 \r\ntransfer-encoding: chunked\r\n\r\n"),
            (206, Frame::UntilClose, Close, "HTTP/1.0 206 \r\nconnection: close\r\n\r\n"),
        ] {
            assert_eq!(String::from_utf8(for_awc(status, frame, afterwards)).unwrap(), wanted);
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
