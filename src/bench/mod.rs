//! Measures parts of the crawler in isolation: `lycosa bench`.
//!
//! [`frontier`] fills a frontier and its store with the links of a synthetic web, drains a part of it, and restarts it.
//! Politeness and the servers' latency take virtual time, so only the frontier, the store and the disk are measured.
//!
//! | file | contents |
//! |---|---|
//! | `frontier` | the benchmark |
//! | `driver` | does with a frontier what the Scheduler does |
//! | `web` | the synthetic web |
//! | `usage`, `figures` | resources used; reported figures |

mod driver;
mod figures;
mod frontier;
mod usage;
mod web;

pub use figures::{Figures, Phase, Restart};
pub use frontier::{Load, frontier};
