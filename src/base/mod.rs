//! Small parts that every layer uses and that know nothing of crawling.
//!
//! | file | contents |
//! |---|---|
//! | `lenient_seconds` | numbers of seconds as servers write them |
//! | `time`, `units` | points in time; durations and sizes as people write them |
//! | `stored` | how values are encoded in the store |
//! | `secret` | values that are never printed |
//! | `stats` | counters by name |
//! | `suggest` | "did you mean" |
//! | `tagged` | tables of configuration whose `type` selects a variant |
//! | `text_lines` | lines of text files in any Unicode encoding |
//! | `text`, `panics`, `locks` | cut, decoded and split text, the message of a panic, locks that survive one |

pub(crate) mod lenient_seconds;
pub(crate) mod locks;
pub(crate) mod panics;
pub(crate) mod secret;
pub(crate) mod stats;
pub(crate) mod stored;
pub(crate) mod suggest;
pub(crate) mod tagged;
pub(crate) mod text;
pub(crate) mod text_lines;
pub(crate) mod time;
pub(crate) mod units;
