//! Errors outside the network: configuration, files, the store.
//!
//! What goes wrong on the network is an [`Outcome`](crate::outcome::Outcome), never an error.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error that ends a crawl, or prevents it from starting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// All errors in the configuration.
    #[error("{}", list(.0))]
    Config(Vec<ConfigError>),
    /// A file cannot be read or written.
    #[error("{path}: {error}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// An exporter cannot continue.
    #[error("exporter `{exporter}`: {message}")]
    Exporter {
        /// Name of the exporter.
        exporter: String,
        /// What is wrong, and the way out.
        message: String,
    },
    /// The store cannot continue.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// The pipeline failed more often than it is rebuilt; holds the last cause.
    #[error("pipeline failed too often; last cause: {0}")]
    Pipeline(String),
    /// The operating system refused something that the crawl needs.
    #[error("{what}: {error}")]
    System {
        /// What failed.
        what: &'static str,
        /// Error of the operating system.
        error: io::Error,
    },
}

/// One error in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// File, environment variable or flag that contains the error.
    pub origin: String,
    /// The key, with dots; empty if the error concerns the whole source.
    pub key: String,
    /// What is wrong, with the nearest valid name or value if there is one.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, key, message } = self;
        if key.is_empty() {
            write!(formatter, "{origin}: {message}")
        } else {
            write!(formatter, "{origin}: {key}: {message}")
        }
    }
}

impl Error {
    /// Creates an [`Error::Config`] with a single error.
    #[must_use]
    pub fn config(origin: impl Into<String>, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Config(vec![ConfigError { origin: origin.into(), key: key.into(), message: message.into() }])
    }

    /// Adds to damage of a state directory what can be done about it.
    pub(crate) fn with_way_out(self, directory: &Path) -> Self {
        match self {
            Self::Store(error) => Self::Store(error.with_way_out(directory)),
            Self::Config(_) | Self::File { .. } | Self::Exporter { .. } | Self::Pipeline(_) | Self::System { .. } => {
                self
            }
        }
    }
}

fn list(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What can be done about a damaged state directory.
const WAY_OUT: &str = "lycosa state salvage";

/// Failure of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store does not respond: issue no lease, and retry.
    #[error("unavailable: {0}")]
    Unavailable(Arc<str>),
    /// No space left: pause, reopen, and retry.
    #[error("disk full: {0}")]
    DiskFull(Arc<str>),
    /// Stored data is corrupt or missing: stop, and name what is lost.
    #[error("damaged: {0}")]
    Damaged(Arc<str>),
    /// The state is locked, foreign, of another format, or of a crawl with other outputs.
    #[error("cannot use state directory: {0}")]
    Refused(Arc<str>),
}

impl StoreError {
    /// Creates [`StoreError::Damaged`].
    pub(crate) fn damaged(message: impl Into<Arc<str>>) -> Self {
        Self::Damaged(message.into())
    }

    /// Creates [`StoreError::Damaged`] for something that can be read and is not what was written.
    pub(crate) fn corrupt(what: impl fmt::Display) -> Self {
        Self::damaged(format!("{what} is corrupt"))
    }

    /// Creates [`StoreError::Damaged`] for a file that is not what was written.
    pub(crate) fn corrupt_file(path: &Path) -> Self {
        Self::corrupt(format_args!("`{}`", path.display()))
    }

    /// Creates [`StoreError::Refused`].
    pub(crate) fn refused(message: impl Into<Arc<str>>) -> Self {
        Self::Refused(message.into())
    }

    /// Classifies an error of the file system at `path`.
    pub(crate) fn from_file(path: &Path, error: &io::Error) -> Self {
        Self::from_kind(error.kind(), format!("`{}`: {error}", path.display()))
    }

    /// Classifies an error of the file system without a known path.
    pub(crate) fn from_io(error: &io::Error) -> Self {
        Self::from_kind(error.kind(), error.to_string())
    }

    fn from_kind(kind: io::ErrorKind, message: String) -> Self {
        use io::ErrorKind as Kind;
        match kind {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Self::DiskFull(message.into()),
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Self::refused(message),
            Kind::NotFound
            | Kind::UnexpectedEof
            | Kind::InvalidData
            | Kind::InvalidInput
            | Kind::IsADirectory
            | Kind::NotADirectory
            | Kind::AlreadyExists => Self::damaged(message),
            // Other errors (EIO, a stale handle) may be temporary.
            _ => Self::Unavailable(message.into()),
        }
    }

    /// Adds to damage of a state directory what can be done about it.
    pub(crate) fn with_way_out(self, directory: &Path) -> Self {
        match self {
            // Only the innermost place that knows the directory adds it.
            Self::Damaged(message) if !message.contains(WAY_OUT) => {
                let path = directory.display();
                Self::damaged(format!("{message}; restore `{path}` from a backup, or run `{WAY_OUT} {path}`"))
            }
            Self::Damaged(_) | Self::Unavailable(_) | Self::DiskFull(_) | Self::Refused(_) => self,
        }
    }
}
