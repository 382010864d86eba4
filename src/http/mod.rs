//! TODO: what is in here.

pub(crate) mod coding;
pub(crate) mod cookie;
pub(crate) mod redirect;
pub(crate) mod refresh;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod validators;
