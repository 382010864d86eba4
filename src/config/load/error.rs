//! What can be wrong with a value, as the deserializer finds it.

use std::fmt;

use serde::de::{self, Unexpected};

use super::key_path::Place;

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
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
pub(crate) struct Mistake {
    pub(crate) place: Option<Place>,
    pub(crate) fault: Fault,
}

impl Mistake {
    /// Fills in the place; the innermost one that is told stays.
    pub(crate) fn at(mut self, place: impl FnOnce() -> Place) -> Self {
        if self.place.is_none() {
            self.place = Some(place());
        }
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::UnknownKey(_) => formatter.write_str("unknown key"),
            Fault::UnknownValue(value, _) => write!(formatter, "`{value}` is unknown"),
            Fault::Missing(key) => write!(formatter, "`{key}` is missing"),
            Fault::Words(words) => formatter.write_str(words),
        }
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self { place: None, fault: Fault::Words(words.to_string()) }
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
        Self { place: None, fault: Fault::Missing(field) }
    }

    fn unknown_field(_: &str, keys: &'static [&'static str]) -> Self {
        Self { place: None, fault: Fault::UnknownKey(keys) }
    }

    fn unknown_variant(value: &str, values: &'static [&'static str]) -> Self {
        Self { place: None, fault: Fault::UnknownValue(value.to_owned(), values) }
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
