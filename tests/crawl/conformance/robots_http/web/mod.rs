//! One host per case, all served by one thread: the responses of the case for /robots.txt, and a small page for other paths.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use url::Url;

use super::super::text;

/// Bodies that a case describes.
mod body;

/// A request as the host saw it.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) began: Instant,
    /// End of its response. `None` while it is being sent.
    pub(super) ended: Option<Instant>,
    pub(super) status: Option<u64>,
    head: String,
}

impl Hit {
    pub(super) fn is_robots(&self) -> bool {
        self.path == "/robots.txt" || self.path.starts_with("/hop")
    }

    /// Returns true if its head has a field with this lower-case name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.head.lines().any(|line| line.starts_with(&format!("{name}:")))
    }

    /// Returns true if its User-Agent contains this text.
    pub(super) fn names(&self, words: &str) -> bool {
        self.head.lines().any(|line| line.starts_with("user-agent:") && line.contains(words))
    }
}

/// Host of a case, with another host as redirect target, or with the same address.
#[derive(Clone, Debug)]
pub(super) struct Host {
    case: Value,
    address: SocketAddr,
    other: SocketAddr,
    hits: Arc<Mutex<Vec<Hit>>>,
    other_hits: Arc<Mutex<Vec<Hit>>>,
    sent: Arc<AtomicU64>,
}

impl Host {
    pub(super) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    pub(super) fn other_url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.other).parse().unwrap()
    }

    pub(super) fn hits(&self) -> Vec<Hit> {
        self.hits.lock().unwrap().clone()
    }

    pub(super) fn other_pages(&self) -> usize {
        self.other_hits.lock().unwrap().iter().filter(|hit| !hit.is_robots()).count()
    }

    /// Returns the number of body bytes that the client has read or that wait in the socket.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns the step for the `nth` request (from 0) for this path.
    fn step(&self, path: &str, nth: usize) -> &Value {
        let steps = self.case["robots"].as_array().unwrap();
        let is_over = steps[0]["times"].as_u64().is_some_and(|times| nth as u64 >= times);
        let hop = path.strip_prefix("/hop").map_or(usize::from(is_over), |hop| hop.parse().unwrap());
        &steps[hop.min(steps.len() - 1)]
    }

    fn location(&self, place: &str) -> String {
        match place.strip_prefix('@').unwrap() {
            "self" => self.url("/robots.txt").into(),
            "other-host/robots.txt" => self.other_url("/robots.txt").into(),
            hop => format!("/{hop}"),
        }
    }
}

/// The running hosts. Dropping them stops them.
pub(super) struct Web {
    hosts: Vec<Host>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Web {
    pub(super) fn start(cases: &[Value]) -> Self {
        let mut listeners = Vec::new();
        let hosts = cases.iter().zip(1_u8..).map(|(case, number)| {
            let [listener, other] =
                [(); 2].map(|()| std::net::TcpListener::bind((Ipv4Addr::new(127, 0, 2, number), 0)));
            let (listener, other) = (listener.unwrap(), other.unwrap());
            let (address, other_address) = (listener.local_addr().unwrap(), other.local_addr().unwrap());
            let (hits, other_hits, sent) = Default::default();
            let host = Host { case: case.clone(), address, other: other_address, hits, other_hits, sent };
            listeners.extend([(listener, host.clone(), false), (other, host.clone(), true)]);
            host
        });
        let hosts = hosts.collect();
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                for (listener, host, is_other) in listeners {
                    listener.set_nonblocking(true).unwrap();
                    tokio::spawn(accept(TcpListener::from_std(listener).unwrap(), host, is_other));
                }
                stopped.await.ok();
            });
        };
        let thread = std::thread::Builder::new().name("web".into()).spawn(serve).unwrap();
        Self { hosts, stop: Some(stop), thread: Some(thread) }
    }

    pub(super) fn hosts(&self) -> &[Host] {
        &self.hosts
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

async fn accept(listener: TcpListener, host: Host, is_other: bool) {
    while let Ok((stream, _)) = listener.accept().await {
        let host = host.clone();
        // A client that breaks off is not an error of the host.
        tokio::spawn(async move { answer(stream, &host, is_other).await.ok() });
    }
}

/// Serves one request. Every connection is closed afterwards.
async fn answer(mut stream: TcpStream, host: &Host, is_other: bool) -> io::Result<()> {
    let began = Instant::now();
    let head = read_head(&mut stream).await?.to_lowercase();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap().to_uppercase(), words.next().unwrap_or_default().to_owned());
    let hits = if is_other { &host.other_hits } else { &host.hits };
    let (index, nth) = {
        let mut hits = hits.lock().unwrap();
        let nth = hits.iter().filter(|hit| hit.path == path).count();
        hits.push(Hit { method, path: path.clone(), began, ended: None, status: None, head });
        (hits.len() - 1, nth)
    };
    let status = reply(&mut stream, host, is_other, &path, nth).await;
    // A response that the client breaks off has also ended.
    let mut hits = hits.lock().unwrap();
    (hits[index].ended, hits[index].status) = (Some(Instant::now()), status.ok());
    Ok(())
}

async fn reply(stream: &mut TcpStream, host: &Host, is_other: bool, path: &str, nth: usize) -> io::Result<u64> {
    let status = match path {
        "/robots.txt" if is_other && text(&host.case, "id") != "h-redir-cross" => not_found(stream).await?,
        "/robots.txt" if is_other => say(stream, host, &host.case["robots"][1]).await?,
        path if path == "/robots.txt" || path.starts_with("/hop") => say(stream, host, host.step(path, nth)).await?,
        path => page(stream, path).await?,
    };
    stream.shutdown().await?;
    Ok(status)
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 1 << 16 {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

async fn not_found(stream: &mut TcpStream) -> io::Result<u64> {
    stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
    Ok(404)
}

async fn page(stream: &mut TcpStream, path: &str) -> io::Result<u64> {
    if path == "/redir-to-no" {
        stream
            .write_all(b"HTTP/1.1 302 Found\r\nlocation: /no/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await?;
        return Ok(302);
    }
    let page = "<title>A page</title>";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{page}", page.len()).as_bytes()).await?;
    Ok(200)
}

/// Sends the response of a step.
async fn say(stream: &mut TcpStream, host: &Host, step: &Value) -> io::Result<u64> {
    tokio::time::sleep(Duration::from_secs(step["delay"].as_u64().unwrap_or(0))).await;
    let status = step["status"].as_u64().unwrap_or(200);
    let behaviour = text(step, "behaviour");
    match behaviour {
        "hang" => drop(stream.read_u8().await?),
        "rst" => {
            socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        _ => {}
    }
    let body = body::from_step(step);
    let mut head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n");
    let is_chunked = step["chunked"] == true;
    let promised = body.len() + if behaviour == "truncate" { 1000 } else { 0 };
    match behaviour {
        _ if is_chunked => head += "transfer-encoding: chunked\r\n",
        "endless-comment" => {}
        _ if status == 204 => {}
        _ => head += &format!("content-length: {promised}\r\n"),
    }
    if let Some(coding) = body::coding(step) {
        head += &format!("content-encoding: {coding}\r\n");
    }
    if let Some(place) = step["location"].as_str() {
        head += &format!("location: {}\r\n", host.location(place));
    }
    for (name, value) in step["headers"].as_object().into_iter().flatten() {
        head += &format!("{name}: {}\r\n", value.as_str().unwrap());
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    match behaviour {
        "endless-comment" => loop {
            stream.write_all(&[b'#'; 1 << 14]).await?;
            host.sent.fetch_add(1 << 14, Ordering::Relaxed);
        },
        "drip" => {
            for byte in &body {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        _ if is_chunked => {
            for piece in body.chunks(5) {
                stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
                stream.write_all(piece).await?;
                stream.write_all(b"\r\n").await?;
            }
            stream.write_all(b"0\r\n\r\n").await?;
        }
        _ => stream.write_all(&body).await?,
    }
    Ok(status)
}
