//! What a request costs: awc alone, awc over the transport, the whole client, and TLS handshakes.
//!
//! ```console
//! $ cargo bench --features measure --bench fetch_cost      # CPU time per request
//! $ tests/run fetch_cost                                   # also instructions, and compares them
//! ```
//!
//! The server is another process, so that its work is not counted. `fetch_cost serve` runs it and prints its three ports:
//! HTTP, TLS with full handshakes, TLS with resumed ones. `fetch_cost MODE PORT REQUESTS` runs one client and prints its CPU
//! time per request in nanoseconds. To count instructions, run such a client twice under `valgrind --tool=callgrind`, with
//! 1,000 and with 4,000 requests: the difference is the cost of 3,000 requests.

mod all_modes;
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
    // Cargo adds `--bench`.
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        [] => all_modes::run().await,
        ["serve"] => server::serve().await,
        [mode, port, requests] => {
            println!("{}", cost(mode, port.parse()?, requests.parse()?).await?);
            Ok(())
        }
        _ => Err("usage: fetch_cost [serve | MODE PORT REQUESTS]".into()),
    }
}

/// Returns the CPU time per request of one mode, in nanoseconds.
async fn cost(mode: &str, port: u16, requests: u64) -> Result<u64> {
    match mode {
        "awc-default" => load::run(requests, plain::AwcDefault::new(port)).await,
        "awc-tuned" => load::run(requests, plain::AwcTuned::new(port)).await,
        "transport" => load::run(requests, Transport::new(port)?).await,
        "lycosa" => load::run(requests, Lycosa::plain(port)?).await,
        "rustls" => load::run(requests, tls::Rustls::new(port)?).await,
        "lycosa-tls" => load::run(requests, Lycosa::tls(port)?).await,
        _ => Err(format!("no mode `{mode}`").into()),
    }
}
