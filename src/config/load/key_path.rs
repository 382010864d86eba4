//! Paths to values in a tree of configuration.

use std::fmt;

use ::config::{Map, Value, ValueKind};

/// One step from a table or list to a value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A key of a table.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// Path from the root to a value. Displayed as `crawl.request[0].url`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyPath(pub(crate) Vec<Step>);

impl KeyPath {
    pub(crate) fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }
}

impl fmt::Display for KeyPath {
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

/// Returns the value at a path.
pub(crate) fn find<'a>(tree: &'a Value, path: &KeyPath) -> Option<&'a Value> {
    path.0.iter().try_fold(tree, |value, step| match (step, &value.kind) {
        (Step::Key(key), ValueKind::Table(table)) => table.get(key),
        (Step::Index(index), ValueKind::Array(list)) => list.get(*index),
        _ => None,
    })
}

/// Removes the value at a path. In a list the following elements keep their index. Returns true if there was a value.
pub(crate) fn take_out(tree: &mut Value, path: &KeyPath) -> bool {
    let Some((last, parents)) = path.0.split_last() else {
        return false;
    };
    let parent = parents.iter().try_fold(tree, |value, step| match (step, &mut value.kind) {
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
