//! Kinds of exporter, each with its configuration.
//!
//! | file | contents |
//! |---|---|
//! | `jsonl` | one JSON value per line, in a file |
//! | `stdout` | one JSON value per line, on standard output |
//! | `memory` | records in memory, for programs |
//! | `line_file` | a file that is appended to line by line |
//! | `file_position` | position in a file, by which it is recovered |
//! | `write_mode` | `mode = "append"` or `"replace"` |

pub(crate) mod file_position;
pub(crate) mod jsonl;
mod line_file;
pub(crate) mod memory;
pub(crate) mod stdout;
pub(crate) mod write_mode;
