//! Mistakes in the words of whoever wrote the configuration: where it stands, and what was probably meant.

use ::config::{Value, ValueKind};

use super::{
    de::{Fault, Mistake, Place, Step, find, quoted},
    nearest::nearest,
};
use crate::error::ConfigError;

/// A mistake as the user is told.
pub(super) fn told(mistake: &Mistake, tree: &Value, defaults: &Value) -> ConfigError {
    let place = mistake.place.clone().unwrap_or_default();
    let words = match &mistake.fault {
        Fault::UnknownKey(keys) => unknown_key(&place, keys, defaults),
        Fault::UnknownValue(value, values) => match nearest(value, values.iter().copied()) {
            Some(name) => format!("\"{value}\" is unknown, did you mean \"{name}\"? (one of {})", quoted(values)),
            None => format!("\"{value}\" is unknown: one of {}", quoted(values)),
        },
        Fault::Missing(_) | Fault::Words(_) => mistake.to_string(),
    };
    let origin = find(tree, &place).and_then(Value::origin).unwrap_or_default().to_owned();
    ConfigError { origin, key: place.to_string(), words }
}

fn unknown_key(place: &Place, keys: &[&str], defaults: &Value) -> String {
    let Some((Step::Key(word), way)) = place.0.split_last() else {
        return "unknown key".to_owned();
    };
    if let Some(name) = nearest(word, keys.iter().copied()) {
        return format!("unknown key, did you mean `{}`?", Place(way.to_vec()).key(name));
    }
    let elsewhere = all_keys(defaults).into_iter().find(|key| key.rsplit('.').next() == Some(word));
    match elsewhere {
        Some(key) => format!("unknown key, did you mean `{key}`?"),
        None => format!("unknown key: the keys here are {}", keys.join(", ")),
    }
}

/// Every key of a tree that holds a value, with dots.
pub(super) fn all_keys(tree: &Value) -> Vec<String> {
    fn walk(value: &Value, place: &Place, keys: &mut Vec<String>) {
        match &value.kind {
            ValueKind::Table(table) => table.iter().for_each(|(key, value)| walk(value, &place.key(key), keys)),
            _ => keys.push(place.to_string()),
        }
    }
    let mut keys = Vec::new();
    walk(tree, &Place::default(), &mut keys);
    keys
}

/// The origin of the value at `key`, or of the table or list around it.
pub(super) fn origin_of<'a>(tree: &'a Value, key: &str) -> Option<&'a str> {
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

/// Fills in where the value at fault comes from.
pub(super) fn located(mut error: ConfigError, merged: &Value) -> ConfigError {
    if let Some(origin) = origin_of(merged, &error.key) {
        error.origin = origin.to_owned();
    }
    error
}
