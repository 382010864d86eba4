//! What a crawl would do with one URL, or has done with it, and why: `lycosa explain`, `lycosa robots`.
//!
//! | file | contents |
//! |---|---|
//! | `explanation` | the whole answer |
//! | `stored`, `history` | what the store has of the URL; the same as text |
//! | `reasons` | reasons of scope, traps and politeness as text |
//! | `robots` | the host's robots.txt |

mod explanation;
mod history;
mod reasons;
mod robots;
mod stored;

pub use explanation::{Explanation, explain};
pub use robots::{RobotsCheck, check_robots};
