//! Content codings, correct and wrong, and bombs.

use std::io::Write as _;

use flate2::{
    Compress, Compression, FlushCompress,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use super::row::{Expected, Expected::*, Row, Step, answer, page};

/// Minimum decoded size of a bomb, in bytes.
const BOMB: usize = 1 << 30;

pub(super) fn rows() -> Vec<Row> {
    [right(), wrong(), bombs()].concat()
}

fn row(path: &'static str, expected: Expected, why: &'static str, coding: &str, body: &[u8]) -> Row {
    let field = format!("content-encoding: {coding}\r\n");
    Row::new(path, expected, why, vec![Step::Send(answer(field.as_bytes(), body)), Step::Keep])
}

fn right() -> Vec<Row> {
    let coded = |path: &'static str, why, coding, encode: &dyn Fn(&[u8]) -> Vec<u8>| {
        row(path, Own, why, coding, &encode(page(path).as_bytes()))
    };
    vec![
        coded("/gzip", "", "gzip", &gzip),
        coded("/x-gzip", "RFC 9110 section 8.4.1.3", "x-gzip", &gzip),
        coded("/gzip-upper", "RFC 9110 section 8.4.1", "GZIP", &gzip),
        coded("/gzip-members", "RFC 1952 section 2.2", "gzip", &|body| {
            let (first, second) = body.split_at(9);
            [gzip(first), gzip(second)].concat()
        }),
        coded("/gzip-junk-behind", "", "gzip", &|body| [gzip(body), b"\r\n<!-- served by -->".to_vec()].concat()),
        coded("/gzip-zeros-behind", "", "gzip", &|body| [gzip(body), vec![0; 999]].concat()),
        coded("/deflate", "", "deflate", &zlib),
        coded("/deflate-raw", "", "deflate", &deflate),
        coded("/br", "", "br", &brotli),
        coded("/zstd", "", "zstd", &zstd),
        coded("/zstd-frames", "RFC 8878 section 3", "zstd", &|body| {
            let (first, second) = body.split_at(9);
            [zstd(first), b"\x50\x2a\x4d\x18\x02\0\0\0xx".to_vec(), zstd(second)].concat()
        }),
        coded("/stacked", "RFC 9110 section 8.4", "gzip, br", &|body| brotli(&gzip(body))),
        coded("/stacked-zstd", "RFC 9110 section 8.4", "deflate,zstd , gzip", &|body| gzip(&zstd(&zlib(body)))),
        coded("/identity", "", "identity", &<[u8]>::to_vec),
        coded("/unknown-coding", "", "utf-8", &<[u8]>::to_vec),
        row("/gzip-nothing", Body(""), "", "gzip", b""),
        row("/gzip-empty", Body(""), "", "gzip", &gzip(b"")),
        row("/br-nothing", Body(""), "", "br", b""),
        coded("/gzip-twice", "RFC 9110 section 8.4", "gzip, gzip", &|body| gzip(&gzip(body))),
        coded("/gzip-two-fields", "RFC 9110 section 8.4", "gzip\r\ncontent-encoding: br", &|body| brotli(&gzip(body))),
        coded("/gzip-comma", "", "gzip,", &gzip),
        coded("/gzip-identity", "", "gzip, identity", &gzip),
        coded("/br-junk-behind", "", "br", &|body| [brotli(body), b"junk".to_vec()].concat()),
        coded("/deflate-junk-behind", "", "deflate", &|body| [zlib(body), b"junk".to_vec()].concat()),
    ]
}

fn wrong() -> Vec<Row> {
    let plain = b"plain text, in spite of the head";
    let packed = gzip(&b"0123456789".repeat(100));
    let mut bad_checksum = packed.clone();
    let checksum = bad_checksum.len() - 8;
    bad_checksum[checksum] ^= 0xff;
    let tower = ["gzip"; 20].join(",");
    vec![
        row("/gzip-not", Rejected("encoding"), "", "gzip", plain),
        row(
            "/gzip-cut",
            Rejected("encoding"),
            "RFC 1952 section 2.2: never whole",
            "gzip",
            &packed[..packed.len() / 2],
        ),
        row("/gzip-checksum", Rejected("encoding"), "RFC 1952 section 2.3.1", "gzip", &bad_checksum),
        row("/gzip-head-only", Rejected("encoding"), "RFC 1952 section 2.2: never whole", "gzip", &packed[..10]),
        row(
            "/gzip-no-checksum",
            Rejected("encoding"),
            "RFC 1952 section 2.2: never whole",
            "gzip",
            &packed[..packed.len() - 8],
        ),
        row("/gzip-said-twice", Rejected("encoding"), "RFC 9110 section 8.4", "gzip, gzip", &packed),
        row("/gzip-is-br", Rejected("encoding"), "", "gzip", &brotli(plain)),
        row("/deflate-cut", Rejected("encoding"), "RFC 1950 section 2.2: never whole", "deflate", &zlib(plain)[..20]),
        row("/zstd-junk-behind", Rejected("encoding"), "", "zstd", &[zstd(plain), b"junk".to_vec()].concat()),
        row("/zstd-cut", Rejected("encoding"), "RFC 8878 section 3.1.1: never whole", "zstd", &zstd(plain)[..20]),
        row("/deflate-not", Rejected("encoding"), "", "deflate", plain),
        row("/br-not", Rejected("encoding"), "", "br", plain),
        row("/br-cut", Rejected("encoding"), "RFC 7932 section 2: never whole", "br", &brotli(plain)[..12]),
        row("/zstd-not", Rejected("encoding"), "", "zstd", plain),
        row("/zstd-window", Rejected("encoding"), "RFC 9659", "zstd", b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0"),
        row("/compress", Rejected("encoding"), "", "compress", plain),
        row("/tower", Rejected("encoding"), "", &tower, plain),
    ]
}

fn bombs() -> Vec<Row> {
    let megabyte = vec![0; 1 << 20];
    let member = gzip(&megabyte);
    let members = member.repeat(BOMB >> 20);
    let bomb = |path, coding, body: &[u8]| {
        assert!(body.len() < 2 << 20);
        row(path, Rejected("too_large"), "fetcher.max_body", coding, body)
    };
    vec![
        bomb("/bomb-gzip", "gzip", &members[..members.len().min((1 << 20) - 1)]),
        bomb("/bomb-deflate", "deflate", &deflate_bomb(&megabyte)),
        bomb("/bomb-br", "br", &brotli_bomb()),
        bomb("/bomb-zstd", "zstd", &zstd_bomb()),
        bomb("/bomb-stacked", "gzip, gzip", &gzip(&members)),
        bomb("/bomb-br-in-gzip", "br, gzip", &gzip(&brotli_bomb())),
    ]
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// Encodes one meta-block without compression (RFC 7932 section 9.2), and an empty last one.
fn brotli(body: &[u8]) -> Vec<u8> {
    let head = 0x0b | (body.len() as u32 - 1) << 7 | 1 << 23;
    [&head.to_le_bytes()[..3], body, b"\x03"].concat()
}

/// Encodes one frame with one raw block (RFC 8878 section 3.1.1).
fn zstd(body: &[u8]) -> Vec<u8> {
    let block = (body.len() as u32) << 3 | 1;
    [b"\x28\xb5\x2f\xfd\x00\x38", &block.to_le_bytes()[..3], body].concat()
}

/// Repeats one part: after a full flush it does not depend on what precedes it.
fn deflate_bomb(megabyte: &[u8]) -> Vec<u8> {
    let mut part = Vec::with_capacity(1 << 16);
    Compress::new(Compression::best(), false).compress_vec(megabyte, &mut part, FlushCompress::Full).unwrap();
    let times = (BOMB / megabyte.len()).min(((1 << 20) - 2) / part.len());
    // The last block is empty.
    [part.repeat(times), b"\x03\x00".to_vec()].concat()
}

/// Returns blocks of one repeated byte (RFC 8878 section 3.1.1.2).
fn zstd_bomb() -> Vec<u8> {
    let block = |last: u32| [&((128_u32 << 10) << 3 | 1 << 1 | last).to_le_bytes()[..3], b"\0"].concat();
    [b"\x28\xb5\x2f\xfd\x00\x38".to_vec(), block(0).repeat(BOMB >> 17), block(1)].concat()
}

/// Returns 1 GiB of zeros, compressed by `brotli` to 841 bytes. The middle part is repeated.
fn brotli_bomb() -> Vec<u8> {
    let hex = [BROTLI_START, &BROTLI_MIDDLE.repeat(7), BROTLI_END].concat();
    let digits = hex.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap());
    digits.map(|two| u8::from_str_radix(two, 16).unwrap()).collect()
}

const BROTLI_START: &str = "cfffff7ff82700e2b14020f7fe9ffffffff04f00c4610180eefd3fffffffe19f0088c322";
const BROTLI_MIDDLE: &str = "00ddfb7ffeffffc33f0110870500baf7fffcffff877f02200e0b0074effff9ffff0fff04401c1600e8defff3ffff1ff\
    e0980382c00d0bdffe7ffff3ffc1300715800a07bffcfffff7ff82700e2b00040f7fe9ffffffff04f00c4610180eefd3fffffffe19f0088c302";
const BROTLI_END: &str = "00ddfb7ffeffffc33f0110870500baf7fffcffff877f02200e0b0074effff9ffff0fff04401c1600e8defff3ffff1ffe09\
    80382c00d0bdffe7ffff3ffc1300715800a07bff3f";
