//! Finds all mistakes, and tells them in the words of whoever wrote the configuration: where it stands, and what was probably meant.

use ::config::{Value, ValueKind};

use super::{
    de::read,
    error::{Diagnostic, ErrorKind, quoted},
    key_path::{KeyPath, Step, find, take_out},
    layer::Layer,
};
use crate::{base::suggest::suggest, config::Config, error::ConfigError};

/// Mistakes told of one layer, at most; what is behind them shows when they are gone.
const MAX_MISTAKES: usize = 100;

/// Takes everything that is wrong out of a layer, and tells it in the order of the lines: each mistake is noted and its
/// value dropped, until what is left can be read.
pub(crate) fn clean(layer: &mut Layer, defaults: &Value) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let mut dropped: Vec<KeyPath> = Vec::new();
    while let Err(mistake) = read::<Config>(&layer.tree) {
        let place = mistake.place.clone().unwrap_or_default();
        // What is missing only because its value was wrong has been told.
        let is_told = matches!(mistake.fault, ErrorKind::Missing(key) if dropped.contains(&place.key(key)));
        if !is_told {
            let mut error = told(&mistake, &layer.tree, defaults);
            if error.origin.is_empty() {
                error.origin.clone_from(&layer.origin);
            }
            errors.push(error);
        }
        if !take_out(&mut layer.tree, &place) || errors.len() >= MAX_MISTAKES {
            layer.tree.kind = ValueKind::Table(Default::default());
        }
        dropped.push(place);
    }
    errors.sort_by_key(|error| line(&error.origin));
    errors
}

/// The line at the end of an origin; 0 where there is none.
fn line(origin: &str) -> usize {
    origin.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or_default()
}

/// A mistake as the user is told.
pub(crate) fn told(mistake: &Diagnostic, tree: &Value, defaults: &Value) -> ConfigError {
    let place = mistake.place.clone().unwrap_or_default();
    let message = match &mistake.fault {
        ErrorKind::UnknownKey(keys) => unknown_key(&place, keys, defaults),
        ErrorKind::UnknownValue(value, values) => match suggest(value, values.iter().copied()) {
            Some(name) => format!("\"{value}\" is unknown, did you mean \"{name}\"? (one of {})", quoted(values)),
            None => format!("\"{value}\" is unknown: one of {}", quoted(values)),
        },
        ErrorKind::Missing(_) | ErrorKind::Words(_) => mistake.to_string(),
    };
    let origin = find(tree, &place).and_then(Value::origin).unwrap_or_default().to_owned();
    ConfigError { origin, key: place.to_string(), message }
}

fn unknown_key(place: &KeyPath, keys: &[&str], defaults: &Value) -> String {
    let Some((Step::Key(word), way)) = place.0.split_last() else {
        return "unknown key".to_owned();
    };
    if let Some(name) = suggest(word, keys.iter().copied()) {
        return format!("unknown key, did you mean `{}`?", KeyPath(way.to_vec()).key(name));
    }
    let elsewhere = all_keys(defaults).into_iter().find(|key| key.rsplit('.').next() == Some(word));
    match elsewhere {
        Some(key) => format!("unknown key, did you mean `{key}`?"),
        None => format!("unknown key: the keys here are {}", keys.join(", ")),
    }
}

/// Every key of a tree that holds a value, with dots.
pub(crate) fn all_keys(tree: &Value) -> Vec<String> {
    fn walk(value: &Value, place: &KeyPath, keys: &mut Vec<String>) {
        match &value.kind {
            ValueKind::Table(table) => table.iter().for_each(|(key, value)| walk(value, &place.key(key), keys)),
            _ => keys.push(place.to_string()),
        }
    }
    let mut keys = Vec::new();
    walk(tree, &KeyPath::default(), &mut keys);
    keys
}

/// The origin of the value at `key`, or of the table or list around it.
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

/// Fills in where the value at fault comes from.
pub(crate) fn located(mut error: ConfigError, merged: &Value) -> ConfigError {
    if let Some(origin) = origin_of(merged, &error.key) {
        error.origin = origin.to_owned();
    }
    error
}
