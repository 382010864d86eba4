//! The head of a request as it goes on the wire.

use super::head::end_of_head;

/// What matters of a request for the frame of its answer (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Its answer never has a body.
    Head,
    /// Any other method.
    Other,
}

/// Takes awc's first write of a request, which carries the whole head: puts `Host` first (RFC 9110 section 7.2 wishes it,
/// awc's own order is random), and drops `Date`, which awc always adds and a crawler has no use for.
pub(super) fn outgoing(written: &[u8]) -> (Question, Vec<u8>) {
    let question = if written.starts_with(b"HEAD ") { Question::Head } else { Question::Other };
    let mut out = Vec::with_capacity(written.len());
    let Some(end) = end_of_head(written, 0) else {
        out.extend_from_slice(written);
        return (question, out);
    };
    let (head, body) = written.split_at(end);
    let (mut start, mut place) = (0, 0);
    for line_end in memchr::memchr_iter(b'\n', head) {
        let line = head.get(start..=line_end).unwrap_or_default();
        match line {
            // The request line.
            _ if start == 0 => {
                out.extend_from_slice(line);
                place = out.len();
            }
            [b'h' | b'H', ..] if is_field(line, b"host:") => drop(out.splice(place..place, line.iter().copied())),
            [b'd' | b'D', ..] if is_field(line, b"date:") => {}
            _ => out.extend_from_slice(line),
        }
        start = line_end + 1;
    }
    out.extend_from_slice(body);
    (question, out)
}

fn is_field(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_put_in_order() {
        let written = b"POST /x HTTP/1.1\r\nb: 1\r\nhost: h\r\ncontent-length: 5\r\ndate: today\r\n\r\ndate:";
        let wanted = b"POST /x HTTP/1.1\r\nhost: h\r\nb: 1\r\ncontent-length: 5\r\n\r\ndate:";
        assert_eq!(outgoing(written), (Question::Other, wanted.to_vec()));
        assert_eq!(outgoing(b"HEAD / HTTP/1.1\r\n\r\n").0, Question::Head);
    }
}
