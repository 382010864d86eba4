//! Collapsing of white space.

use crate::base::text::prefix;

/// Collapses the white space of a text that is appended in pieces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collapse {
    /// Start of the text in the output.
    pub(super) start: usize,
    /// Maximum length of the text, in bytes.
    limit: usize,
    /// True if the last piece ended with white space.
    gap: bool,
}

impl Collapse {
    /// Starts a text at offset `start` of the output, of at most `limit` bytes.
    pub(crate) fn new(start: usize, limit: usize) -> Self {
        Self { start, limit, gap: false }
    }

    /// Appends a piece to the output.
    pub(crate) fn push(&mut self, piece: &str, out: &mut String) {
        for (index, word) in piece.split([' ', '\t', '\n', '\x0c', '\r']).enumerate() {
            self.gap |= index > 0;
            let free = self.limit.saturating_sub(out.len() - self.start);
            if word.is_empty() || free == 0 {
                continue;
            }
            if std::mem::take(&mut self.gap) && out.len() > self.start && free > 1 {
                out.push(' ');
            }
            let free = self.limit.saturating_sub(out.len() - self.start);
            out.push_str(prefix(word, free));
        }
    }
}

/// Joins the pieces of a text and collapses its white space.
pub(crate) fn collapsed<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut collapse = Collapse::new(0, usize::MAX);
    pieces.for_each(|piece| collapse.push(piece, &mut out));
    out
}
