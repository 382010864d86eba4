//! Named threads.

use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// Starts a thread whose name shows up in panics, debuggers and `top -H`.
///
/// # Errors
/// If the system has no thread left.
pub(crate) fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>> {
    let spawned = Builder::new().name(name.to_owned()).spawn(body);
    spawned.map_err(|error| Error::System { what: "starting a thread", error })
}

/// Runs work that may block on a thread of its own.
///
/// Unlike the threads of a runtime, this thread may also run blocking clients, which panic inside a runtime.
///
/// # Errors
/// The error of the work, or an error if the thread cannot be started or panics.
pub(crate) async fn blocking<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (sender, result) = oneshot::channel();
    let body = move || {
        // If the future was dropped, the result has no receiver.
        sender.send(work()).ok();
    };
    spawn(name, body)?;
    result.await.map_err(|_| Error::Pipeline(format!("thread `{name}` panicked")))?
}
