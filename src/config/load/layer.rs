//! One source of configuration, as a tree whose values know their origin: file and line, environment variable, or flag.

use ::config::{ConfigError as MergeError, Map, Source, Value, ValueKind};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::key_path::{KeyPath, find};
use crate::error::ConfigError;

/// Prefix of environment variables.
const PREFIX: &str = "LYCOSA__";

/// Maximum number of steps in the key of a variable or flag. No key has more than three.
const MAX_STEPS: usize = 16;

/// One source of configuration.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// The tree, a table.
    pub(crate) tree: Value,
    /// Name of the source.
    pub(crate) origin: String,
}

impl Layer {
    /// Parses a TOML text. Of a broken one it keeps the valid parts.
    pub(crate) fn from_toml(origin: &str, text: &str) -> (Self, Vec<ConfigError>) {
        let lines = Lines { origin, text: Some(text) };
        let (table, errors) = DeTable::parse_recoverable(text);
        let errors = errors.iter().map(|error| ConfigError {
            origin: error.span().map_or_else(|| origin.to_owned(), |span| lines.at(span.start)),
            key: String::new(),
            message: match error.span().map(|span| lines.quote(span.start)) {
                Some(line) if !line.is_empty() => format!("{}: {line}", error.message()),
                _ => error.message().to_owned(),
            },
        });
        let errors = errors.collect();
        (Self { tree: lines.table(table.get_ref(), origin), origin: origin.to_owned() }, errors)
    }

    /// Reads environment variables: each `LYCOSA__SECTION__KEY` is one value.
    pub(crate) fn from_environment(variables: &[(String, String)], defaults: &Value) -> (Self, Vec<ConfigError>) {
        let mut layer = Self::empty("environment");
        let mut errors = Vec::new();
        // Sorted, so that the same environment always gives the same errors in the same order.
        let ours = |variable: &'_ (String, String)| variable.0.starts_with(PREFIX);
        let mut ours: Vec<_> = variables.iter().filter(|variable| ours(variable)).collect();
        ours.sort();
        for (name, text) in ours {
            let key = name.strip_prefix(PREFIX).unwrap_or_default();
            let steps = key.split("__").map(str::to_ascii_lowercase).collect();
            errors.extend(layer.set(name, steps, text, defaults).err());
        }
        (layer, errors)
    }

    /// The layer of a flag that sets the dotted `key` to the value in `text`.
    ///
    /// # Errors
    /// If `key` is not valid.
    pub(crate) fn from_flag(flag: &str, key: &str, text: &str, defaults: &Value) -> Result<Self, ConfigError> {
        let mut layer = Self::empty(flag);
        layer.set(flag, key.split('.').map(str::to_owned).collect(), text, defaults)?;
        Ok(layer)
    }

    fn empty(origin: &str) -> Self {
        Self { tree: Value::new(None, ValueKind::Table(Map::new())), origin: origin.to_owned() }
    }

    fn set(&mut self, origin: &str, steps: Vec<String>, text: &str, defaults: &Value) -> Result<(), ConfigError> {
        let key = steps.join(".");
        if steps.iter().any(String::is_empty) || steps.len() > MAX_STEPS {
            return Err(ConfigError {
                origin: origin.to_owned(),
                key,
                message: "not a valid key, expected section.key".to_owned(),
            });
        }
        let path = steps.iter().fold(KeyPath::default(), |path, step| path.key(step));
        let value = typed(origin, text, find(defaults, &path));
        insert(&mut self.tree, &steps, value, origin)
    }
}

fn insert(tree: &mut Value, steps: &[String], value: Value, origin: &str) -> Result<(), ConfigError> {
    let taken = || ConfigError {
        origin: origin.to_owned(),
        key: steps.join("."),
        message: "set as a value and as a table at the same time".to_owned(),
    };
    let Some((last, parents)) = steps.split_last() else {
        return Ok(());
    };
    let mut table = tree;
    for step in parents {
        let ValueKind::Table(map) = &mut table.kind else {
            return Err(taken());
        };
        let empty = || Value::new(Some(&origin.to_owned()), ValueKind::Table(Map::new()));
        table = map.entry(step.clone()).or_insert_with(empty);
    }
    let ValueKind::Table(map) = &mut table.kind else {
        return Err(taken());
    };
    map.insert(last.clone(), value);
    Ok(())
}

/// Parses `text` for a key with this default: for a key that takes text it remains text, and for a key that takes a list a
/// single value becomes a list of one.
fn typed(origin: &str, text: &str, default: Option<&Value>) -> Value {
    let lines = Lines { origin, text: None };
    let parsed = DeValue::parse(text).ok().map(|value| lines.value(value.get_ref(), origin.to_owned()));
    let origin = origin.to_owned();
    let plain = || Value::new(Some(&origin), text);
    match (default.map(|value| &value.kind), parsed) {
        (Some(ValueKind::Array(_)), Some(list)) if matches!(list.kind, ValueKind::Array(_)) => list,
        (Some(ValueKind::Array(_)), _) => Value::new(Some(&origin), vec![plain()]),
        (Some(ValueKind::String(_)), Some(value)) if !matches!(value.kind, ValueKind::String(_)) => plain(),
        // The value of a header, or of an unknown key.
        (None, Some(value)) if is_scalar(&value) => plain(),
        (_, Some(value)) => value,
        (_, None) => plain(),
    }
}

/// Returns true for numbers, booleans and dates: a text may look like one by chance.
fn is_scalar(value: &Value) -> bool {
    !matches!(value.kind, ValueKind::String(_) | ValueKind::Array(_) | ValueKind::Table(_))
}

/// Turns TOML into a tree whose values know their line.
struct Lines<'a> {
    origin: &'a str,
    /// The text of a file; `None` for flags and variables, which have no lines.
    text: Option<&'a str>,
}

impl Lines<'_> {
    fn at(&self, offset: usize) -> String {
        let Some(text) = self.text else {
            return self.origin.to_owned();
        };
        let before = text.as_bytes().get(..offset).unwrap_or_default();
        format!("{}:{}", self.origin, memchr::memchr_iter(b'\n', before).count() + 1)
    }

    /// Returns the start of the line at `offset`, as written.
    fn quote(&self, offset: usize) -> String {
        let text = self.text.unwrap_or_default();
        let before = text.as_bytes().get(..offset).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        line.trim().chars().take(60).collect()
    }

    fn table(&self, table: &DeTable<'_>, origin: &str) -> Value {
        let entries = table.iter().map(|(key, value)| {
            let name = key.get_ref().clone().into_owned();
            (name, self.value(value.get_ref(), self.at(key.span().start)))
        });
        Value::new(Some(&origin.to_owned()), ValueKind::Table(entries.collect()))
    }

    fn value(&self, value: &DeValue<'_>, origin: String) -> Value {
        let kind = match value {
            DeValue::String(text) => ValueKind::String(text.clone().into_owned()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => ValueKind::I64(number),
                // As text it is refused with a message that contains its digits.
                Err(_) => ValueKind::String(number.as_str().to_owned()),
            },
            DeValue::Float(number) => ValueKind::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(value) => ValueKind::Boolean(*value),
            DeValue::Datetime(date) => ValueKind::String(date.to_string()),
            DeValue::Array(list) => {
                let element = |value: &Spanned<DeValue<'_>>| self.value(value.get_ref(), self.at(value.span().start));
                ValueKind::Array(list.iter().map(element).collect())
            }
            DeValue::Table(table) => return self.table(table, &origin),
        };
        Value::new(Some(&origin), kind)
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, MergeError> {
        self.tree.clone().into_table()
    }
}
