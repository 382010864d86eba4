//! Which Parser gets a page.

use std::cell::Cell;

use actix::Recipient;

use crate::messages::{Fetched, Parse};

/// The Parsers a Fetcher knows, each kind used in turn.
#[derive(Debug)]
pub(crate) struct ParserPool {
    inline: Vec<Recipient<Parse>>,
    offload: Vec<Recipient<Parse>>,
    inline_limit: usize,
    next: Cell<usize>,
}

impl ParserPool {
    /// Bodies of up to `inline_limit` bytes go to `inline`, Parsers on the Fetcher's own thread where there are any,
    /// larger ones to `offload`; 0 sends all of them there. A kind without Parsers leaves its pages to the other.
    pub(crate) fn new(inline: Vec<Recipient<Parse>>, offload: Vec<Recipient<Parse>>, inline_limit: usize) -> Self {
        Self { inline, offload, inline_limit, next: Cell::new(0) }
    }

    /// Sends a page on. Without a Parser, or with a dead one, its lease comes home by itself.
    pub(super) fn send(&self, fetched: Fetched) {
        let length = fetched.result.as_ref().map_or(0, |response| response.body.len());
        let large = self.inline_limit == 0 || length > self.inline_limit;
        let kinds = if large { [&self.offload, &self.inline] } else { [&self.inline, &self.offload] };
        let Some(kind) = kinds.into_iter().find(|kind| !kind.is_empty()) else { return };
        let turn = self.next.get();
        self.next.set(turn.wrapping_add(1));
        if let Some(parser) = kind.get(turn % kind.len()) {
            // One by one: on the Fetcher's own thread a message costs 0.1 us.
            parser.do_send(Parse(vec![fetched]));
        }
    }
}
