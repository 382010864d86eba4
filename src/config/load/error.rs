//! Errors of the deserializer.

use std::fmt;

use serde::de::{self, Unexpected};

use super::key_path::KeyPath;

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The key is unknown; these are valid.
    UnknownKey(&'static [&'static str]),
    /// The value is unknown; these are valid.
    UnknownValue(String, &'static [&'static str]),
    /// This key is missing.
    Missing(&'static str),
    /// Any other error, as text.
    Message(String),
}

/// An error and its key. The deserializer sets the key on the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    pub(crate) key: Option<KeyPath>,
    pub(crate) kind: ErrorKind,
}

impl Diagnostic {
    /// Sets the key, unless it is set already: the innermost one counts.
    pub(crate) fn at(mut self, key: impl FnOnce() -> KeyPath) -> Self {
        if self.key.is_none() {
            self.key = Some(key());
        }
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::UnknownKey(_) => formatter.write_str("unknown key"),
            ErrorKind::UnknownValue(value, _) => write!(formatter, "`{value}` is unknown"),
            ErrorKind::Missing(key) => write!(formatter, "`{key}` is missing"),
            ErrorKind::Message(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for Diagnostic {}

impl de::Error for Diagnostic {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { key: None, kind: ErrorKind::Message(message.to_string()) }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a table".to_owned(),
            other => other.to_string(),
        };
        Self::custom(format_args!("expected {}, found {found}", plain(&expected.to_string())))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("{found} is out of range, expected {}", plain(&expected.to_string())))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { key: None, kind: ErrorKind::Missing(field) }
    }

    fn unknown_field(_: &str, keys: &'static [&'static str]) -> Self {
        Self { key: None, kind: ErrorKind::UnknownKey(keys) }
    }

    fn unknown_variant(value: &str, values: &'static [&'static str]) -> Self {
        Self { key: None, kind: ErrorKind::UnknownValue(value.to_owned(), values) }
    }
}

/// Replaces names of Rust types by plain words.
fn plain(expected: &str) -> String {
    let range = match expected {
        "u8" => "0 to 255",
        "u16" => "0 to 65535",
        "i8" => "-128 to 127",
        "u32" | "u64" | "usize" => "0 or more",
        "f64" => return "a number".to_owned(),
        "a boolean" => return "true or false".to_owned(),
        _ if expected.starts_with("struct ") || expected == "a map" => return "a table".to_owned(),
        _ if expected == "a sequence" => return "a list".to_owned(),
        _ => return expected.to_owned(),
    };
    format!("a whole number ({range})")
}

/// Returns the names in quotes, separated by commas.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
