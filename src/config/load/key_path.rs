//! Places in a tree of configuration.

use std::fmt;

use ::config::{Map, Value, ValueKind};

/// One step from a table or list to what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A key of a table.
    Key(String),
    /// A place in a list.
    Index(usize),
}

/// The place of a value: the steps from the root.
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

/// What stands at a place.
pub(crate) fn find<'a>(tree: &'a Value, place: &KeyPath) -> Option<&'a Value> {
    place.0.iter().try_fold(tree, |value, step| match (step, &value.kind) {
        (Step::Key(key), ValueKind::Table(table)) => table.get(key),
        (Step::Index(index), ValueKind::Array(list)) => list.get(*index),
        _ => None,
    })
}

/// Takes out what stands at a place; in a list, what follows keeps its index. Says whether anything did.
pub(crate) fn take_out(tree: &mut Value, place: &KeyPath) -> bool {
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
