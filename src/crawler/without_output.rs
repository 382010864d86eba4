//! Records that no output takes.

use log::{LevelFilter, warn};

use crate::{report::Report, sink::ExporterSlot};

/// What happens to records that no output takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WithoutOutput {
    /// They are discarded, with a warning.
    Warn,
    /// They are discarded, because the program wants it so.
    Discard,
}

impl WithoutOutput {
    /// Warns before the first fetch if the crawl has no output at all.
    pub(super) fn check(self, slots: &[ExporterSlot]) {
        if self == Self::Warn && slots.is_empty() {
            tell(
                "no output, so all records are discarded; add Crawler::exporter or a [[sink]], \
                 or call Crawler::discard_records",
            );
        }
    }

    /// Warns after the crawl if records were discarded.
    pub(super) fn check_report(self, report: &Report) {
        let dropped = report.stats.get("item_dropped_count");
        if self == Self::Warn && dropped > 0 {
            tell(&format!("{dropped} records were discarded, because no output takes the records of their pages"));
        }
    }
}

/// Logs a warning. Without a logger it goes to standard error: the program must not miss it.
fn tell(message: &str) {
    if log::max_level() == LevelFilter::Off {
        eprintln!("lycosa: {message}");
    } else {
        warn!("{message}");
    }
}
