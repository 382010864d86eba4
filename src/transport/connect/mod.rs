//! Making a connection.
//!
//! | file or folder | contents |
//! |---|---|
//! | `dialer` | the steps in order, with their time limits |
//! | `dns/` | name lookup: hickory-resolver, both address families at once |
//! | `guard/` | which addresses and ports may be connected to; asked for every address of every connection |
//! | `happy_eyeballs` | TCP to the first of several addresses that answers (RFC 8305) |
//! | `tunnel` | through a proxy: `CONNECT` and SOCKS5 |
//! | `tls/` | rustls: roots, client certificates, sessions; HTTP/1.1 only |
//! | `socket` | the connected socket, with or without TLS |

pub(crate) mod dialer;
pub(crate) mod dns;
pub(crate) mod guard;
pub(crate) mod happy_eyeballs;
pub(crate) mod socket;
#[cfg(test)]
mod tests;
pub(crate) mod tls;
pub(crate) mod tunnel;
