//! Reads typed values from a tree of the `config` crate, strictly, with errors that know their place in the tree.
//!
//! The crate's own deserializer turns `true` into 1 and tells neither place nor choices of a mistake.

use std::fmt;

use ::config::{Map, Value, ValueKind};
use serde::{
    Deserialize,
    de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Unexpected, Visitor},
    forward_to_deserialize_any,
};

/// One step from a table or list to what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A key of a table.
    Key(String),
    /// A place in a list.
    Index(usize),
}

/// The place of a value: the steps from the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place(pub(super) Vec<Step>);

impl Place {
    pub(super) fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    pub(super) fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => formatter.write_str(key)?,
                Step::Key(key) => write!(formatter, ".{key}")?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
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
pub(super) struct Mistake {
    pub(super) place: Option<Place>,
    pub(super) fault: Fault,
}

impl Mistake {
    /// Fills in the place; the innermost one that is told stays.
    fn at(mut self, place: impl FnOnce() -> Place) -> Self {
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

/// Reads a `T` from the whole tree.
///
/// # Errors
/// The first mistake; its place is always filled in.
pub(super) fn read<'a, T: Deserialize<'a>>(tree: &'a Value) -> Result<T, Mistake> {
    T::deserialize(Node { value: tree, place: Place::default() })
}

/// A value at its place.
struct Node<'a> {
    value: &'a Value,
    place: Place,
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let place = self.place;
        let result = match &self.value.kind {
            ValueKind::Nil => visitor.visit_unit(),
            ValueKind::Boolean(value) => visitor.visit_bool(*value),
            ValueKind::I64(value) => visitor.visit_i64(*value),
            ValueKind::U64(value) => visitor.visit_u64(*value),
            ValueKind::I128(value) => visitor.visit_i128(*value),
            ValueKind::U128(value) => visitor.visit_u128(*value),
            ValueKind::Float(value) if !value.is_finite() => Err(de::Error::custom("no finite number")),
            ValueKind::Float(value) => visitor.visit_f64(*value),
            ValueKind::String(value) => visitor.visit_str(value),
            ValueKind::Array(list) => visitor.visit_seq(List { rest: list.iter().enumerate(), place: &place }),
            ValueKind::Table(table) => visitor.visit_map(Table { rest: table.iter(), next: None, place: &place }),
        };
        result.map_err(|mistake| mistake.at(|| place))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self.value.kind {
            ValueKind::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let place = self.place;
        let ValueKind::String(text) = &self.value.kind else {
            let words = format!("one of {} belongs here", quoted(variants));
            return Err(Mistake { place: Some(place), fault: Fault::Words(words) });
        };
        let choice: de::value::StrDeserializer<'_, Mistake> = text.as_str().into_deserializer();
        choice.deserialize_enum(name, variants, visitor).map_err(|mistake| mistake.at(|| place))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// The names, each in quotes.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// The rest of a list. Elements that were dropped (`Nil`) are passed over and still count.
struct List<'a, 'p> {
    rest: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
    place: &'p Place,
}

impl<'a> de::SeqAccess<'a> for List<'a, '_> {
    type Error = Mistake;

    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        let Some((index, value)) = self.rest.find(|(_, value)| value.kind != ValueKind::Nil) else {
            return Ok(None);
        };
        let place = self.place.then(Step::Index(index));
        seed.deserialize(Node { value, place: place.clone() }).map(Some).map_err(|mistake| mistake.at(|| place))
    }
}

/// The rest of a table.
struct Table<'a, 'p, I> {
    rest: I,
    next: Option<(&'a String, &'a Value)>,
    place: &'p Place,
}

impl<'a, I: Iterator<Item = (&'a String, &'a Value)>> de::MapAccess<'a> for Table<'a, '_, I> {
    type Error = Mistake;

    fn next_key_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        self.next = self.rest.next();
        let Some((key, _)) = self.next else {
            return Ok(None);
        };
        let name: de::value::StrDeserializer<'_, Mistake> = key.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|mistake| mistake.at(|| self.place.key(key)))
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Mistake> {
        let Some((key, value)) = self.next else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        let place = self.place.key(key);
        seed.deserialize(Node { value, place: place.clone() }).map_err(|mistake| mistake.at(|| place))
    }
}

/// What stands at a place.
pub(super) fn find<'a>(tree: &'a Value, place: &Place) -> Option<&'a Value> {
    place.0.iter().try_fold(tree, |value, step| match (step, &value.kind) {
        (Step::Key(key), ValueKind::Table(table)) => table.get(key),
        (Step::Index(index), ValueKind::Array(list)) => list.get(*index),
        _ => None,
    })
}

/// Takes out what stands at a place; in a list, what follows keeps its index. Says whether anything did.
pub(super) fn take_out(tree: &mut Value, place: &Place) -> bool {
    let Some((last, way)) = place.0.split_last() else {
        return false;
    };
    let parent = way.iter().try_fold(tree, |value, step| match (step, &mut value.kind) {
        (Step::Key(key), ValueKind::Table(table)) => table.get_mut(key),
        (Step::Index(index), ValueKind::Array(list)) => list.get_mut(*index),
        _ => None,
    });
    match (last, parent.map(|value| &mut value.kind)) {
        (Step::Key(key), Some(ValueKind::Table(table))) => remove(table, key),
        (Step::Index(index), Some(ValueKind::Array(list))) => {
            let Some(value) = list.get_mut(*index) else {
                return false;
            };
            value.kind = ValueKind::Nil;
            true
        }
        _ => false,
    }
}

fn remove(table: &mut Map<String, Value>, key: &str) -> bool {
    table.shift_remove(key).is_some()
}
