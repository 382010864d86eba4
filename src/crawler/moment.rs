//! Points in time for people.

use std::time::{Duration, UNIX_EPOCH};

use crate::base::time::Wall;

/// Formats a time as an HTTP date.
pub(crate) fn moment(at: Wall) -> String {
    // HTTP dates end with the year 9999.
    let latest = Wall(253_402_300_799_000);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(at.min(latest).0))
}
