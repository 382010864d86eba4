//! What a transport is made with.

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::connect::{dns, guard::Guard, tls::Tls};

/// What the transports of a crawl share.
#[derive(Clone, Debug)]
pub(crate) struct NetworkContext {
    /// Decides which addresses may be connected to.
    pub(crate) guard: Arc<Guard>,
    /// How names are looked up.
    pub(crate) names: dns::Config,
    /// How connections are secured.
    pub(crate) tls: Tls,
    /// Returns true while this machine has a network.
    pub(crate) is_online: fn() -> bool,
}

/// Settings of one transport.
#[derive(Clone, Debug)]
pub(crate) struct TransportOptions {
    /// Time limit of a name lookup.
    pub(crate) dns: Duration,
    /// Time limit of connecting after the lookup, TLS included.
    pub(crate) connect: Duration,
    /// How long a connection without a request is kept.
    pub(crate) keep_alive: Duration,
    /// Maximum number of connections without a request.
    pub(crate) idle: usize,
    /// What it shares with the other transports.
    pub(crate) context: NetworkContext,
    /// Addresses to connect from, at most one of each family; empty: the system chooses.
    pub(crate) local: Vec<IpAddr>,
}
