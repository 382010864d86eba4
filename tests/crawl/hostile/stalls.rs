//! Servers that send nothing, or too little, or break off.

use std::time::Duration;

use super::row::{Expected::*, Row, Step, page, send};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n";

pub(super) fn rows() -> Vec<Row> {
    let after = |path, expected, why, start: &str, step| Row::new(path, expected, why, vec![send(path, start), step]);
    let body = format!("{OK}content-length: 999\r\n\r\n{{page}}");
    let unknown = format!("{OK}\r\n{{page}}");
    let chunked = format!("{OK}transfer-encoding: chunked\r\n\r\n");
    let (first_byte, idle, total) = ("fetcher.timeout.first_byte", "fetcher.timeout.idle", "fetcher.timeout.total");
    let drip = |byte: u8| Step::Forever(vec![byte], Duration::from_millis(50));
    vec![
        Row::new("/hang", Fails("timeout: first_byte"), first_byte, vec![Step::Hang]),
        after("/hang-in-line", Fails("timeout: first_byte"), first_byte, "HTTP/1.1 2", Step::Hang),
        after("/hang-in-head", Fails("timeout: first_byte"), first_byte, OK, Step::Hang),
        after("/hang-after-interim", Fails("timeout: first_byte"), first_byte, "HTTP/1.1 100 Go\r\n\r\n", Step::Hang),
        after("/hang-before-body", Fails("timeout: idle"), idle, &format!("{OK}content-length: 9\r\n\r\n"), Step::Hang),
        after("/hang-in-body", Fails("timeout: idle"), idle, &body, Step::Hang),
        after("/hang-in-length-less", Fails("timeout: idle"), idle, &unknown, Step::Hang),
        after("/hang-in-chunk-size", Fails("timeout: idle"), idle, &format!("{chunked}ff"), Step::Hang),
        after("/hang-in-chunk", Fails("timeout: idle"), idle, &format!("{chunked}ff\r\nab"), Step::Hang),
        after("/hang-in-trailers", Fails("timeout: idle"), idle, &format!("{chunked}0\r\nx: y\r\n"), Step::Hang),
        after("/drip-head", Fails("timeout: first_byte"), first_byte, OK, drip(b'x')),
        after("/drip-body", Fails("timeout: total"), total, &body, drip(b' ')),
        after("/drip-chunk-size", Fails("timeout: "), total, &chunked, drip(b'0')),
        Row::new("/empty", Fails("reset"), "", vec![]),
        Row::new("/reset", Fails("reset"), "", vec![Step::Reset]),
        after("/close-in-head", Fails("reset"), "RFC 9112 section 8: never whole", OK, Step::Pause(Duration::ZERO)),
        after("/reset-in-head", Fails("reset"), "", OK, Step::Reset),
        reset_later("/reset-in-body", &body),
        reset_later("/reset-in-length-less", &unknown),
        reset_later("/reset-in-chunk", &format!("{chunked}ff\r\nab")),
        slow("/slow-but-steady"),
    ]
}

/// The response arrives before the reset.
fn reset_later(path: &'static str, start: &str) -> Row {
    let steps = vec![send(path, start), Step::Pause(Duration::from_millis(50)), Step::Reset];
    Row::new(path, Fails("reset"), "", steps)
}

/// Each part arrives in time, and so does the whole.
fn slow(path: &'static str) -> Row {
    let mut steps = vec![send(path, &format!("{OK}content-length: {{size}}\r\n\r\n"))];
    for part in page(path).as_bytes().chunks(16) {
        steps.extend([Step::Pause(Duration::from_millis(50)), Step::Send(part.to_vec())]);
    }
    Row::new(path, Own, "", steps)
}
