//! HTTP as data: requests, responses and what follows from them, without any I/O.
//!
//! | file or folder | contents |
//! |---|---|
//! | `request/` | a request: URL, method, headers, body, and what its handler gets back |
//! | `response` | a response as received, its header fields |
//! | `media_type` | the media type and charset in `Content-Type` |
//! | `sniff`, `xml_root` | media types found in the first bytes of bodies |
//! | `redirect`, `refresh` | the next request of a redirect; `Refresh` fields and meta refresh |
//! | `validators` | `ETag` and `Last-Modified`, for conditional requests |
//! | `cookie/` | cookie jars |
//! | `coding/` | content codings: gzip, deflate, br, zstd |

pub(crate) mod coding;
pub(crate) mod cookie;
pub(crate) mod media_type;
pub(crate) mod redirect;
pub(crate) mod refresh;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod sniff;
pub(crate) mod validators;
pub(crate) mod xml_root;
