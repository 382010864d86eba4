//! TODO: what is in here.

pub(crate) mod secret;
pub(crate) mod stats;
pub(crate) mod suggest;
pub(crate) mod time;
pub(crate) mod units;
