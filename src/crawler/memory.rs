//! Watches the memory of the process.

use std::time::Duration;

use actix_rt::time::sleep;
use log::{error, warn};

use crate::{messages::control::Control, report::Finish, runtime::memory, scheduler::MemoryLimit};

/// Time between two checks. Reading the figure takes some microseconds.
const INTERVAL: Duration = Duration::from_millis(250);

/// Ends the crawl when the process has as much memory as `limits.memory` allows.
pub(super) async fn watch(limit: MemoryLimit, control: Control) {
    let Some(limit) = limit.resolve(memory::available()) else { return };
    let mut has_warned = false;
    loop {
        let resident = memory::resident();
        let (rss_mib, limit_mib) = (resident >> 20, limit >> 20);
        if resident >= limit {
            error!(rss_mib, limit_mib;
                "memory limit reached (limits.memory); stopping; raise it, or keep the state on disk with --state DIR");
            return control.drain(Finish::Memory);
        }
        if resident >= limit / 5 * 4 && !has_warned {
            has_warned = true;
            warn!(rss_mib, limit_mib; "80 % of the memory limit in use (limits.memory); at the limit the crawl stops");
        }
        sleep(INTERVAL).await;
    }
}
