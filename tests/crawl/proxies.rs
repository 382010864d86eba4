//! A proxy that fails, beside one that works.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use lycosa::{HandlerResult, Output, Page};
use serde_json::json;

use crate::{
    harness::{config, crawl_with},
    site::{Options, Site},
};

/// Behavior of a bad proxy after each request, before it closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bad {
    Says(&'static str),
    /// Sends nothing, and keeps the connection open.
    Hangs,
}

/// Starts a bad proxy. Returns its address and the number of requests it has received.
fn bad_proxy(bad: Bad) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, heard) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = heard.clone();
    thread::spawn(move || {
        let mut hanging = Vec::new();
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|length| length > 2) {
                line.clear();
            }
            count.fetch_add(1, Ordering::Relaxed);
            match bad {
                // The client may have closed the connection.
                Bad::Says(answer) => stream.get_mut().write_all(answer.as_bytes()).unwrap_or_default(),
                Bad::Hangs => hanging.push(stream),
            }
        }
    });
    (address, heard)
}

fn visited(_: &Page, out: &mut Output) -> HandlerResult {
    out.record(json!({}));
    Ok(())
}

#[test]
fn a_failing_proxy_is_paused_and_costs_no_page() {
    let needs_login = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno";
    for bad in [Bad::Says(needs_login), Bad::Says(""), Bad::Says("SSH-2.0\r\n"), Bad::Hangs] {
        let good = Site::with(Options { proxy: Some("wolf:x"), ..Options::default() });
        let (address, heard) = bad_proxy(bad);
        let lines = format!(
            "[runtime]\nworkers = 1\n[politeness]\nhost_concurrency = 1\n[retry]\nbase = \"10ms\"\n\
             [fetcher]\nproxies = [\"http://{address}\", \"http://wolf:x@127.0.0.1:{}\"]\n\
             timeout = {{ first_byte = \"1s\" }}",
            good.port()
        );
        let urls: Vec<url::Url> = (0..30).map(|n| format!("http://behind.test/echo?{n}").parse().unwrap()).collect();
        let seeds = urls.iter().cloned().map(lycosa::Request::get);
        let crawled = crawl_with(config(&lines), seeds, |crawler| crawler.otherwise(visited));
        assert_eq!(crawled.records.len(), 30, "{bad:?}");
        // The pages are fetched one by one, so three failures are enough. One of them is the robots.txt.
        assert_eq!(heard.load(Ordering::Relaxed), 3, "{bad:?}");
    }
}
