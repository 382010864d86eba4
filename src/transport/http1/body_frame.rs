//! Where the body of a response ends (RFC 9112 section 6.3).

use std::sync::Arc;

use httparse::Header;

/// End of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// After this many bytes; zero if there is no body.
    Length(u64),
    /// After its last chunk.
    Chunked,
    /// Where the connection ends.
    UntilClose,
}

/// Whether the connection may serve another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// The connection may serve another request.
    Keep,
    /// The connection must be closed.
    Close,
}

/// Returns where the body ends (RFC 9112 section 6.3), and whether the connection may be used again.
pub(super) fn frame(
    kind: ResponseKind,
    code: u16,
    version: u8,
    fields: &[Header<'_>],
) -> Result<(Frame, Afterwards), Arc<str>> {
    if kind == ResponseKind::ToHead {
        // Some servers send a body in spite of HEAD.
        return Ok((Frame::Length(0), Afterwards::Close));
    }
    let has = |option: &str| tokens(fields, "connection").any(|token| token.eq_ignore_ascii_case(option.as_bytes()));
    let afterwards = match version {
        1 if !has("close") => Afterwards::Keep,
        0 if has("keep-alive") => Afterwards::Keep,
        _ => Afterwards::Close,
    };
    if code == 304 {
        // The length is that of the unchanged page.
        return Ok((Frame::Length(0), afterwards));
    }
    if code == 204 {
        // A server that announces a body may send one.
        let is_bare = tokens(fields, "transfer-encoding").next().is_none()
            && tokens(fields, "content-length").all(|length| length == b"0");
        return Ok((Frame::Length(0), if is_bare { afterwards } else { Afterwards::Close }));
    }
    let is_coding = |coding: &&[u8]| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity");
    let mut codings = tokens(fields, "transfer-encoding").filter(is_coding).peekable();
    if codings.peek().is_none() {
        return match content_length(fields)? {
            // The server's idea of the length may differ from ours.
            Some((length, Afterwards::Close)) => Ok((Frame::Length(length), Afterwards::Close)),
            Some((length, Afterwards::Keep)) => Ok((Frame::Length(length), afterwards)),
            None => Ok((Frame::UntilClose, Afterwards::Close)),
        };
    }
    // "chunked" twice means chunked once, as in curl and browsers.
    if !codings.all(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        return Err("transfer coding other than chunked".into());
    }
    // A length besides chunks, or chunks in HTTP/1.0: a middlebox may disagree about where the response ends.
    let agreed = version == 1 && tokens(fields, "content-length").next().is_none();
    Ok((Frame::Chunked, if agreed { afterwards } else { Afterwards::Close }))
}

/// Returns the announced length, and `Close` if it is not written as it should be. Equal repetitions count once (RFC 9110
/// section 8.6). A plus sign before the number, and white space or a fraction after it, are ignored, as in curl and browsers.
fn content_length(fields: &[Header<'_>]) -> Result<Option<(u64, Afterwards)>, Arc<str>> {
    let (mut length, mut afterwards) = (None, Afterwards::Keep);
    for token in tokens(fields, "content-length") {
        let number = token.strip_prefix(b"+").unwrap_or(token);
        let digits = number.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(number.len());
        let (digits, rest) = number.split_at(digits);
        let value =
            matches!(rest, [] | [b' ' | b'\t' | b'.', ..]).then(|| std::str::from_utf8(digits).ok()?.parse().ok());
        let value = value.flatten().ok_or("Content-Length is not a number")?;
        if *length.get_or_insert(value) != value {
            return Err("two different Content-Length values".into());
        }
        if digits.len() != token.len() {
            afterwards = Afterwards::Close;
        }
    }
    Ok(length.map(|length| (length, afterwards)))
}

/// Returns the comma-separated parts of every field of this name.
fn tokens<'a>(fields: &'a [Header<'a>], name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    // Comparing lengths first excludes most fields.
    let named =
        fields.iter().filter(move |field| field.name.len() == name.len() && field.name.eq_ignore_ascii_case(name));
    named.flat_map(|field| field.value.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii)
}

/// Which request a response is for, as far as its framing depends on it (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    /// Response to HEAD: never has a body.
    ToHead,
    /// Response to any other method.
    ToOther,
}
