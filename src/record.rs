//! One extracted thing, serialised once in the Parser's thread and handed to every exporter.

use std::{fmt, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::request::fingerprint::Fingerprint;

/// Names a record for ever: the request's fingerprint, the record's index on its page, and which visit found it. An
/// output that gets a record twice can tell by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// Of the request whose page held the record.
    pub page: Fingerprint,
    /// Of the record among those of its page, from 0.
    pub index: u32,
    /// Which visit of the page: 0 for the first; any other number names another one.
    pub revisit: u32,
}

impl fmt::Display for RecordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}-{}-{}", self.page.0, self.index, self.revisit)
    }
}

/// One record: a JSON value, as text, with where it came from.
#[derive(Clone, Debug)]
pub struct Record {
    id: RecordId,
    url: Arc<str>,
    label: Option<Arc<str>>,
    json: Box<[u8]>,
}

impl Record {
    /// A record from its JSON text, which must be one value without a line break.
    pub(crate) fn new(id: RecordId, url: Arc<str>, label: Option<Arc<str>>, json: Box<[u8]>) -> Self {
        Self { id, url, label, json }
    }

    /// The record's name.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The URL of the page.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The label of the request that found it.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// The record as one line of JSON, without the line break.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// Appends the record to `lines`, with a line break.
    pub(crate) fn push_line(&self, lines: &mut Vec<u8>) {
        lines.extend_from_slice(&self.json);
        lines.push(b'\n');
    }

    /// The record as a value of type `T`.
    ///
    /// # Errors
    /// When the record has not the shape of `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.json)
    }

    /// The record as a JSON value.
    #[must_use]
    pub fn value(&self) -> Value {
        // The text was written by serde_json, so it parses; Null would only hide a bug of ours.
        serde_json::from_slice(&self.json).unwrap_or(Value::Null)
    }
}
