//! A web of pages and links behind a proxy, so that its hosts have names.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// A page: its links, and how long its server takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) links: Vec<String>,
    pub(super) delay: Duration,
}

/// Pages by URL.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph(pub(super) BTreeMap<String, Node>);

impl Graph {
    /// A graph of these pages and their links, separated by blanks. A link without a host is on the host of its page.
    pub(super) fn new(pages: &[(&str, &str)]) -> Self {
        let node = |(url, links): &(&str, &str)| {
            let host = url.split('/').next().unwrap();
            let link = |link: &str| if link.starts_with('/') { format!("{host}{link}") } else { link.to_owned() };
            let links = links.split_whitespace().map(link).collect();
            ((*url).to_owned(), Node { links, delay: Duration::ZERO })
        };
        Self(pages.iter().map(node).collect())
    }

    /// Makes the server of a page slow.
    pub(super) fn slow(mut self, url: &str, millis: u64) -> Self {
        self.0.get_mut(url).unwrap().delay = Duration::from_millis(millis);
        self
    }

    /// Returns the pages within `depth` links of a page.
    pub(super) fn within(&self, start: &str, depth: usize) -> BTreeSet<String> {
        let mut found = BTreeSet::from([start.to_owned()]);
        let mut next = VecDeque::from([(start.to_owned(), 0)]);
        while let Some((url, distance)) = next.pop_front() {
            for link in self.0.get(&url).map(|node| &node.links).into_iter().flatten().filter(|_| distance < depth) {
                if self.0.contains_key(link) && found.insert(link.clone()) {
                    next.push_back((link.clone(), distance + 1));
                }
            }
        }
        found
    }
}

/// A proxy that serves a graph for all of its hosts.
#[derive(Debug)]
pub(super) struct Proxy {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts a proxy. It ends with the process.
    pub(super) fn start(graph: Graph) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (graph, log) = (Arc::new(graph), requests.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (graph, log) = (graph.clone(), log.clone());
                thread::spawn(move || serve(&stream.unwrap(), &graph, &log));
            }
        });
        Self { port, requests }
    }

    pub(super) fn setting(&self) -> String {
        format!("fetcher.proxies=[\"http://127.0.0.1:{}\"]", self.port)
    }

    /// Returns the URLs requested since the last call, without robots.txt.
    pub(super) fn take_requests(&self) -> Vec<String> {
        let requests = std::mem::take(&mut *self.requests.lock().unwrap());
        requests.into_iter().filter(|url| !url.ends_with("/robots.txt")).collect()
    }
}

/// Serves one connection until its client closes it.
fn serve(stream: &TcpStream, graph: &Graph, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    loop {
        let first = lines.next()?.ok()?;
        while !lines.next()?.ok()?.is_empty() {}
        let url = first.split(' ').nth(1)?.strip_prefix("http://")?.to_owned();
        let node = graph.0.get(&url);
        log.lock().unwrap().push(url);
        thread::sleep(node.map(|node| node.delay).unwrap_or_default());
        let (status, body) = match node {
            Some(node) => {
                let links: String = node.links.iter().map(|link| format!("<a href=\"http://{link}\">x</a>")).collect();
                ("200 OK", links)
            }
            None => ("404 Not Found", String::new()),
        };
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", body.len());
        (&*stream).write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
}
