//! Rewrites response heads for the parser, which is stricter than browsers.

use std::{borrow::Cow, sync::Arc};

/// Rewrites a head so that the parser accepts it. The length stays the same.
///
/// - A version above 1.1 becomes 1.1 (RFC 9110 section 2.5), and `http/` may be in any case.
/// - A line that starts with white space continues the line before (RFC 9112 section 5.2).
/// - A CR without LF becomes a space (RFC 9112 section 2.2).
///
/// # Errors
/// If a field that frames the body contains a control character: the parser would skip that line.
pub(super) fn normalised(head: &[u8]) -> Result<Cow<'_, [u8]>, Arc<str>> {
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
        return Err("control character in Content-Length or Transfer-Encoding".into());
    }
    Ok(Cow::Owned(head))
}

/// Returns the start of the first line: some servers send empty lines before it.
pub(super) fn first_line(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len())
}

/// Returns true for lines that frame the body.
fn is_frame(line: &[u8]) -> bool {
    let mut parts = line.splitn(2, |byte| *byte == b':' || is_control(byte));
    let name = parts.next().unwrap_or_default().trim_ascii();
    [&b"content-length"[..], b"transfer-encoding"].iter().any(|frame| name.eq_ignore_ascii_case(frame))
}

/// Returns true for bytes that no field may contain (RFC 9110 section 5.5). A tab is allowed.
fn is_control(byte: &u8) -> bool {
    (*byte < b' ' && *byte != b'\t') || *byte == 127
}

/// Returns true if [`normalised`] has nothing to do, as with nearly all heads. One pass without a branch.
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
