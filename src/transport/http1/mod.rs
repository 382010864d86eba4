//! TODO: what is in here.

pub(crate) mod framing;
pub(crate) mod request_head;
pub(crate) mod response_head;
