//! Reads an HTTP/1.1 request: strictly enough for tests, and at most two mebibytes.

use std::io;

use tokio::{io::AsyncReadExt, net::TcpStream};

/// Maximum length of head and body, in bytes.
const MAX_REQUEST: usize = 2 << 20;

/// A request as received.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    /// Fields with lower-case names.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Returns the first field with this lower-case name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Reads the next request. `None` if the client has closed the connection. `buffer` keeps bytes read beyond it.
    pub(super) async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if !more(stream, buffer).await? {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        let mut request = Self::parse(&head).ok_or(io::ErrorKind::InvalidData)?;
        let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        while buffer.len() < end + length {
            if !more(stream, buffer).await? {
                return Ok(None);
            }
        }
        request.body = buffer[end..end + length].to_vec();
        buffer.drain(..end + length);
        Ok(Some(request))
    }

    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let fields = lines.take_while(|line| !line.is_empty()).map(|line| line.split_once(':'));
        let headers = fields.map(|field| field.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())));
        Some(Self { method, target, headers: headers.collect::<Option<_>>()?, body: Vec::new() })
    }
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<bool> {
    if buffer.len() > MAX_REQUEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(stream.read_buf(buffer).await? > 0)
}
