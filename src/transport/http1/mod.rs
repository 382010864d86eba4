//! HTTP/1.1 on the wire.
//!
//! | file or folder | contents |
//! |---|---|
//! | `request_head` | the request head in fixed order |
//! | `response_head` | the response head, parsed as leniently as browsers do |
//! | `body_frame` | where the body of a response ends |
//! | `framing/` | writes heads, reads heads and bodies, detects truncation |

pub(crate) mod body_frame;
pub(crate) mod framing;
pub(crate) mod request_head;
pub(crate) mod response_head;
