//! A web site in this process that misbehaves on request, and remembers what it was asked and when.
//!
//! What a path does stands in `menu.rs`. A site is one host (`127.0.0.X` and a free port); tests that need many hosts
//! start many sites.

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};
use tokio::{net::TcpListener, sync::oneshot};
use url::Url;

mod answer;
mod diary;
mod door;
mod lists;
mod menu;
mod packed;
mod request;
mod server;
mod traps;

use diary::Diary;
pub(crate) use diary::Visit;

/// Connections that may wait to be accepted: a crawler opens more than a thousand at once.
const BACKLOG: i32 = 4096;

/// How a site differs from the usual one.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The last byte of its address, `127.0.0.X`.
    pub(crate) host: u8,
    /// What it says to robots.
    pub(crate) robots: Robots,
    /// Makes it a proxy that wants these credentials, `user:password`; it answers for every host itself.
    pub(crate) proxy: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self { host: 1, robots: Robots::default(), proxy: None }
    }
}

/// The answer to `/robots.txt`; without one, 404.
#[derive(Clone, Debug)]
pub(crate) struct Robots {
    pub(crate) status: u16,
    pub(crate) rules: &'static str,
    pub(crate) pause: Duration,
}

impl Default for Robots {
    fn default() -> Self {
        Self { status: 404, rules: "", pause: Duration::ZERO }
    }
}

/// A running site; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Site {
    address: SocketAddr,
    diary: Diary,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// A site on `127.0.0.1` without a robots.txt.
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    /// A site on `127.0.0.X`.
    pub(crate) fn on(host: u8) -> Self {
        Self::with(Options { host, ..Options::default() })
    }

    /// A site with these options.
    pub(crate) fn with(options: Options) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let wanted = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, options.host), 0);
        socket.bind(&SocketAddr::V4(wanted).into()).unwrap();
        socket.listen(BACKLOG).unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();

        let diary = Diary::default();
        let server = server::Server::new(options, diary.clone());
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { server.run(TcpListener::from_std(socket.into()).unwrap(), stopped).await });
        };
        let thread = std::thread::Builder::new().name(format!("site {address}")).spawn(serve).unwrap();
        Self { address, diary, stop: Some(stop), thread: Some(thread) }
    }

    /// `http://ADDRESS` followed by `path`.
    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request so far, in order of arrival.
    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.diary.visits()
    }

    /// The requests for targets that begin with `prefix`.
    pub(crate) fn visits_to(&self, prefix: &str) -> Vec<Visit> {
        self.visits().into_iter().filter(|visit| visit.target.starts_with(prefix)).collect()
    }

    /// When each request but that for robots.txt arrived.
    pub(crate) fn page_arrivals(&self) -> Vec<Instant> {
        let pages = self.visits().into_iter().filter(|visit| !visit.target.ends_with("/robots.txt"));
        pages.map(|visit| visit.arrived).collect()
    }

    /// The most requests that were being answered at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.diary.most_at_once()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
