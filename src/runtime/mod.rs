//! TODO: what is in here.

pub(crate) mod budget;
pub(crate) mod clock;
pub(crate) mod gauges;
pub(crate) mod liveness;
