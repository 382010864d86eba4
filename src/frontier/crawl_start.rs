//! Whether a crawl is new.

/// How a crawl starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CrawlStart {
    /// With an empty store.
    New,
    /// With what an earlier process, or an earlier pipeline of this process, has committed.
    Resumed,
}
