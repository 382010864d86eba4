//! CSS selectors, parsed once per thread.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use log::warn;
use scraper::Selector;

/// Maximum number of selectors cached per thread. When it is reached, the cache is emptied.
const MAX_CACHED: usize = 512;

thread_local! {
    static CACHE: RefCell<HashMap<String, Result<Rc<Selector>, BadSelector>>> = RefCell::default();
}

/// Error: a text is not a valid CSS selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{css}` is not a valid selector: {message}")]
pub struct BadSelector {
    css: String,
    message: String,
}

/// Parses a selector.
///
/// # Errors
/// If it is not valid.
pub(crate) fn parsed(css: &str) -> Result<Rc<Selector>, BadSelector> {
    look_up(css, |_| {})
}

/// Parses a selector. If it is not valid, returns `None` and logs the error the first time.
pub(crate) fn lenient(css: &str) -> Option<Rc<Selector>> {
    look_up(css, |error| warn!(error:%; "invalid selector matches nothing")).ok()
}

fn look_up(css: &str, on_first_failure: impl FnOnce(&BadSelector)) -> Result<Rc<Selector>, BadSelector> {
    if let Some(cached) = CACHE.with_borrow(|cache| cache.get(css).cloned()) {
        return cached;
    }
    let result = match Selector::parse(css) {
        Ok(selector) => Ok(Rc::new(selector)),
        Err(error) => Err(BadSelector { css: css.to_owned(), message: error.to_string() }),
    };
    if let Err(error) = &result {
        on_first_failure(error);
    }
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert(css.to_owned(), result.clone());
    });
    result
}
