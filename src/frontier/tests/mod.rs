//! Tests of the frontier with a clock of their own.
//!
//! `politeness` and `urls` test one behaviour at a time, `contention` what hosts notice of a crawl. `model` tries random
//! orders of everything that may happen, with kills. `simulation` crawls a synthetic web.

mod contention;
mod harness;
mod model;
mod politeness;
mod simulation;
mod slots;
mod urls;
