//! Politeness: when a host may be asked next.

pub(crate) mod adaptive_delay;
pub(crate) mod config;
pub(crate) mod feedback;
pub(crate) mod host_override;
pub(crate) mod limiter;
pub(crate) mod parking;
pub(crate) mod quota;
pub(crate) mod ready_queue;
pub(crate) mod retry;
pub(crate) mod unresponsive;

pub(crate) use config::Config;
pub use config::{Group, IpConcurrency, Obedience};
