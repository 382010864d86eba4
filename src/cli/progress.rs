//! The progress bar.

use std::io::{self, Write};

use indicatif::{FormattedDuration, HumanCount, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use lycosa::Snapshot;

const TEMPLATE: &str = "{bar:30} {msg}";

/// The progress bar, shown or hidden. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct ProgressDisplay {
    screen: MultiProgress,
    bar: ProgressBar,
}

impl ProgressDisplay {
    /// A bar on standard error.
    pub(crate) fn shown() -> Self {
        Self::on(ProgressDrawTarget::stderr())
    }

    /// A hidden bar.
    pub(crate) fn hidden() -> Self {
        Self::on(ProgressDrawTarget::hidden())
    }

    fn on(target: ProgressDrawTarget) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = screen.add(ProgressBar::new(0).with_style(style));
        Self { screen, bar }
    }

    /// Draws the progress: pages done out of all known URLs.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no 53 bits")]
    pub(crate) fn show(&self, now: &Snapshot) {
        let (queued, in_flight) = (now.balance.queued, now.balance.leased);
        self.bar.set_length(now.pages + queued + in_flight);
        self.bar.set_position(now.pages);
        self.bar.set_message(format!(
            "{} pages ({:.0}/min), {} records, {} queued, {} in flight, {}",
            HumanCount(now.pages),
            now.pages as f64 / now.elapsed.as_secs_f64().max(0.001) * 60.0,
            HumanCount(now.records),
            HumanCount(queued),
            HumanCount(in_flight),
            FormattedDuration(now.elapsed),
        ));
    }

    /// Returns standard error for log lines, which are written above the bar if it is shown.
    pub(crate) fn stderr(&self) -> Box<dyn Write + Send> {
        // Not with a hidden bar: a reader that does not read the log would keep the bar from being finished.
        if self.bar.is_hidden() { Box::new(io::stderr()) } else { Box::new(StderrAboveBar(self.screen.clone())) }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Standard error; hides the progress bar while writing.
struct StderrAboveBar(MultiProgress);

impl Write for StderrAboveBar {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
