//! Change of one URL in a batch.

use bytes::Bytes;

use super::entry::Entry;
use crate::{
    keys::UrlKey,
    store::{Change, QueuePosition},
};

/// Where the store has the queue entry of a URL before the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nowhere.
    None,
    /// In its host's queue.
    Queue(QueuePosition),
    /// Among the URLs set aside.
    Aside,
}

/// What a batch makes of a URL.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// Queued; `row` is `None` if the seen-set does not change.
    Queued { position: QueuePosition, entry: Entry, row: Option<Bytes> },
    /// Set aside.
    Aside { entry: Entry, row: Bytes },
    /// Ended.
    Ended { row: Bytes },
    /// Only its row in the seen-set changes.
    Noted { row: Bytes },
}

/// Change of one URL in a batch.
#[derive(Clone, Debug)]
pub(super) struct UrlChange {
    pub(super) origin: Origin,
    pub(super) target: Target,
}

impl UrlChange {
    /// Adds the change of a URL to those of its partition.
    pub(super) fn add_to(&self, part: &mut Change, url: UrlKey) {
        let Self { origin, target } = self;
        if *origin == Origin::Aside && !matches!(target, Target::Aside { .. }) {
            part.restored.push(url);
        }
        let queued = match origin {
            Origin::Queue(position) => Some(*position),
            Origin::None | Origin::Aside => None,
        };
        match target {
            Target::Queued { position, entry, row } => match queued {
                Some(old) => {
                    part.requeue.push((url, old, *position, entry.to_bytes()));
                    part.notes.extend(row.clone().map(|row| (url, row)));
                }
                None => part.admit.push((url, *position, entry.to_bytes(), row.clone().unwrap_or_default())),
            },
            Target::Aside { entry, row } => part.set_aside.push((url, queued, entry.to_bytes(), row.clone())),
            Target::Ended { row } => part.settle.push((url, queued, row.clone())),
            Target::Noted { row } => part.notes.push((url, row.clone())),
        }
    }
}
