//! A small HTTP server that can also misbehave.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

/// Reply to a path.
pub(super) enum Reply {
    /// Responds and waits for the next request.
    Bytes(Vec<u8>),
    /// Responds and closes the connection.
    Last(Vec<u8>),
    /// Responds and then does nothing.
    Hang(Vec<u8>),
    /// Responds, and then sends a byte now and then.
    Trickle(Vec<u8>),
    /// Responds and resets the connection.
    Reset(Vec<u8>),
}

/// A running server.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    closed: mpsc::Receiver<()>,
}

impl Site {
    /// Starts a server. `reply` gets the path and the number of the request on its connection.
    pub(super) fn start(reply: fn(&str, usize) -> Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (closing, closed) = mpsc::channel();
        let site = Self { address: listener.local_addr().unwrap(), requests: Arc::default(), closed };
        let requests = site.requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (requests, closing) = (requests.clone(), closing.clone());
                thread::spawn(move || {
                    serve(stream, reply, &requests);
                    // Most tests do not wait for it.
                    closing.send(()).ok();
                });
            }
        });
        site
    }

    pub(super) fn url(&self, path: &str) -> url::Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// Returns true if a connection is closed within `time`.
    pub(super) fn closes(&self, time: Duration) -> bool {
        self.closed.recv_timeout(time).is_ok()
    }

    /// Returns the requests so far, with head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, reply: fn(&str, usize) -> Reply, requests: &Mutex<Vec<String>>) {
    for number in 0.. {
        let Some(request) = read(&mut stream) else { return };
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        requests.lock().unwrap().push(request);
        let (bytes, then): (_, fn(TcpStream)) = match reply(&path, number) {
            Reply::Bytes(bytes) => {
                stream.write_all(&bytes).unwrap();
                continue;
            }
            Reply::Last(bytes) => (bytes, drop),
            Reply::Hang(bytes) => (bytes, |mut stream| drop(stream.read(&mut [0; 1]))),
            Reply::Trickle(bytes) => (bytes, |mut stream| {
                stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
                while stream.read(&mut [0; 1]).is_err() && stream.write_all(b"x").is_ok() {}
            }),
            Reply::Reset(bytes) => (bytes, |stream| {
                let socket = socket2::Socket::from(stream);
                socket.set_linger(Some(Duration::ZERO)).unwrap();
            }),
        };
        stream.write_all(&bytes).unwrap();
        return then(stream);
    }
}

fn read(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}
