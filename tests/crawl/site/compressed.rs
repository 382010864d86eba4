//! One page in each content coding.

use std::io::Write;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

/// The page without coding.
pub(super) const PLAIN: &[u8] =
    b"<!doctype html><title>packed</title><p>A wolf spider hunts without a web, and so it hunts on the web.</p>\n";

/// The page, compressed by Brotli.
const BROTLI: &[u8] =
    b"\x1bi\x00\x00\x8c\xd3%\xb2\xf7J\x93n\xf3z\xc7/\xbeG8\xd0\xc7\xa4\x16\x95O\x90S\x0e\xd8\xdb\xc2@\xda\
    \x12\x09\xf0@\x17=\xd1\xdd\xc6\xae_\xf4\xf8\x84\x88h\x22\x94\x11|1v\x07<\xb6\xd8\xefN\x05\x0f\xf2\
    \xb5F\xe7\xf7s\x19\xce)\x04%K\xed\x86\x92\x90\xffZ\x07";

/// The page, compressed by zstd.
const ZSTD: &[u8] =
    b"(\xb5/\xfd$j\xad\x02\x00\x92\xc5\x11\x11\xa0o 7\xfb{\xca\xaf\x0d\x80\x81r\xc8\xc5o\x05\x0f\xc0PR\x86\
    \xb7o9\xdf\xf5\xb4\xbd$j\x91\x1c7\xea\xbf\xb3\xbd\xc3m_\xde\xd6\xd5\x97\xa3\xb6\x19\x9c\xb8\x8f\xa1\
    \x85\x94\xe5O!j\x1c\xbe\xfbb`\xfc\xd6N\xf3\xab\xb9B\x09\x03\x00?C\xb9P\xb9\x18\xc3\xcc\x03\x9ds\x0a\
    \x86";

/// Returns the page in this coding.
pub(super) fn page(coding: &str) -> Vec<u8> {
    match coding {
        "br" => BROTLI.to_vec(),
        "zstd" => ZSTD.to_vec(),
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(PLAIN).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(PLAIN).unwrap();
            encoder.finish().unwrap()
        }
        _ => PLAIN.to_vec(),
    }
}
