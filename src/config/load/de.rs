//! A strict deserializer for trees of the `config` crate. Its errors know their key.
//!
//! The crate's own deserializer converts `true` to 1, and its errors name neither the key nor the valid values.

use ::config::{Map, Value, ValueKind};
use serde::{
    Deserialize,
    de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor},
    forward_to_deserialize_any,
};

use super::{
    error::{Diagnostic, ErrorKind, quoted},
    key_path::{KeyPath, Step},
};
use crate::base::{suggest::suggest, tagged};

/// Deserializes the whole tree.
///
/// # Errors
/// The first error; its key is always set.
pub(crate) fn read<'a, T: Deserialize<'a>>(tree: &'a Value) -> Result<T, Diagnostic> {
    T::deserialize(Node { value: tree, path: KeyPath::default() })
}

/// A value and its key.
struct Node<'a> {
    value: &'a Value,
    path: KeyPath,
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Diagnostic;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Diagnostic> {
        let path = self.path;
        let result = match &self.value.kind {
            ValueKind::Nil => visitor.visit_unit(),
            ValueKind::Boolean(value) => visitor.visit_bool(*value),
            ValueKind::I64(value) => visitor.visit_i64(*value),
            ValueKind::U64(value) => visitor.visit_u64(*value),
            ValueKind::I128(value) => visitor.visit_i128(*value),
            ValueKind::U128(value) => visitor.visit_u128(*value),
            ValueKind::Float(value) if !value.is_finite() => Err(de::Error::custom("not a finite number")),
            ValueKind::Float(value) => visitor.visit_f64(*value),
            ValueKind::String(value) => visitor.visit_str(value),
            ValueKind::Array(list) => visitor.visit_seq(List { rest: list.iter().enumerate(), path: &path }),
            ValueKind::Table(table) => visitor.visit_map(TableAccess { rest: table.iter(), next: None, path: &path }),
        };
        result.map_err(|diagnostic| diagnostic.at(|| path))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Diagnostic> {
        match self.value.kind {
            ValueKind::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// Accepts tables only: by default serde also deserializes a struct from a list.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Diagnostic> {
        match &self.value.kind {
            ValueKind::Table(table) if name == tagged::TABLE_NAME => tagged_table(table, self.path, visitor),
            ValueKind::Array(_) => Err(Diagnostic {
                key: Some(self.path),
                kind: ErrorKind::Message("expected a table, found a list".to_owned()),
            }),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Diagnostic> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Diagnostic> {
        let path = self.path;
        let ValueKind::String(text) = &self.value.kind else {
            let message = format!("expected one of {}", quoted(variants));
            return Err(Diagnostic { key: Some(path), kind: ErrorKind::Message(message) });
        };
        let choice: de::value::StrDeserializer<'_, Diagnostic> = text.as_str().into_deserializer();
        choice.deserialize_enum(name, variants, visitor).map_err(|diagnostic| diagnostic.at(|| path))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// Presents a table with `type` as its first key, because the type determines the other keys.
fn tagged_table<'de, V: Visitor<'de>>(
    table: &'de Map<String, Value>,
    path: KeyPath,
    visitor: V,
) -> Result<V::Value, Diagnostic> {
    let Some(tag) = table.get_key_value(tagged::TAG) else {
        let typo = table.keys().find(|key| suggest(key, [tagged::TAG]).is_some());
        return Err(match typo {
            Some(key) => Diagnostic { key: Some(path.key(key)), kind: ErrorKind::UnknownKey(&[tagged::TAG]) },
            None => Diagnostic { key: Some(path), kind: ErrorKind::Missing(tagged::TAG) },
        });
    };
    let rest = [tag].into_iter().chain(table.iter().filter(|(key, _)| *key != tagged::TAG));
    let result = visitor.visit_map(TableAccess { rest, next: None, path: &path });
    result.map_err(|diagnostic| diagnostic.at(|| path))
}

/// The rest of a list. Dropped elements (`Nil`) are skipped but keep their index.
struct List<'a, 'p> {
    rest: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
    path: &'p KeyPath,
}

impl<'a> de::SeqAccess<'a> for List<'a, '_> {
    type Error = Diagnostic;

    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Diagnostic> {
        let Some((index, value)) = self.rest.find(|(_, value)| value.kind != ValueKind::Nil) else {
            return Ok(None);
        };
        let path = self.path.then(Step::Index(index));
        seed.deserialize(Node { value, path: path.clone() }).map(Some).map_err(|diagnostic| diagnostic.at(|| path))
    }
}

/// The rest of a table.
struct TableAccess<'a, 'p, I> {
    rest: I,
    next: Option<(&'a String, &'a Value)>,
    path: &'p KeyPath,
}

impl<'a, I: Iterator<Item = (&'a String, &'a Value)>> de::MapAccess<'a> for TableAccess<'a, '_, I> {
    type Error = Diagnostic;

    fn next_key_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Diagnostic> {
        self.next = self.rest.next();
        let Some((key, _)) = self.next else {
            return Ok(None);
        };
        let name: de::value::StrDeserializer<'_, Diagnostic> = key.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|diagnostic| diagnostic.at(|| self.path.key(key)))
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Diagnostic> {
        let Some((key, value)) = self.next else {
            return Err(de::Error::custom("value requested before its key"));
        };
        let path = self.path.key(key);
        seed.deserialize(Node { value, path: path.clone() }).map_err(|diagnostic| diagnostic.at(|| path))
    }
}
