//! What can be wrong with a value, as the deserializer finds it.

use std::fmt;

use serde::de::{self, Unexpected};

use super::key_path::KeyPath;

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// No key of this name; these are the keys.
    UnknownKey(&'static [&'static str]),
    /// No value of this name; these are the values.
    UnknownValue(String, &'static [&'static str]),
    /// The key of this name is missing.
    Missing(&'static str),
    /// Anything else.
    Words(String),
}

/// A fault, and where it is once the deserializer has said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    pub(crate) place: Option<KeyPath>,
    pub(crate) fault: ErrorKind,
}

impl Diagnostic {
    /// Fills in the place; the innermost one that is told stays.
    pub(crate) fn at(mut self, place: impl FnOnce() -> KeyPath) -> Self {
        if self.place.is_none() {
            self.place = Some(place());
        }
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            ErrorKind::UnknownKey(_) => formatter.write_str("unknown key"),
            ErrorKind::UnknownValue(value, _) => write!(formatter, "`{value}` is unknown"),
            ErrorKind::Missing(key) => write!(formatter, "`{key}` is missing"),
            ErrorKind::Words(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for Diagnostic {}

impl de::Error for Diagnostic {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { place: None, fault: ErrorKind::Words(message.to_string()) }
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        let found = match found {
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a table".to_owned(),
            other => other.to_string(),
        };
        Self::custom(format_args!("{found} stands where {} belongs", plain(&wanted.to_string())))
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Self::custom(format_args!("{found} is out of range: {} belongs here", plain(&wanted.to_string())))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { place: None, fault: ErrorKind::Missing(field) }
    }

    fn unknown_field(_: &str, keys: &'static [&'static str]) -> Self {
        Self { place: None, fault: ErrorKind::UnknownKey(keys) }
    }

    fn unknown_variant(value: &str, values: &'static [&'static str]) -> Self {
        Self { place: None, fault: ErrorKind::UnknownValue(value.to_owned(), values) }
    }
}

/// What Rust calls its types, in words for everybody.
fn plain(wanted: &str) -> String {
    let range = match wanted {
        "u8" => "0 to 255",
        "u16" => "0 to 65535",
        "i8" => "-128 to 127",
        "u32" | "u64" | "usize" => "0 or more",
        "f64" => return "a number".to_owned(),
        "a boolean" => return "true or false".to_owned(),
        _ if wanted.starts_with("struct ") || wanted == "a map" => return "a table".to_owned(),
        _ if wanted == "a sequence" => return "a list".to_owned(),
        _ => return wanted.to_owned(),
    };
    format!("a whole number ({range})")
}

/// The names, each in quotes.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
