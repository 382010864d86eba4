//! `gzip` (RFC 1952): a sequence of members.

use std::io::{BufRead, Read, Result};

use flate2::bufread::GzDecoder;

/// Decodes all members. Other bytes after the last one are ignored, as in browsers.
pub(crate) struct Members<R> {
    /// `None` only between two members and after the last.
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
