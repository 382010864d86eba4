//! Bodies of the responses of a case.

use std::io::Write as _;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use serde_json::Value;

use super::super::super::{bytes, text};

/// Returns the body of a step, in its coding.
pub(super) fn from_step(step: &Value) -> Vec<u8> {
    let plain = match text(step, "gen") {
        "pad" => padded(step["pad"].as_u64().unwrap(), text(step, "tail")),
        "gzip-bomb" => return bomb(step["out"].as_u64().unwrap()),
        _ => bytes(step, "body"),
    };
    match text(step, "encoding") {
        "gzip" => gzip(&plain),
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&plain).unwrap();
            encoder.finish().unwrap()
        }
        _ => plain,
    }
}

/// Returns its Content-Encoding.
pub(super) fn coding(step: &Value) -> Option<&str> {
    match text(step, "gen") {
        "gzip-bomb" => Some("gzip"),
        _ => step["encoding"].as_str(),
    }
}

/// Returns `length` bytes of comments, followed by the rules.
fn padded(length: u64, tail: &str) -> Vec<u8> {
    let line = format!("#{}\n", "x".repeat(62));
    let lines = usize::try_from(length).unwrap() / line.len();
    [line.repeat(lines).as_bytes(), tail.as_bytes()].concat()
}

/// Returns `length` spaces, as repeated gzip members of one mebibyte.
fn bomb(length: u64) -> Vec<u8> {
    gzip(&vec![b' '; 1 << 20]).repeat(usize::try_from(length >> 20).unwrap())
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}
