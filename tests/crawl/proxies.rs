//! A proxy that does not do its part beside one that does.

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

/// What a bad proxy answers to each request, before it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bad {
    Says(&'static str),
    /// Nothing, and it does not close.
    Hangs,
}

/// Serves it on a port of its own; the number of requests it has heard.
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
                // Whoever has gone needs no answer.
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
fn a_bad_one_beside_a_good_one_is_retired_and_costs_no_page() {
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
        // One by one, so no more than it takes; robots.txt is among them.
        assert_eq!(heard.load(Ordering::Relaxed), 3, "{bad:?}");
    }
}
