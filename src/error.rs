//! What can go wrong outside the network: configuration, files, the store. (What the network does is an
//! [`Outcome`](crate::outcome::Outcome).)

use std::{io, path::PathBuf, sync::Arc};

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error that ends a crawl, or keeps it from starting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Mistakes in the configuration, all of them.
    #[error("{}", list(.0))]
    Config(Vec<ConfigError>),
    /// A file that cannot be read or written.
    #[error("{path}: {error}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// An exporter that cannot go on, in its own words.
    #[error("exporter `{exporter}`: {message}")]
    Exporter {
        /// The exporter's name.
        exporter: String,
        /// What is wrong and the way out.
        message: String,
    },
    /// The store cannot go on.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// The pipeline died more often than `crawler` rebuilds it; the last cause.
    #[error("the pipeline died too often; the last time: {0}")]
    Pipeline(String),
    /// The operating system refused something the crawl cannot do without.
    #[error("{what}: {error}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
}

/// One mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, environment variable or flag at fault.
    pub origin: String,
    /// The key, with dots; empty when the whole source is at fault.
    pub key: String,
    /// What is wrong, and the nearest valid name or value where there is one.
    pub message: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { origin, key, message } = self;
        if key.is_empty() {
            write!(formatter, "{origin}: {message}")
        } else {
            write!(formatter, "{origin}: {key}: {message}")
        }
    }
}

impl Error {
    /// A single mistake in the configuration.
    #[must_use]
    pub fn config(origin: impl Into<String>, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Config(vec![ConfigError { origin: origin.into(), key: key.into(), message: message.into() }])
    }
}

fn list(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Why a store does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Out of reach: lease no more, ask again.
    #[error("out of reach: {0}")]
    Unavailable(Arc<str>),
    /// No room: pause, reopen, go on.
    #[error("disk full: {0}")]
    DiskFull(Arc<str>),
    /// What was written is not what is read: stop and say what is lost.
    #[error("damaged: {0}")]
    Damaged(Arc<str>),
    /// Not ours to use: locked, foreign, of another format, or of a crawl with other outputs.
    #[error("state directory refused: {0}")]
    Refused(Arc<str>),
}
