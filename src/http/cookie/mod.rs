//! Cookies (RFC 6265bis), in named jars. Plain logic: `now` is an argument.
//!
//! A crawler follows links by itself and runs no scripts, so `SameSite` and `HttpOnly` have no effect. Bounds: 50 cookies
//! per registrable domain, 4 KiB per cookie, and `cookies.memory` for all jars together; the domains unused for longest are
//! dropped first.
//!
//! | file | contents |
//! |---|---|
//! | `jars`, `jar` | all jars of a crawl; one jar |
//! | `stored` | a cookie as stored |
//! | `domains` | which hosts a cookie is for |
//! | `parse`, `date` | `Set-Cookie` fields and their dates |
//! | `file` | Netscape cookie files |
//! | `rows` | jars as rows of the crawl's state |

mod config;
pub(crate) mod date;
mod domains;
pub(crate) mod file;
mod jar;
mod jars;
pub(crate) mod parse;
mod rows;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use config::Config;
pub(crate) use jars::Jars;
pub(crate) use rows::ROW;
