//! Connections that say what a script says, in pieces of every size.

use std::collections::VecDeque;

use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::{clock::Clock, wire::Exchange};

/// Reads these pieces one by one, then the end; takes every write.
struct Script(VecDeque<Vec<u8>>);

impl Endpoint for Script {
    fn begin(&self) {}
}

impl AsyncRead for Script {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(mut piece) = self.0.pop_front() else { return Poll::Ready(Ok(())) };
        let rest = piece.split_off(piece.len().min(buf.remaining()));
        buf.put_slice(&piece);
        if !rest.is_empty() {
            self.0.push_front(rest);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What awc would read after a request, until the end or an error.
fn read(script: &[u8], size: usize, method: &str) -> (Vec<u8>, Result<(), io::ErrorKind>, Option<FetchError>) {
    let exchange = Exchange::new(Clock::start());
    let mut framing = Framing::new(Script(script.chunks(size).map(<[u8]>::to_vec).collect()));
    let mut all = Vec::new();
    let reading = async {
        framing.write_all(format!("{method} / HTTP/1.1\r\nhost: h\r\n\r\n").as_bytes()).await?;
        framing.flush().await?;
        framing.read_to_end(&mut all).await.map(drop)
    };
    let result = exchange.clone().scope(reading).now_or_never().unwrap();
    (all, result.map_err(|error| error.kind()), exchange.take_error())
}

#[test]
fn awc_gets_the_frame_and_the_body() {
    let eof = Err(io::ErrorKind::UnexpectedEof);
    for (script, wanted, end) in [
        (
            "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 200 \r\ncontent-length: 3\r\n\r\nabc",
            Ok(()),
        ),
        (
            "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Go\r\n\r\nHTTP/1.1 404 No\nContent-Length: 1\n\na",
            "HTTP/1.1 404 \r\ncontent-length: 1\r\n\r\na",
            Ok(()),
        ),
        ("HTTP/1.1 200 OK\r\n\r\nabc", "HTTP/1.0 200 \r\nconnection: close\r\n\r\nabc", Ok(())),
        ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc", "HTTP/1.1 200 \r\ncontent-length: 4\r\n\r\nabc", eof),
    ] {
        for size in 1..=script.len() {
            let (all, result, error) = read(script.as_bytes(), size, "GET");
            assert_eq!((std::str::from_utf8(&all).unwrap(), result, error), (wanted, end, None), "{script} {size}");
        }
    }
}

#[test]
fn chunks_are_handed_on_in_chunks_of_our_own() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let strict = |mut body: &str| {
        let mut data = String::new();
        while let Some((size, rest)) = body.split_once("\r\n") {
            let (part, rest) = rest.split_at(usize::from_str_radix(size, 16).unwrap());
            data.push_str(part);
            body = rest.strip_prefix("\r\n").unwrap();
        }
        data
    };
    for (body, data, end) in [
        ("3\r\nabc\r\n0\r\n\r\n", "abc", Ok(())),
        ("3;x\nabc\n02 \nde\n0\nx: y\n\n", "abcde", Ok(())),
        ("3\r\nabc\r\n", "abc", Err(io::ErrorKind::UnexpectedEof)),
    ] {
        let script = format!("{head}{body}");
        for size in 1..=script.len() {
            let (all, result, _) = read(script.as_bytes(), size, "GET");
            let all = std::str::from_utf8(&all).unwrap();
            let body = all.strip_prefix("HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
            assert_eq!((strict(body).as_str(), result), (data, end), "{script} {size}");
        }
    }
    let (_, result, _) = read(format!("{head}3\r\nabc\r\nx").as_bytes(), 9, "GET");
    assert_eq!(result, Err(io::ErrorKind::InvalidData));
}

#[test]
fn what_follows_an_answer_does_not_reach_the_next() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";
    let (all, ..) = read(format!("{head}aHTTP/1.1 200 OK").as_bytes(), 100, "GET");
    assert!(all.ends_with(b"connection: close\r\n\r\na"));
    // Not even if it comes with the last chunk: what awc reads next is the end.
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    let script = format!("{chunked}HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb");
    for size in [script.len(), chunked.len() + 3] {
        let (all, result, _) = read(script.as_bytes(), size, "GET");
        assert!(all.ends_with(b"\r\n1\r\na\r\n0\r\n\r\n") && result.is_ok(), "{size}");
    }
    for code in ["204", "304"] {
        let script = format!("HTTP/1.1 {code} No\r\ncontent-length: 1\r\n\r\na");
        let (all, ..) = read(script.as_bytes(), 100, "GET");
        assert!(all.ends_with(b"content-length: 0\r\nconnection: close\r\n\r\n"), "{code}");
    }
    let (all, ..) = read(format!("{head}a").as_bytes(), 100, "HEAD");
    assert_eq!(all, b"HTTP/1.1 200 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

#[test]
fn heads_that_are_none_are_errors() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'n'; 70_000]].concat();
    let interim = b"HTTP/1.1 102 Wait\r\n\r\n".repeat(17);
    for (script, size, error) in [
        (&b"HTTP/1.1 200 OK\r\ncont"[..], 7, FetchError::Reset("closed within a head".into())),
        (&endless, 1000, FetchError::Framing("a head longer than 64 KiB".into())),
        (b"SSH-2.0-OpenSSH\r\n\r\n", 5, FetchError::Framing("no HTTP/1 answer".into())),
        (b"<html>no head at all</html>", 9, FetchError::Framing("no HTTP/1 answer".into())),
        (b"HTTP/1.1 200 OK\r\nx: \0\r\n\r\n", 9, FetchError::Framing("a NUL in a head".into())),
        (&interim, 30, FetchError::Framing("too many interim answers".into())),
    ] {
        let (all, result, found) = read(script, size, "GET");
        assert!(all.is_empty() && result.is_err());
        assert_eq!(found, Some(error));
    }
    assert_eq!(read(b"", 1, "GET"), (Vec::new(), Ok(()), None));
}
