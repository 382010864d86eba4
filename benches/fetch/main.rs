//! What a request costs with the transport, and what it costs awc without: `tests/run fetch_cost` counts instructions and
//! CPU time and compares; by hand:
//!
//! ```console
//! $ cargo build --release --features measure --example fetch_cost
//! $ target/release/examples/fetch_cost serve &                   # prints three ports: plain, full and resumed handshakes
//! $ target/release/examples/fetch_cost awc-tuned PORT 10000      # prints CPU nanoseconds a request
//! ```
//!
//! The server is another process, so that what it does is not counted. Instructions are counted by running a client under
//! `valgrind --tool=callgrind` with 1,000 and with 4,000 requests: the difference is what 3,000 requests cost.

mod client;
mod load;
mod plain;
mod server;
mod tls;

use std::{env, error::Error};

use client::{Lycosa, Transport};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[actix_rt::main]
async fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (mode, port, requests) = match *arguments.as_slice() {
        ["serve"] => return server::serve().await,
        [mode, port, requests] => (mode, port.parse()?, requests.parse()?),
        _ => return Err("usage: fetch_cost serve | MODE PORT REQUESTS".into()),
    };
    let cost = match mode {
        "awc-default" => load::run(requests, plain::Default::new(port)).await?,
        "awc-tuned" => load::run(requests, plain::Tuned::new(port)).await?,
        "transport" => load::run(requests, Transport::new(port)?).await?,
        "lycosa" => load::run(requests, Lycosa::plain(port)?).await?,
        "rustls" => load::run(requests, tls::Bare::new(port)?).await?,
        "lycosa-tls" => load::run(requests, Lycosa::tls(port)?).await?,
        _ => return Err(format!("no mode `{mode}`").into()),
    };
    println!("{cost}");
    Ok(())
}
