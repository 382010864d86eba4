//! Content codings (RFC 9110 section 8.4.1): gzip, deflate, br, zstd, also stacked.
//!
//! Bodies are decoded in bounded steps. They never take more memory than the limit and the windows of the decoders,
//! whatever they claim.

pub(crate) mod gzip;
pub(crate) mod zstd;

use std::io::{BufRead, BufReader, Read};

use bytes::Bytes;

use super::response::{Headers, OverLimit, Response};
use crate::failure::Rejection;

/// Maximum number of stacked codings. More are an attack.
const MAX_CODINGS: usize = 5;

/// Bytes decoded in one step.
const STEP: usize = 16 << 10;

/// A body in its content codings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coded<'a> {
    /// Header fields of the response.
    pub(crate) headers: &'a Headers,
    /// The coded bytes.
    pub(crate) body: &'a Bytes,
    /// True if they are only the start of the body.
    pub(crate) truncated: bool,
}

impl<'a> From<&'a Response> for Coded<'a> {
    fn from(response: &'a Response) -> Self {
        Self { headers: &response.headers, body: &response.body, truncated: response.truncated }
    }
}

/// A body without its content codings.
#[derive(Debug)]
pub(crate) struct Content {
    /// The decoded bytes.
    pub(crate) bytes: Bytes,
    /// True if they are only the start of the body.
    pub(crate) truncated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Decodes the content codings of a body. Of a body that was truncated at the limit it returns what can be decoded.
///
/// # Errors
/// `Encoding` if the body is not valid in its codings, or ends early; `TooLarge` if it decodes to more than `max` bytes
/// and `over` is [`OverLimit::Reject`].
pub(crate) fn decode<'a>(coded: impl Into<Coded<'a>>, max: usize, over: OverLimit) -> Result<Content, Rejection> {
    let Coded { headers, body, truncated } = coded.into();
    let codings = codings(headers)?;
    if codings.is_empty() || body.is_empty() {
        return limited(body.clone(), truncated, max, over);
    }
    let mut out = Vec::new();
    let whole = read_to(&mut stacked(body, &codings, max), max, &mut out);
    if !whole && (!truncated || out.is_empty()) {
        return Err(Rejection::Encoding);
    }
    limited(out.into(), truncated, max, over)
}

/// Returns the first `max` bytes of the content of a gzip file, fewer if the file is cut. `None` if it is not a gzip file.
pub(crate) fn gunzip(file: &[u8], max: usize) -> Option<Bytes> {
    let mut out = Vec::new();
    let whole = file.starts_with(b"\x1f\x8b") && read_to(&mut gzip::Members::new(file), max, &mut out);
    out.truncate(max);
    (whole || !out.is_empty()).then(|| out.into())
}

fn limited(mut bytes: Bytes, truncated: bool, max: usize, over: OverLimit) -> Result<Content, Rejection> {
    if bytes.len() <= max {
        return Ok(Content { bytes, truncated });
    }
    match over {
        OverLimit::Reject => Err(Rejection::TooLarge),
        OverLimit::Truncate => {
            bytes.truncate(max);
            Ok(Content { bytes, truncated: true })
        }
    }
}

/// Reads up to one byte more than `max`, so that the caller sees if it is too large. Returns false at an error.
fn read_to(reader: &mut dyn Read, max: usize, out: &mut Vec<u8>) -> bool {
    while out.len() <= max {
        let before = out.len();
        let step = STEP.max(before / 2).min(max.saturating_add(1) - before);
        out.resize(before + step, 0);
        let free = out.get_mut(before..).unwrap_or_default();
        let read = reader.read(free);
        out.truncate(before + read.as_ref().map_or(0, |&read| read.min(step)));
        match read {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}

/// Returns the decoders of `codings`; the last applied is decoded first.
fn stacked<'a>(body: &'a [u8], codings: &[Coding], max: usize) -> Box<dyn Read + 'a> {
    let mut source: Box<dyn BufRead + 'a> = Box::new(body);
    let mut layers = codings.iter().rev();
    let Some(mut coding) = layers.next() else { return Box::new(source) };
    loop {
        let decoder = decoder(*coding, source, max);
        match layers.next() {
            Some(next) => coding = next,
            None => return decoder,
        }
        source = Box::new(BufReader::with_capacity(STEP, decoder));
    }
}

fn decoder<'a>(coding: Coding, source: Box<dyn BufRead + 'a>, max: usize) -> Box<dyn Read + 'a> {
    match coding {
        Coding::Gzip => Box::new(gzip::Members::new(source)),
        Coding::Deflate => deflate(source),
        Coding::Brotli => Box::new(brotli_decompressor::Decompressor::new(source, 4096)),
        Coding::Zstd => Box::new(zstd::Frames::new(source, max)),
    }
}

/// Decodes `deflate`: zlib (RFC 1950), or raw deflate (RFC 1951), which some servers send and all browsers accept.
fn deflate<'a>(mut source: Box<dyn BufRead + 'a>) -> Box<dyn Read + 'a> {
    let is_zlib = match source.fill_buf() {
        Ok([cmf, flags, ..]) => cmf & 0x0f == 8 && u16::from_be_bytes([*cmf, *flags]).is_multiple_of(31),
        Ok([cmf]) => *cmf == 0x78,
        Ok([]) | Err(_) => true,
    };
    if is_zlib {
        Box::new(flate2::bufread::ZlibDecoder::new(source))
    } else {
        Box::new(flate2::bufread::DeflateDecoder::new(source))
    }
}

/// Returns the codings in the order they were applied. Unknown names ("none", "utf-8") are ignored, as in browsers.
fn codings(headers: &Headers) -> Result<Vec<Coding>, Rejection> {
    let mut codings = Vec::new();
    for value in headers.all("content-encoding") {
        for name in value.split(|&byte| byte == b',') {
            match &*name.trim_ascii().to_ascii_lowercase() {
                b"gzip" | b"x-gzip" => codings.push(Coding::Gzip),
                b"deflate" => codings.push(Coding::Deflate),
                b"br" => codings.push(Coding::Brotli),
                b"zstd" => codings.push(Coding::Zstd),
                b"compress" | b"x-compress" | b"dcb" | b"dcz" => return Err(Rejection::Encoding),
                _ => {}
            }
            if codings.len() > MAX_CODINGS {
                return Err(Rejection::Encoding);
            }
        }
    }
    Ok(codings)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;
    use crate::base::time::Mono;

    fn response(coding: &str, body: impl Into<Bytes>) -> Response {
        let mut headers = Headers::default();
        headers.push("content-encoding", Bytes::copy_from_slice(coding.as_bytes()));
        let (started, ended) = (Mono(0), Mono(0));
        Response { status: 200, headers, body: body.into(), truncated: false, address: None, started, ended }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    /// "hello" as an uncompressed meta-block (RFC 7932 section 9.2), and an empty last one.
    const BROTLI: &[u8] = b"\x0b\x02\x80hello\x03";

    /// 4 MiB of zeros.
    const BROTLI_BOMB: &[u8] = b"\x9b\xff\xff\x3f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x07";

    #[test]
    fn codings_are_decoded() {
        let hello = b"hello";
        let skippable: &[u8] = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
        for (coding, body) in [
            ("gzip", gzip(hello)),
            ("x-gzip", gzip(hello)),
            ("GZIP", [gzip(b"he"), gzip(b"llo")].concat()),
            ("gzip", [gzip(hello), b"garbage".to_vec()].concat()),
            ("gzip", [gzip(hello), vec![0; 700]].concat()),
            ("deflate", zlib(hello)),
            ("deflate", raw_deflate(hello)),
            ("br", BROTLI.to_vec()),
            ("zstd", zstd(hello)),
            ("zstd", [zstd(b"he"), skippable.to_vec(), zstd(b"llo")].concat()),
            ("deflate, gzip", gzip(&zlib(hello))),
            ("gzip, identity ,zstd", zstd(&gzip(hello))),
            ("identity", hello.to_vec()),
            ("utf-8", hello.to_vec()),
            ("", hello.to_vec()),
        ] {
            let content = decode(&response(coding, body), 5, OverLimit::Reject).unwrap();
            assert_eq!((&*content.bytes, content.truncated), (&b"hello"[..], false), "{coding}");
        }
    }

    #[test]
    fn cut_or_corrupt_bodies_are_rejected() {
        let long: Vec<u8> = (0..5000u32).flat_map(|number| number.to_string().into_bytes()).collect();
        for (coding, body) in [("gzip", gzip(&long)), ("deflate", zlib(&long)), ("zstd", zstd(&long))] {
            let cut = body[..body.len() / 2].to_vec();
            let reject = |body: Vec<u8>| decode(&response(coding, body), 1 << 20, OverLimit::Reject).unwrap_err();
            assert_eq!(reject(cut.clone()), Rejection::Encoding, "{coding}");
            assert_eq!(reject(b"plain text".to_vec()), Rejection::Encoding, "{coding}");
            // A body truncated by the Fetcher is not an error: its start is decoded.
            let truncated = Response { truncated: true, ..response(coding, cut) };
            let content = decode(&truncated, 1 << 20, OverLimit::Truncate);
            assert!(content.is_err() || content.is_ok_and(|content| long.starts_with(&content.bytes)));
        }
        assert_eq!(decode(&response("br", &BROTLI[..5]), 9, OverLimit::Reject).unwrap_err(), Rejection::Encoding);
        assert_eq!(decode(&response("compress", "x"), 9, OverLimit::Reject).unwrap_err(), Rejection::Encoding);
        let tower = ["gzip"; 9].join(",");
        assert_eq!(decode(&response(&tower, "x"), 9, OverLimit::Reject).unwrap_err(), Rejection::Encoding);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0; 8 << 20];
        for (coding, bomb) in [
            ("gzip", gzip(&zeros)),
            ("gzip, gzip", gzip(&gzip(&zeros))),
            ("deflate", zlib(&zeros)),
            ("br", BROTLI_BOMB.to_vec()),
        ] {
            let response = response(coding, bomb);
            assert_eq!(decode(&response, 1000, OverLimit::Reject).unwrap_err(), Rejection::TooLarge, "{coding}");
            let content = decode(&response, 1000, OverLimit::Truncate).unwrap();
            assert_eq!((content.bytes.len(), content.truncated), (1000, true), "{coding}");
        }
        // A frame that asks for a window of 2 GiB.
        let greedy = b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0".to_vec();
        assert!(decode(&response("zstd", greedy), 1000, OverLimit::Reject).is_err());
    }
}
