//! The response head that awc believes.

use crate::{
    base::text::push_decimal,
    transport::http1::body_frame::{Afterwards, Frame},
};

/// Returns the head that awc gets: only the framing, so that nothing a server writes can confuse awc or make it panic.
///
/// HTTP/1.0 makes awc read until the connection closes. For HTTP/1.1 without a length awc assumes an empty body.
pub(crate) fn for_awc(status: u16, frame: Frame, afterwards: Afterwards) -> Vec<u8> {
    let mut out = Vec::with_capacity(96);
    let (version, field): (&[u8], &[u8]) = match frame {
        Frame::Length(0) => (b"HTTP/1.1 ", b" "),
        Frame::Length(_) => (b"HTTP/1.1 ", b" \r\ncontent-length: "),
        Frame::Chunked => (b"HTTP/1.1 ", b" \r\ntransfer-encoding: chunked"),
        Frame::UntilClose => (b"HTTP/1.0 ", b" "),
    };
    out.extend_from_slice(version);
    push_decimal(&mut out, status.into());
    out.extend_from_slice(field);
    match frame {
        Frame::Length(length) if length > 0 => push_decimal(&mut out, length),
        Frame::Length(_) | Frame::Chunked | Frame::UntilClose => {}
    }
    out.extend_from_slice(match afterwards {
        Afterwards::Keep => b"\r\n\r\n",
        Afterwards::Close => b"\r\nconnection: close\r\n\r\n",
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
