//! Selection of the Parser of a page.

use std::cell::Cell;

use actix::Recipient;

use crate::messages::{Fetched, Parse};

/// Parsers of a Fetcher, those of each kind used in turn.
#[derive(Debug)]
pub(crate) struct ParserPool {
    inline: Vec<Recipient<Parse>>,
    offload: Vec<Recipient<Parse>>,
    inline_limit: usize,
    next: Cell<usize>,
}

impl ParserPool {
    /// Bodies of up to `inline_limit` bytes go to `inline`, larger ones to `offload`. With 0 all bodies go to `offload`.
    ///
    /// The `inline` Parsers should run on the thread of the Fetcher. If a kind is empty, its pages go to the other kind.
    pub(crate) fn new(inline: Vec<Recipient<Parse>>, offload: Vec<Recipient<Parse>>, inline_limit: usize) -> Self {
        Self { inline, offload, inline_limit, next: Cell::new(0) }
    }

    /// Sends a page to a Parser. Without a running Parser the lease is dropped, and thereby returned.
    pub(super) fn send(&self, fetched: Fetched) {
        let length = fetched.result.as_ref().map_or(0, |response| response.body.len());
        let is_large = self.inline_limit == 0 || length > self.inline_limit;
        let kinds = if is_large { [&self.offload, &self.inline] } else { [&self.inline, &self.offload] };
        let Some(kind) = kinds.into_iter().find(|kind| !kind.is_empty()) else { return };
        let turn = self.next.get();
        self.next.set(turn.wrapping_add(1));
        if let Some(parser) = kind.get(turn % kind.len()) {
            // Not batched: a message on the same thread costs only 0.1 us.
            parser.do_send(Parse(vec![fetched]));
        }
    }
}
