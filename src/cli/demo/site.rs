//! A small web site on loopback, for the demo and the examples. A child process of the crawling program serves it.
//!
//! It uses nothing of the crate, so that examples can include it by its path.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddrV4},
    process::{self, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Length of the accept queue, per address: thousands of requests may come at once.
const BACKLOG: u32 = 4096;

/// Maximum length of a request head, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// Maximum time a connection may be idle.
const IDLE: Duration = Duration::from_secs(60);

/// Text that the child prints before its address.
const GREETING: &str = "listening on ";

/// A response.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    delay: Duration,
}

impl Reply {
    /// An HTML page.
    pub(crate) fn html(body: impl Into<String>) -> Self {
        Self::new(200, "text/html; charset=utf-8", body)
    }

    /// A plain text, such as robots.txt.
    pub(crate) fn text(body: impl Into<String>) -> Self {
        Self::new(200, "text/plain; charset=utf-8", body)
    }

    /// A redirect.
    pub(crate) fn redirect(to: impl Into<String>) -> Self {
        let mut reply = Self::new(301, "text/plain; charset=utf-8", "moved");
        reply.headers.push(("location", to.into()));
        reply
    }

    /// A 404 page.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "text/html; charset=utf-8", "<title>Not found</title><p>There is no such page.")
    }

    /// Delays the response.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn new(status: u16, media_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type", media_type.to_owned())];
        Self { status, headers, body: body.into(), delay: Duration::ZERO }
    }

    /// Encodes the response as sent; without the body for `HEAD`.
    fn encode(&self, request: &RequestHead) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} -\r\ncontent-length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if request.is_last {
            text.push_str("connection: close\r\n");
        }
        text.push_str("\r\n");
        if !request.is_head {
            text.push_str(&self.body);
        }
        text.into_bytes()
    }
}

/// Returns the response for a path with its query.
type Answer = Arc<dyn Fn(&str) -> Reply + Send + Sync>;

/// Serves on `hosts` loopback addresses (127.0.0.1, 127.0.0.2, ..) with the same port, and prints the first.
///
/// Ends with standard input, so a child never outlives its parent.
///
/// # Errors
/// If the addresses or open files are not available.
pub(crate) async fn serve(hosts: u8, answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> io::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let answer: Answer = Arc::new(answer);
    let first = listen(Ipv4Addr::LOCALHOST, 0)?;
    let address = first.local_addr()?;
    let mut tasks = JoinSet::new();
    tasks.spawn(accept(first, answer.clone()));
    for host in 2..=hosts {
        tasks.spawn(accept(listen(Ipv4Addr::new(127, 0, 0, host), address.port())?, answer.clone()));
    }
    writeln!(io::stdout(), "{GREETING}{address}")?;
    end_of_input().await;
    Ok(())
}

fn listen(host: Ipv4Addr, port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddrV4::new(host, port).into())?;
    socket.listen(BACKLOG)
}

async fn end_of_input() {
    let (ended, end) = oneshot::channel::<()>();
    thread::spawn(move || {
        // An error ends the input as well.
        io::copy(&mut io::stdin(), &mut io::sink()).ok();
        drop(ended);
    });
    end.await.ok();
}

async fn accept(listener: TcpListener, answer: Answer) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, answer.clone()))),
                // Out of open files: wait until some connections end.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            // Drop connections that have ended.
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the requests of a connection. An error ends only this connection.
async fn converse(mut stream: TcpStream, answer: Answer) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::with_capacity(1024);
    while let Some(head) = timeout(IDLE, read_head(&mut stream, &mut received)).await?? {
        let reply = answer(&head.path);
        sleep(reply.delay).await;
        timeout(IDLE, stream.write_all(&reply.encode(&head))).await??;
        if head.is_last {
            break;
        }
    }
    stream.shutdown().await
}

/// The relevant parts of a request head.
#[derive(Debug)]
struct RequestHead {
    path: String,
    is_head: bool,
    /// True if the connection ends after this request.
    is_last: bool,
}

/// Reads the next request and removes it from `received`. `None` at the end of the connection.
async fn read_head(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<Option<RequestHead>> {
    loop {
        if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
            let head: Vec<u8> = received.drain(..end + 4).collect();
            return Ok(Some(RequestHead::parse(&String::from_utf8_lossy(&head))));
        }
        if received.len() > MAX_HEAD || stream.read_buf(received).await? == 0 {
            return Ok(None);
        }
    }
}

impl RequestHead {
    fn parse(text: &str) -> Self {
        let mut message = text.split_whitespace();
        let method = message.next().unwrap_or_default();
        let path = message.next().unwrap_or("/").to_owned();
        let is_head = method == "HEAD";
        // Other methods may have a body. It is not read, so the connection must end.
        let may_stay = (method == "GET" || is_head) && message.next() == Some("HTTP/1.1");
        let is_last = !may_stay || text.to_ascii_lowercase().contains("\r\nconnection: close");
        Self { path, is_head, is_last }
    }
}

/// The site in a child process, which ends when this value is dropped, or with this process.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    url: String,
}

impl Child {
    /// Runs this program with other arguments, which must make it call [`serve`].
    ///
    /// # Errors
    /// If it does not start, or does not print its address.
    pub(crate) fn spawn(arguments: &[&str]) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        let mut process = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        match line.trim().strip_prefix(GREETING) {
            Some(address) => Ok(Self { process, url: format!("http://{address}/") }),
            None => Err(io::Error::other("the site's process did not print its address")),
        }
    }

    /// URL of the front page, at the first address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended already; if not, it ends when its standard input is closed.
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}
