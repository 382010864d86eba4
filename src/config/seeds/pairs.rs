//! Tables of names and texts: headers, query, form.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// Names and texts in the order written. Numbers and booleans become texts; a list repeats its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// Returns true if there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut pairs = Vec::new();
        for (name, value) in Map::deserialize(deserializer)? {
            let values = match value {
                Value::Array(values) => values,
                value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                    vec![value]
                }
            };
            for value in values {
                let text = scalar(value).ok_or_else(|| de::Error::custom(format!("`{name}`: expected a text")))?;
                pairs.push((name.clone(), text));
            }
        }
        Ok(Self(pairs))
    }
}

fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut lists: Map<String, Value> = Map::new();
        for (name, text) in &self.0 {
            let list = lists.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(Value::String(text.clone()));
            }
        }
        lists.serialize(serializer)
    }
}
