//! Scripted connections, read in pieces of every size.

use std::collections::VecDeque;

use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::{
    runtime::clock::Clock,
    transport::{Exchange, RequestHead, ResponseStart},
};

/// A connection that gives these pieces one by one, then ends, and accepts every write.
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

/// Result of a request.
#[derive(Debug, Default)]
struct Heard {
    /// The head that awc gets.
    head: String,
    /// The start of the body, and the rest that awc reads.
    body: String,
    is_whole: bool,
    end: Option<io::ErrorKind>,
    error: Option<FetchError>,
}

/// Sends a request to a server that answers with a script, in pieces of `size` bytes.
fn ask(script: &[u8], size: usize, method: &str) -> Heard {
    let exchange = Exchange::new(Clock::start());
    exchange.prepare(RequestHead::new(method, &["/"], "h").unwrap());
    let mut framing = Framing::new(Script(script.chunks(size).map(<[u8]>::to_vec).collect()));
    let mut all = Vec::new();
    let reading = async {
        framing.write_all(b"GET / HTTP/1.1\r\nhost: -\r\n\r\n").await?;
        framing.flush().await?;
        framing.read_to_end(&mut all).await.map(drop)
    };
    let result = exchange.clone().scope(reading).now_or_never().unwrap();
    let (end, error) = (result.err().map(|error| error.kind()), exchange.take_error());
    let Some(ResponseStart { body, is_whole, .. }) = exchange.take_answer() else {
        assert!(all.is_empty());
        return Heard { end, error, ..Heard::default() };
    };
    let all = String::from_utf8(all).unwrap();
    let (head, rest) = all.split_once("\r\n\r\n").unwrap();
    let rest = if head.ends_with("chunked") { in_chunks(rest) } else { rest.to_owned() };
    assert!(!is_whole || rest.is_empty());
    let body = [std::str::from_utf8(&body).unwrap(), &rest].concat();
    Heard { head: head.to_owned(), body, is_whole, end, error }
}

/// Returns the data of a body in chunks of our own.
fn in_chunks(mut body: &str) -> String {
    let mut data = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let (part, rest) = rest.split_at(usize::from_str_radix(size, 16).unwrap());
        data.push_str(part);
        body = rest.strip_prefix("\r\n").unwrap();
    }
    data
}

#[test]
fn awc_gets_the_rest_of_the_body() {
    for (script, size, head, is_whole) in [
        ("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\n\r\nabc", 100, "HTTP/1.1 200 ", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 39, "HTTP/1.1 200 \r\ncontent-length: 2", false),
        ("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc", 38, "HTTP/1.1 404 \r\ncontent-length: 3", false),
        ("HTTP/1.1 200 OK\r\n\r\nabc", 100, "HTTP/1.0 200 \r\nconnection: close", false),
        ("HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 100, "HTTP/1.1 200 ", true),
        (
            "HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            50,
            "HTTP/1.1 200 \r\ntransfer-encoding: chunked",
            false,
        ),
    ] {
        let heard = ask(script.as_bytes(), size, "GET");
        assert_eq!(
            (heard.head.as_str(), heard.body.as_str(), heard.is_whole),
            (head, "abc", is_whole),
            "{script} {size}"
        );
    }
}

#[test]
fn bodies_in_pieces_of_every_size() {
    let (eof, chunked) = (Some(io::ErrorKind::UnexpectedEof), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (script, body, end) in [
        ("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\n\r\nabc".to_owned(), "abc", None),
        (
            "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Go\r\n\r\nHTTP/1.1 404 No\nContent-Length: 1\n\na"
                .to_owned(),
            "a",
            None,
        ),
        ("HTTP/1.1 200 OK\r\n\r\nabc".to_owned(), "abc", None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc".to_owned(), "abc", eof),
        (format!("{chunked}3\r\nabc\r\n0\r\n\r\n"), "abc", None),
        (format!("{chunked}3;x\nabc\n02 \nde\n0\nx: y\n\n"), "abcde", None),
        (format!("{chunked}3\r\nabc\r\n"), "abc", eof),
    ] {
        for size in 1..=script.len() {
            let heard = ask(script.as_bytes(), size, "GET");
            assert_eq!((heard.body.as_str(), heard.end, heard.error), (body, end, None), "{script} {size}");
        }
    }
    // An error in the piece with the head is kept in the exchange; a later one is an error of the body.
    let heard = ask(format!("{chunked}3\r\nabc\r\nx").as_bytes(), 9, "GET");
    assert_eq!((heard.end, heard.error), (Some(io::ErrorKind::InvalidData), None));
    let heard = ask(format!("{chunked}x").as_bytes(), 99, "GET");
    assert_eq!(heard.error, Some(FetchError::Framing("chunk without a size".into())));
}

#[test]
fn bytes_after_a_response_do_not_reach_the_next_one() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";
    let closing = |heard: &Heard| heard.head.ends_with("connection: close");
    let heard = ask(format!("{head}aHTTP/1.1 200 OK").as_bytes(), 100, "GET");
    assert!(closing(&heard) && heard.body == "a");
    // Nor if they come with the last chunk: awc then reads the end.
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    let script = format!("{chunked}HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb");
    for size in [script.len(), chunked.len() - 8] {
        let heard = ask(script.as_bytes(), size, "GET");
        assert_eq!((heard.body.as_str(), heard.end, closing(&heard)), ("a", None, heard.is_whole), "{size}");
    }
    for (answer, method) in [("204 No", "GET"), ("304 Same", "GET"), ("200 OK", "HEAD")] {
        let heard = ask(format!("HTTP/1.1 {answer}\r\ncontent-length: 1\r\n\r\na").as_bytes(), 100, method);
        assert!(closing(&heard) && heard.is_whole && heard.body.is_empty(), "{answer}");
    }
}

#[test]
fn invalid_heads_are_errors() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'n'; 70_000]].concat();
    let interim = b"HTTP/1.1 102 Wait\r\n\r\n".repeat(17);
    for (script, size, error) in [
        (&b"HTTP/1.1 200 OK\r\ncont"[..], 7, FetchError::Reset("closed within the response head".into())),
        (&endless, 1000, FetchError::Framing("response head is longer than 64 KiB".into())),
        (b"SSH-2.0-OpenSSH\r\n\r\n", 5, FetchError::Framing("not an HTTP/1 response".into())),
        (b"<html>no head at all</html>", 9, FetchError::Framing("not an HTTP/1 response".into())),
        (b"HTTP/1.1 200 OK\r\nx: \0\r\n\r\n", 9, FetchError::Framing("NUL byte in the response head".into())),
        (&interim, 30, FetchError::Framing("more than 16 interim responses".into())),
    ] {
        let heard = ask(script, size, "GET");
        assert!(heard.head.is_empty() && heard.end.is_some());
        assert_eq!(heard.error, Some(error));
    }
    let heard = ask(b"", 1, "GET");
    assert_eq!((heard.head.as_str(), heard.end, heard.error), ("", None, None));
}
