//! The frontier: all URLs known and their state. Pure logic over the [`Store`](crate::store::Store)'s queries and commits:
//! no actor, no socket, no clock; `now` is an argument.

mod admission;
pub(crate) mod assignment;
mod balance;
pub(crate) mod commit;
pub(crate) mod config;
mod dispatch;
pub(crate) mod hosts;
mod invariant;
mod leases;
mod overview;
pub(crate) mod politeness;
pub(crate) mod scope;
mod seen;
mod settlement;
#[cfg(test)]
mod tests;
mod url_frontier;

pub use balance::{Balance, HostCounts};
pub(crate) use commit::{Holdup, last_moment};
pub(crate) use politeness::parking::ParkReason;
pub(crate) use url_frontier::Frontier;
