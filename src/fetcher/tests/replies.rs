//! Replies of the test server, by path.

use std::io::Write;

use super::site::Reply;

/// Returns a response with a page.
pub(super) fn html(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Returns a response with a compressed file, whose coding is in the second of two fields.
fn compressed(file: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(file).unwrap();
    let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-encoding: gzip\r\n\r\n";
    [head, &*encoder.finish().unwrap()].concat()
}

fn bytes(text: &str) -> Reply {
    Reply::Bytes(text.as_bytes().to_vec())
}

/// Replies to the requests of most tests. `number` counts the requests on a connection.
pub(super) fn reply(path: &str, number: usize) -> Reply {
    match path {
        "/page" => Reply::Bytes(html("<p>hello")),
        "/gzip" => bytes("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x0b\x08"),
        "/hints" => Reply::Bytes([b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", &*html("<p>late")].concat()),
        "/close" => Reply::Last(b"HTTP/1.1 200 OK\r\n\r\nuntil the end".to_vec()),
        "/chunked" => bytes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
        "/once" if number > 0 => Reply::Last(Vec::new()),
        "/once" => Reply::Bytes(html("once")),
        "/moved" => bytes("HTTP/1.1 302 Found\r\nLocation: page#top\r\ncontent-length: 2\r\n\r\nxx"),
        "/missing" => bytes("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nxx"),
        "/busy" => bytes("HTTP/1.1 503 No\r\nRetry-After: 7\r\ncontent-length: 0\r\n\r\n"),
        "/same" => bytes("HTTP/1.1 304 Same\r\ncontent-length: 5\r\n\r\n"),
        "/image" => bytes("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 5\r\n\r\nimage"),
        "/pdf" => bytes("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n%PDF-1.7"),
        "/binary" => bytes(
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n2\r\nb\0\r\n0\r\n\r\n",
        ),
        "/endless-pdf" => Reply::Last([b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.7".to_vec(), vec![b'x'; 99_999]].concat()),
        "/large" => Reply::Bytes(html(&"x".repeat(101))),
        "/growing" => Reply::Last([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 101]].concat()),
        "/hang" => Reply::Hang(Vec::new()),
        "/stall" => Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".to_vec()),
        "/cut" => Reply::Last(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".to_vec()),
        "/cutchunk" => Reply::Last(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab".to_vec()),
        "/badchunk" => Reply::Last(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab".to_vec()),
        "/reset" => Reply::Reset(Vec::new()),
        "/garbage" => Reply::Last(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()),
        "/wide" => Reply::Last([b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'n'; 70_000]].concat()),
        "/number" => Reply::Bytes(html(&number.to_string())),
        "/odd.txt" => bytes(
            "HTTP/1.1 200 OK\r\ncontent-encoding: utf-8\r\ncontent-length: 27\r\n\r\nUser-agent: *\nDisallow: /no",
        ),
        "/compressed.txt" => Reply::Last(compressed(b"User-agent: *\nDisallow: /no")),
        "/guarded.txt" => bytes("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:25/x\r\ncontent-length: 0\r\n\r\n"),
        "/robots.txt" => bytes("HTTP/1.1 301 Moved\r\nLocation: /real.txt\r\ncontent-length: 0\r\n\r\n"),
        _ => Reply::Bytes(html(path)),
    }
}
