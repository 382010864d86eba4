//! Tables whose key `type` selects a variant of an enum: `{ type = "jsonl", path = "x" }`.
//!
//! Serde's attribute `tag = "type"` would copy the table before it reads it, so errors would lose their key and line. Here
//! the keys after `type` are read in place. The enum derives serde's default form, `{ jsonl = { path = "x" } }`, as
//! inherent functions (`remote = "Self"`); its `Deserialize` and `Serialize` call these through [`TaggedTable`] and
//! [`serialize`]. `sink::Config` is an example.

use std::{fmt, iter};

use serde::{
    Serialize, Serializer,
    de::{
        DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, VariantAccess, Visitor,
        value::{MapAccessDeserializer, MapDeserializer},
    },
    forward_to_deserialize_any,
    ser::Error as _,
};
use toml::{Table, Value};

/// Key that selects the variant.
pub(crate) const TAG: &str = "type";

/// Struct name by which a deserializer recognizes a tagged table. It should return [`TAG`] first.
pub(crate) const TABLE_NAME: &str = "tagged table";

/// Presents a tagged table as an enum in serde's default form.
pub(crate) struct TaggedTable<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for TaggedTable<D> {
    type Error = D::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(TABLE_NAME, &[TAG], TableVisitor { variants, visitor })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("only an enum can be a tagged table"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct TableVisitor<V> {
    variants: &'static [&'static str],
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for TableVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        let Some(first) = map.next_key::<String>()? else { return Err(A::Error::missing_field(TAG)) };
        if first == TAG {
            return self.visitor.visit_enum(Variant { variants: self.variants, map });
        }
        // This deserializer does not know `TABLE_NAME`, so `type` may be anywhere.
        let mut table = Table::from_iter([(first, map.next_value()?)]);
        while let Some((key, value)) = map.next_entry()? {
            table.insert(key, value);
        }
        let tag = table.remove(TAG).ok_or_else(|| A::Error::missing_field(TAG))?;
        let sorted = iter::once((TAG.to_owned(), tag)).chain(table);
        self.visit_map(MapDeserializer::new(sorted)).map_err(A::Error::custom)
    }
}

/// A table whose next value is that of [`TAG`].
struct Variant<A> {
    variants: &'static [&'static str],
    map: A,
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for Variant<A> {
    type Error = A::Error;
    type Variant = OtherKeys<A>;

    fn variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let variant = self.map.next_value_seed(Tag { variants: self.variants, seed })?;
        Ok((variant, OtherKeys(self.map)))
    }
}

/// Reads the name of a variant. It is read as an enum without data, because serde's errors for enums list all names.
struct Tag<S> {
    variants: &'static [&'static str],
    seed: S,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Tag<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        deserializer.deserialize_enum(TAG, self.variants, self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Tag<S> {
    type Value = S::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a type")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<S::Value, A::Error> {
        let (variant, data) = access.variant_seed(self.seed)?;
        data.unit_variant()?;
        Ok(variant)
    }
}

/// The keys of a table except [`TAG`].
struct OtherKeys<A>(A);

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for OtherKeys<A> {
    type Error = A::Error;

    fn unit_variant(mut self) -> Result<(), A::Error> {
        match self.0.next_key::<String>()? {
            Some(key) => Err(A::Error::unknown_field(&key, &[TAG])),
            None => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        seed.deserialize(MapAccessDeserializer::new(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("a variant with several values cannot be a table"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.0)
    }
}

/// Serializes an enum in serde's default form as a tagged table.
pub(crate) fn serialize<S: Serializer>(external: &impl Serialize, serializer: S) -> Result<S::Ok, S::Error> {
    let external = Table::try_from(external).map_err(S::Error::custom)?;
    let Some((variant, Value::Table(keys))) = external.into_iter().next() else {
        return Err(S::Error::custom("a variant without keys cannot be a table"));
    };
    let mut table = Table::from_iter([(TAG.to_owned(), Value::String(variant))]);
    table.extend(keys);
    table.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(remote = "Self", rename_all = "lowercase")]
    enum Shape {
        Square(Square),
        Circle { radius: u8 },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Square {
        side: u8,
        color: Option<String>,
    }

    impl<'de> Deserialize<'de> for Shape {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Self::deserialize(TaggedTable(deserializer))
        }
    }

    struct External<'s>(&'s Shape);

    impl Serialize for External<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Shape::serialize(self.0, serializer)
        }
    }

    impl Serialize for Shape {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serialize(&External(self), serializer)
        }
    }

    #[test]
    fn type_may_be_anywhere() {
        let square = Shape::Square(Square { side: 2, color: None });
        for text in [r#"{"type": "square", "side": 2}"#, r#"{"side": 2, "type": "square"}"#] {
            assert_eq!(serde_json::from_str::<Shape>(text).unwrap(), square);
        }
        let circle: Shape = toml::from_str("radius = 3\ntype = 'circle'").unwrap();
        assert_eq!(circle, Shape::Circle { radius: 3 });
    }

    #[test]
    fn each_variant_has_its_own_keys() {
        for (text, message) in [
            (r#"{"side": 2}"#, "missing field `type`"),
            (r#"{}"#, "missing field `type`"),
            (r#"{"type": "sqare", "side": 2}"#, "unknown variant `sqare`"),
            (r#"{"type": "square"}"#, "missing field `side`"),
            (r#"{"type": "square", "side": 2, "radius": 3}"#, "unknown field `radius`"),
            (r#"{"radius": 3, "type": "square", "side": 2}"#, "unknown field `radius`"),
            ("[]", "expected a table"),
        ] {
            let error = serde_json::from_str::<Shape>(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn serialized_tables_start_with_their_type() {
        let square = Shape::Square(Square { side: 2, color: None });
        assert_eq!(toml::to_string(&square).unwrap(), "type = \"square\"\nside = 2\n");
    }
}
