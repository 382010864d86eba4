//! Stops a crawl from elsewhere.

use crate::messages::control::Control;

/// Stops a crawl; can be cloned and sent to other threads.
///
/// The first call waits for what is in flight, up to `scheduler.drain`. The second call ends the crawl at once. Both leave
/// a consistent state.
#[derive(Clone, Debug)]
pub struct Stopper(Control);

impl Stopper {
    /// Creates a stopper for the crawl of `control`.
    pub(super) fn new(control: Control) -> Self {
        Self(control)
    }

    /// Stops the crawl.
    pub fn stop(&self) {
        self.0.stop();
    }
}
