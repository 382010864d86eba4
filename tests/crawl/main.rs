//! t
mod conformance;
