//! Finds all errors of a configuration, with file, line, key, and a suggestion.

use ::config::{Map, Value, ValueKind};

use super::{
    de::read,
    error::{Diagnostic, ErrorKind, quoted},
    key_path::{KeyPath, Step, find, take_out},
    layer::Layer,
};
use crate::{
    base::{suggest::suggest, tagged::TAG},
    config::Config,
    error::ConfigError,
};

/// Maximum number of errors reported per layer. Further ones show up after these are repaired.
const MAX_ERRORS: usize = 100;

/// Removes every invalid value from a layer. Returns the errors in the order of their lines.
///
/// Each error is noted and its value dropped, until the rest can be deserialized.
pub(crate) fn clean(layer: &mut Layer, defaults: &Value) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let mut dropped: Vec<KeyPath> = Vec::new();
    while let Err(diagnostic) = read::<Config>(&layer.tree) {
        let path = diagnostic.key.clone().unwrap_or_default();
        // A key that is missing only because its value was dropped is reported already.
        let is_reported = matches!(diagnostic.kind, ErrorKind::Missing(key) if dropped.contains(&path.key(key)));
        if !is_reported {
            let mut error = to_config_error(&diagnostic, &layer.tree, defaults);
            if error.origin.is_empty() {
                error.origin.clone_from(&layer.origin);
            }
            errors.push(error);
        }
        if !take_out(&mut layer.tree, &path) || errors.len() >= MAX_ERRORS {
            layer.tree.kind = ValueKind::Table(Map::new());
        }
        dropped.push(path);
    }
    errors.sort_by_key(|error| line(&error.origin));
    errors
}

/// Returns the line number at the end of an origin; 0 without one.
fn line(origin: &str) -> usize {
    origin.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or_default()
}

/// Converts a diagnostic to the error that users see.
pub(crate) fn to_config_error(diagnostic: &Diagnostic, tree: &Value, defaults: &Value) -> ConfigError {
    let path = diagnostic.key.clone().unwrap_or_default();
    let message = match &diagnostic.kind {
        ErrorKind::UnknownKey(keys) => unknown_key(&path, keys, tree, defaults),
        ErrorKind::UnknownValue(value, values) => match suggest(value, values.iter().copied()) {
            Some(name) => format!("\"{value}\" is unknown, did you mean \"{name}\"? (one of {})", quoted(values)),
            None => format!("\"{value}\" is unknown: one of {}", quoted(values)),
        },
        ErrorKind::Missing(_) | ErrorKind::Message(_) => diagnostic.to_string(),
    };
    let origin = find(tree, &path).and_then(Value::origin).unwrap_or_default().to_owned();
    ConfigError { origin, key: path.to_string(), message }
}

fn unknown_key(path: &KeyPath, keys: &[&str], tree: &Value, defaults: &Value) -> String {
    let Some((Step::Key(word), parents)) = path.0.split_last() else {
        return "unknown key".to_owned();
    };
    let parent = KeyPath(parents.to_vec());
    if let Some(name) = suggest(word, keys.iter().copied()) {
        return format!("unknown key, did you mean `{}`?", parent.key(name));
    }
    // In a list of tables, such as `[[sink]]`, `type` determines the keys.
    if let (Some(Step::Index(_)), Some(ValueKind::String(tag))) =
        (parents.last(), find(tree, &parent.key(TAG)).map(|value| &value.kind))
    {
        return format!("unknown key for type = \"{tag}\", expected one of {}", keys.join(", "));
    }
    let elsewhere = all_keys(defaults).into_iter().find(|key| key.rsplit('.').next() == Some(word));
    match elsewhere {
        Some(key) => format!("unknown key, did you mean `{key}`?"),
        None => format!("unknown key, expected one of {}", keys.join(", ")),
    }
}

/// Returns the dotted keys of all values of a tree.
pub(crate) fn all_keys(tree: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &KeyPath, keys: &mut Vec<String>) {
        match &value.kind {
            ValueKind::Table(table) => table.iter().for_each(|(key, value)| walk(value, &path.key(key), keys)),
            _ => keys.push(path.to_string()),
        }
    }
    let mut keys = Vec::new();
    walk(tree, &KeyPath::default(), &mut keys);
    keys
}

/// Returns the origin of the value at `key`, or of the table or list that contains it.
pub(crate) fn origin_of<'a>(tree: &'a Value, key: &str) -> Option<&'a str> {
    let mut value = tree;
    let mut origin = None;
    for step in key.split(['.', '[']) {
        let next = match &value.kind {
            ValueKind::Table(table) => table.get(step),
            ValueKind::Array(list) => step.trim_end_matches(']').parse().ok().and_then(|at: usize| list.get(at)),
            _ => None,
        };
        let Some(next) = next else {
            break;
        };
        origin = next.origin().or(origin);
        value = next;
    }
    origin
}

/// Sets the origin of an error from the value at its key.
pub(crate) fn with_origin(mut error: ConfigError, merged: &Value) -> ConfigError {
    if let Some(origin) = origin_of(merged, &error.key) {
        error.origin = origin.to_owned();
    }
    error
}
