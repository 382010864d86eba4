//! URLs as text: their canonical form, and how the crawl rewrites them.
//!
//! | file | contents |
//! |---|---|
//! | `canonical` | the canonical form, which makes two spellings of a URL equal |
//! | `rewrite` | the rules of `[urls]`, all off by default |
//! | `session`, `tracking` | session ids and tracking parameters, known by name |
//! | `resolve` | URLs as pages and responses write them |
//! | `query` | parts of a query |
//! | `glob/` | globs of the configuration, in canonical form |
//! | `host_pattern` | hosts as configuration names them: `www.example.org`, `*.example.org` |

pub(crate) mod canonical;
pub(crate) mod glob;
pub(crate) mod host_pattern;
mod query;
pub(crate) mod resolve;
pub(crate) mod rewrite;
pub(crate) mod session;
mod tracking;

pub use canonical::{canonical, registrable};
