//! Named threads.

use std::thread::{Builder, JoinHandle};

use crate::error::{Error, Result};

/// Starts a thread whose name shows up in panics, debuggers and `top -H`.
///
/// # Errors
/// When the system has no thread left.
pub(crate) fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>> {
    let spawned = Builder::new().name(name.to_owned()).spawn(body);
    spawned.map_err(|error| Error::System { what: "starting a thread", error })
}
