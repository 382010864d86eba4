//! What a crawl asks of its process.
//!
//! | file | contents |
//! |---|---|
//! | `logging` | log lines |
//! | `signals` | stops a crawl at SIGTERM and SIGINT |
//! | `open_files` | limit of open files |

pub(super) mod logging;
pub(super) mod open_files;
pub(super) mod signals;
