//! `gzip` (RFC 1952): members one after the other.

use std::io::{BufRead, Read, Result};

use flate2::bufread::GzDecoder;

/// Decodes all members; what follows the last one and is none is passed over, as browsers do.
pub(crate) struct Members<R> {
    /// Empty only while one member is exchanged for the next, and after the last.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { member: Some(GzDecoder::new(source)) }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let mut source = self.member.take().map(GzDecoder::into_inner);
            let another = match &mut source {
                Some(source) => source.fill_buf()?.first() == Some(&0x1f),
                None => false,
            };
            self.member = source.filter(|_| another).map(GzDecoder::new);
        }
        Ok(0)
    }
}
