//! What a crawl asks of its process.
//!
//! | file | contents |
//! |---|---|
//! | `logging`, `log_queue` | log lines, and their way to standard error |
//! | `signals` | stops a crawl at SIGTERM and SIGINT; no other signal of an operator ends it |
//! | `open_files` | limit of open files |

pub(super) mod log_queue;
pub(super) mod logging;
pub(super) mod open_files;
pub(super) mod signals;
