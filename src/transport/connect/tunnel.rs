//! Tunnels through a proxy: `CONNECT` (RFC 9110 section 9.3.6) and SOCKS5 (RFC 1928, RFC 1929).

use std::{io, net::IpAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::{
    base::text,
    failure::FetchError,
    transport::{
        http1::{
            body_frame::ResponseKind,
            response_head::{self, MAX_HEAD, ParsedHead},
        },
        proxy::{Protocol, Proxy},
    },
};

/// Asks the proxy at the other end of `stream` to connect to a host (an address without brackets) and port. Afterwards the
/// stream leads there.
///
/// # Errors
/// [`FetchError::Connect`] when the proxy cannot connect, [`FetchError::Proxy`] when the proxy itself fails.
pub(crate) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> Result<(), FetchError> {
    let opened = match proxy.protocol() {
        Protocol::Http => connect(stream, proxy, host, port).await,
        Protocol::Socks5 => socks(stream, proxy, host, port).await,
    };
    opened.map_err(|error| match error.kind() {
        io::ErrorKind::HostUnreachable => FetchError::Connect(text::from_error(&error)),
        _ => FetchError::Proxy(text::from_error(&error)),
    })
}

async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> io::Result<()> {
    let target = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n").into_bytes();
    if let Some(authorization) = proxy.authorization() {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    match answer(stream).await? {
        // No request has been sent to the server yet, so nothing can follow.
        (200..300, 1..) => Err(io::Error::other("unexpected bytes after the response to CONNECT")),
        (200..300, 0) => Ok(()),
        // The response to CONNECT is always the proxy's. Some proxies send 401 instead of 407 (tinyproxy).
        (status @ (401 | 407), _) => Err(io::Error::other(format!("status {status}: proxy refused the credentials"))),
        (status, _) => Err(unreachable(format!("proxy refused CONNECT with status {status}"))),
    }
}

/// Reads the response to a `CONNECT`. Returns its status and the number of bytes after its head. All heads together,
/// interim ones included, may be little longer than [`MAX_HEAD`].
async fn answer<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<(u16, usize)> {
    let mut received = Vec::with_capacity(1024);
    // Start of the current head, and the position from which its end is searched.
    let (mut start, mut from) = (0, 0);
    loop {
        let rest = received.get(start..).unwrap_or_default();
        if !response_head::may_become_head(rest) {
            return Err(io::Error::other("response to CONNECT is not HTTP/1"));
        }
        if let Some(end) = response_head::end_of_head(rest, from) {
            let (head, after) = rest.split_at(end);
            // As with HEAD, fields that describe a body do not count (RFC 9110 section 9.3.6).
            match response_head::parse(head, ResponseKind::ToHead).map_err(|message| io::Error::other(&*message))? {
                ParsedHead::Interim => (start, from) = (start + end, 0),
                ParsedHead::Final(head, ..) => return Ok((head.status, after.len())),
            }
            continue;
        }
        from = rest.len().saturating_sub(2);
        if received.len() >= MAX_HEAD {
            return Err(io::Error::other("response to CONNECT is longer than 64 KiB"));
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::Error::other("closed during CONNECT"));
        }
    }
}

async fn socks<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> io::Result<()> {
    let credentials = proxy.credentials();
    let hello: &[u8] = if credentials.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] };
    stream.write_all(hello).await?;
    let [version, method] = read(stream).await?;
    match (version, method, credentials) {
        (5, 0, _) => {}
        (5, 2, Some((user, password))) => log_in(stream, user, password).await?,
        (5, ..) => return Err(io::Error::other("proxy refused the credentials")),
        _ => return Err(io::Error::other("proxy does not speak SOCKS5")),
    }
    let mut request = vec![5, 1, 0];
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Err(_) => {
            request.push(3);
            request.push(u8::try_from(host.len()).map_err(|_| io::Error::other("host name is longer than 255 bytes"))?);
            request.extend(host.bytes());
        }
    }
    request.extend(port.to_be_bytes());
    stream.write_all(&request).await?;
    let [version, reply, _, kind] = read(stream).await?;
    if version != 5 {
        return Err(io::Error::other("proxy does not speak SOCKS5"));
    }
    if reply != 0 {
        return Err(unreachable(format!("proxy cannot connect: {}", reason(reply))));
    }
    // Skip the address it connected from.
    let length = match kind {
        1 => 4,
        3 => usize::from(stream.read_u8().await?),
        4 => 16,
        _ => return Err(io::Error::other("SOCKS5 response has an unknown address type")),
    };
    let mut rest = vec![0; length + 2];
    stream.read_exact(&mut rest).await.map(drop)
}

async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, user: &[u8], password: &[u8]) -> io::Result<()> {
    let mut request = vec![1];
    for text in [user, password] {
        request
            .push(u8::try_from(text.len()).map_err(|_| io::Error::other("user or password is longer than 255 bytes"))?);
        request.extend_from_slice(text);
    }
    stream.write_all(&request).await?;
    let [_, status] = read(stream).await?;
    if status == 0 { Ok(()) } else { Err(io::Error::other("proxy refused the credentials")) }
}

async fn read<S: AsyncRead + Unpin, const N: usize>(stream: &mut S) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// An error of the connection to the server, not of the proxy.
fn unreachable(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::HostUnreachable, message)
}

/// Meaning of a SOCKS5 reply (RFC 1928 section 6).
fn reason(reply: u8) -> &'static str {
    match reply {
        2 => "not allowed",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "failure",
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    /// Opens a tunnel to port 443 of `host` through a proxy that sends these parts, each after it received something.
    /// Returns the result, and what the proxy received.
    async fn opened(proxy: &str, host: &str, says: &[&[u8]]) -> (Result<(), FetchError>, Vec<u8>) {
        let (mut near, mut far) = duplex(4096);
        let proxy = Proxy::parse(proxy).unwrap();
        let playing = async {
            let mut heard = Vec::with_capacity(4096);
            for part in says {
                far.read_buf(&mut heard).await.unwrap();
                far.write_all(part).await.unwrap();
            }
            far.shutdown().await.unwrap();
            heard
        };
        tokio::join!(open(&mut near, &proxy, host, 443), playing)
    }

    #[actix_rt::test]
    async fn by_connect() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(100)).into_bytes();
        for (says, is_open) in [
            (&b"HTTP/1.1 200 Connection established\r\n\r\n"[..], true),
            (b"HTTP/1.0 200 OK\r\nproxy-agent: x\r\n\r\n", true),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", true),
            (b"HTTP/1.1 200 OK\r\nVia: a\r\n b\r\nno colon\r\nx y: z\r\n\r\n", true),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\n\n", true),
            (&many, true),
            (b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n", false),
            (b"HTTP/1.1 401 No\r\n\r\n", false),
            (b"HTTP/1.1 502 Bad\r\n\r\n", false),
            (b"HTTP/1.1 200 OK\r\n\r\nearly", false),
            (b"HTTP/1.1 100 Continue\r\n\r\n", false),
            (b"SSH-2.0\r\n", false),
            (b"HTTP/1.1 200 O", false),
            (b"", false),
        ] {
            let (result, heard) = opened("http://u:p@proxy.example", "a.example", &[says]).await;
            assert_eq!(result.is_ok(), is_open, "{result:?}");
            let wanted =
                "CONNECT a.example:443 HTTP/1.1\r\nhost: a.example:443\r\nproxy-authorization: Basic dTpw\r\n\r\n";
            assert_eq!(heard, wanted.as_bytes());
        }
        let (_, heard) = opened("http://proxy.example", "::1", &[b"x"]).await;
        assert_eq!(heard, b"CONNECT [::1]:443 HTTP/1.1\r\nhost: [::1]:443\r\n\r\n");
    }

    #[actix_rt::test]
    async fn by_socks() {
        let bound: &[u8] = &[5, 0, 0, 1, 1, 2, 3, 4, 0, 9];
        let (result, heard) = opened("socks5://proxy.example", "a.example", &[&[5, 0], bound]).await;
        assert_eq!(result, Ok(()));
        assert_eq!(heard, b"\x05\x01\x00\x05\x01\x00\x03\x09a.example\x01\xbb");
        let named: &[u8] = &[5, 0, 0, 3, 2, b'x', b'y', 0, 9];
        let (result, heard) = opened("socks5://us:pw@proxy.example", "1.2.3.4", &[&[5, 2], &[1, 0], named]).await;
        assert_eq!(result, Ok(()));
        assert_eq!(heard, b"\x05\x02\x00\x02\x01\x02us\x02pw\x05\x01\x00\x01\x01\x02\x03\x04\x01\xbb");
        for (says, kind) in [
            (&[&[5, 255][..]][..], "proxy"),
            (&[&[5, 2], &[1, 1]], "proxy"),
            (&[&[4, 0]], "proxy"),
            (&[&[5, 0], &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]], "connect"),
            (&[&[5, 0], &[5, 0, 0, 9]], "proxy"),
            (&[&[5]], "proxy"),
        ] {
            let (result, _) = opened("socks5://us:pw@proxy.example", "::1", says).await;
            assert_eq!(result.unwrap_err().kind(), kind, "{says:?}");
        }
        assert!(opened("socks5://a", &"x".repeat(256), &[&[5, 0]]).await.0.is_err());
    }
}
