//! A web site in this process that can misbehave, and records its requests and their times.
//!
//! `routes.rs` lists the responses by path. A site is one host: an address `127.0.0.X` and a free port. Tests that need
//! many hosts start many sites.

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};
use tokio::{net::TcpListener, sync::oneshot};
use url::Url;

mod access_log;
mod answer;
mod auth;
mod compressed;
mod lists;
mod request;
mod routes;
mod server;
mod traps;

use access_log::AccessLog;
pub(crate) use access_log::Visit;

/// Length of the queue of connections: a crawler opens more than a thousand at once.
const BACKLOG: i32 = 4096;

/// Options of a site.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Last byte of its address `127.0.0.X`.
    pub(crate) host: u8,
    /// Its robots.txt.
    pub(crate) robots: Robots,
    /// Makes it a proxy with these credentials, `user:password`. It responds for every host itself.
    pub(crate) proxy: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self { host: 1, robots: Robots::default(), proxy: None }
    }
}

/// Response to `/robots.txt`.
#[derive(Clone, Debug)]
pub(crate) struct Robots {
    pub(crate) status: u16,
    /// The file; with a status of a redirect, its target.
    pub(crate) rules: &'static str,
    pub(crate) pause: Duration,
}

impl Default for Robots {
    fn default() -> Self {
        Self { status: 404, rules: "", pause: Duration::ZERO }
    }
}

/// A running site. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Site {
    address: SocketAddr,
    access_log: AccessLog,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Starts a site on `127.0.0.1` without a robots.txt.
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    /// Starts a site on `127.0.0.X`.
    pub(crate) fn on(host: u8) -> Self {
        Self::with(Options { host, ..Options::default() })
    }

    /// Starts a site with these options.
    pub(crate) fn with(options: Options) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let address = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, options.host), 0);
        socket.bind(&SocketAddr::V4(address).into()).unwrap();
        socket.listen(BACKLOG).unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();

        let access_log = AccessLog::default();
        let server = server::Server::new(options, access_log.clone());
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { server.run(TcpListener::from_std(socket.into()).unwrap(), stopped).await });
        };
        let thread = std::thread::Builder::new().name(format!("site {address}")).spawn(serve).unwrap();
        Self { address, access_log, stop: Some(stop), thread: Some(thread) }
    }

    /// Returns the URL `http://ADDRESS` followed by `path`.
    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// Returns its port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns every request so far, in order of arrival.
    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.access_log.visits()
    }

    /// Returns the requests for targets that start with `prefix`.
    pub(crate) fn visits_to(&self, prefix: &str) -> Vec<Visit> {
        self.visits().into_iter().filter(|visit| visit.target.starts_with(prefix)).collect()
    }

    /// Returns the arrival time of each request except those for robots.txt.
    pub(crate) fn page_arrivals(&self) -> Vec<Instant> {
        let pages = self.visits().into_iter().filter(|visit| !visit.target.ends_with("/robots.txt"));
        pages.map(|visit| visit.arrived).collect()
    }

    /// Returns the maximum number of concurrent requests so far.
    pub(crate) fn most_at_once(&self) -> usize {
        self.access_log.most_at_once()
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
