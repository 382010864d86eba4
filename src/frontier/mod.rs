//! The frontier: all URLs known and their state. Pure logic over the queries and commits of the
//! [`Store`](crate::store::Store): no actor, no socket, no clock; `now` is an argument.
//!
//! A URL passes through [`admission`], [`dispatch`] and [`settlement`]; [`known_url`] decides about links to known URLs, and
//! [`set_aside`] keeps URLs that another configuration admitted. These connect the parts of [`Frontier`], each of
//! which owns its state and answers one question:
//!
//! | part | question |
//! |---|---|
//! | [`politeness`] | Which host may be asked next, and when? |
//! | [`hosts`] | What is known about a host, and is it in memory? |
//! | [`scope`] | Does a URL belong to the crawl? |
//! | [`seen`] | Is a URL known without the store? |
//! | [`leases`] | Which leases are out? |
//! | [`commit`] | What is on its way to the store? |

mod admission;
pub(crate) mod assignment;
mod balance;
pub(crate) mod commit;
pub(crate) mod config;
pub(crate) mod crawl_start;
mod dispatch;
pub(crate) mod hosts;
mod invariant;
mod known_url;
mod leases;
mod overview;
pub(crate) mod politeness;
pub(crate) mod scope;
mod seed_log;
mod seen;
mod set_aside;
mod settlement;
mod stall;
#[cfg(test)]
mod tests;
mod url_frontier;

pub use balance::{Balance, HostCounts};
pub(crate) use commit::{Holdup, last_moment};
pub(crate) use politeness::parking::ParkReason;
pub use seed_log::{FailedSeed, FailedSeeds};
pub(crate) use url_frontier::Frontier;
