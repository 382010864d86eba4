//! Explains what a crawl would do with one URL, or has done with it: `lycosa explain`, `lycosa robots`.
//!
//! | file | contents |
//! |---|---|
//! | `explanation` | the whole explanation |
//! | `stored`, `history` | the URL in a stored crawl; its status as text |
//! | `reasons` | reasons of scope, traps and politeness as text |
//! | `robots` | the host's robots.txt |

mod explanation;
mod history;
mod reasons;
mod robots;
mod stored;

pub use explanation::{Explanation, explain};
pub use robots::{RobotsCheck, check_robots};
