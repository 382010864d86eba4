//! Whole crawls, against a site that misbehaves on request.

// Tests may be blunt: a failed unwrap is a failed test, and what is measured here is the machine's time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

/// Public test suites as data, read where `LYCOSA_CONFORMANCE` says.
mod conformance;
/// The layers of the modules.
mod layers;
/// What is crawled.
mod site;
