//! Selectors, parsed once per thread.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use log::warn;
use scraper::Selector;

/// Selectors kept per thread; when there are more, all are parsed anew.
const MAX_KEPT: usize = 512;

thread_local! {
    static KEPT: RefCell<HashMap<String, Result<Rc<Selector>, BadSelector>>> = RefCell::default();
}

/// A text that is no CSS selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{css}` is no selector: {message}")]
pub struct BadSelector {
    css: String,
    message: String,
}

/// The selector `css` is.
///
/// # Errors
/// When it is none.
pub(crate) fn parsed(css: &str) -> Result<Rc<Selector>, BadSelector> {
    look_up(css, |_| {})
}

/// The selector `css` is; none, and a line in the log the first time, when it is none.
pub(crate) fn lenient(css: &str) -> Option<Rc<Selector>> {
    look_up(css, |error| warn!(error:%; "bad selector, matches nothing")).ok()
}

fn look_up(css: &str, on_first_failure: impl FnOnce(&BadSelector)) -> Result<Rc<Selector>, BadSelector> {
    if let Some(kept) = KEPT.with_borrow(|kept| kept.get(css).cloned()) {
        return kept;
    }
    let result = match Selector::parse(css) {
        Ok(selector) => Ok(Rc::new(selector)),
        Err(error) => Err(BadSelector { css: css.to_owned(), message: error.to_string() }),
    };
    if let Err(error) = &result {
        on_first_failure(error);
    }
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(css.to_owned(), result.clone());
    });
    result
}
