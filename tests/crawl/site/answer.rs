//! Responses, correct or not.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Reaction of a site to a request.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Sends a correct response after a pause.
    Reply(Duration, Reply),
    /// Sends these pieces with pauses in between, then closes the connection.
    Pieces(Vec<Vec<u8>>, Duration),
    /// Sends nothing for as long as the client waits.
    Hang,
    /// Resets the connection.
    Reset,
}

/// A correct response.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) framing: Framing,
}

/// Framing of the body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Framing {
    Length,
    Chunked,
}

impl Reply {
    pub(super) fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", media_type.to_owned())];
        Self { status, headers, body: body.into(), framing: Framing::Length }
    }

    pub(super) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "text/html; charset=utf-8", body)
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Encodes the response. The response to a HEAD has no body.
    pub(super) fn bytes(&self, method: &str) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} Said\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        let framing = match self.framing {
            Framing::Length => format!("content-length: {}\r\n\r\n", self.body.len()),
            Framing::Chunked => "transfer-encoding: chunked\r\n\r\n".to_owned(),
        };
        bytes.extend(framing.into_bytes());
        match (method, self.framing) {
            ("HEAD", _) => {}
            (_, Framing::Length) => bytes.extend(&self.body),
            (_, Framing::Chunked) => bytes.extend(chunked(&self.body)),
        }
        bytes
    }
}

impl Answer {
    /// Sends it. Returns true if the connection may be used again.
    pub(super) async fn send(&self, stream: &mut TcpStream, method: &str) -> io::Result<bool> {
        match self {
            Self::Reply(pause, reply) => {
                tokio::time::sleep(*pause).await;
                stream.write_all(&reply.bytes(method)).await?;
                Ok(true)
            }
            Self::Pieces(pieces, pause) => {
                for piece in pieces {
                    stream.write_all(piece).await?;
                    tokio::time::sleep(*pause).await;
                }
                Ok(false)
            }
            Self::Hang => {
                stream.read_u8().await?;
                Ok(false)
            }
            Self::Reset => {
                socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))?;
                Ok(false)
            }
        }
    }
}

/// Encodes a body in chunks of seven bytes, with an extension and a trailer.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in body.chunks(7) {
        bytes.extend(format!("{:x};name=value\r\n", chunk.len()).into_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\nx-trailer: 1\r\n\r\n");
    bytes
}
