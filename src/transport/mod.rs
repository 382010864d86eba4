//! Everything beneath awc: connections, TLS, proxies, HTTP/1.1 framing.
//!
//! | file or folder | contents |
//! |---|---|
//! | `awc/` | the only use of awc: what it is told, what it believes, what really goes over the wire |
//! | `connect/` | making a connection: name lookup, address guard, TCP, proxy tunnel, TLS |
//! | `http1/` | heads and framing of requests and responses |
//! | `pool` | connections that wait for their next request |
//! | `outage` | this machine's own failures: no open files left, network lost |
//! | `proxy` | HTTP and SOCKS5 proxies |
//! | `options` | what a transport is made with |
//! | `bare` | the transport without a Fetcher, for `benches/fetch` |
//!
//! Every wait has a time limit and every read a size limit. awc alone is not safe on the real web; `awc/` says why.

pub(crate) mod awc;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod bare;
pub(crate) mod connect;
pub(crate) mod http1;
mod options;
pub(crate) mod outage;
pub(crate) mod pool;
pub(crate) mod proxy;

pub(crate) use awc::{
    exchange::{Exchange, ResponseStart, Timings},
    route::{is_forwarded, target},
    transport::Transport,
};
pub use connect::guard::{AllowPrivate, Allowed};
pub(crate) use connect::{
    guard::{Guard, address_range, is_local},
    tls::Tls,
};
pub(crate) use http1::{
    request_head::{Fields, RequestHead},
    response_head::ResponseHead,
};
pub(crate) use options::{NetworkContext, TransportOptions};
pub(crate) use outage::{LocalFailure, is_online};
pub(crate) use proxy::Proxy;

pub use crate::urls::host_pattern::HostPattern;
