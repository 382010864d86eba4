//! HTTP/1.1 on the wire.
//!
//! | file or folder | contents |
//! |---|---|
//! | `request_head` | the request head in fixed order |
//! | `response_head` | the response head, parsed as leniently as browsers do |
//! | `normalise` | rewrites a response head for the parser |
//! | `body_frame` | where the body of a response ends |
//! | `framing/` | writes heads, reads heads and bodies, detects truncation |

pub(crate) mod body_frame;
pub(crate) mod framing;
mod normalise;
pub(crate) mod request_head;
pub(crate) mod response_head;
