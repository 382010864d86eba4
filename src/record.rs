//! Records: serialized once, by the Parser, and passed to every exporter.

use std::{fmt, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::request::fingerprint::Fingerprint;

/// Permanent identity of a record, by which an output recognizes repeated records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// Fingerprint of the page's request.
    pub page: Fingerprint,
    /// Index of the record on its page, from 0.
    pub index: u32,
    /// Visit of the page: 0 is the first, any other number identifies another one.
    pub revisit: u32,
}

impl fmt::Display for RecordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}-{}-{}", self.page.0, self.index, self.revisit)
    }
}

/// A record that a handler emitted: a JSON value as text, and where it is from.
#[derive(Clone, Debug)]
pub struct Record {
    id: RecordId,
    url: Arc<str>,
    label: Option<Arc<str>>,
    json: Box<[u8]>,
}

impl Record {
    /// Creates a record from JSON text, which must be one value without a line break.
    pub(crate) fn new(id: RecordId, url: Arc<str>, label: Option<Arc<str>>, json: Box<[u8]>) -> Self {
        Self { id, url, label, json }
    }

    /// Returns the identity of the record.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Returns the URL of the page.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the label of the page's request.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Returns the record as one line of JSON, without the line break.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// Appends the record to `lines`, with a line break.
    pub(crate) fn push_line(&self, lines: &mut Vec<u8>) {
        lines.extend_from_slice(&self.json);
        lines.push(b'\n');
    }

    /// Deserializes the record.
    ///
    /// # Errors
    /// If it does not match `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.json)
    }

    /// Returns the record as a JSON value.
    #[must_use]
    pub fn value(&self) -> Value {
        // serde_json wrote this text, so it can read it.
        serde_json::from_slice(&self.json).unwrap_or(Value::Null)
    }
}
