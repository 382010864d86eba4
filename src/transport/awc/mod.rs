//! TODO: what is in here.

pub(crate) mod exchange;
pub(crate) mod route;
