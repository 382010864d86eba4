//! The state directory: who may use it, which crawl is in it, and the last commit.
//!
//! ```text
//! DIR/lock      held by the process that uses the directory; released when the process dies
//! DIR/anchor    number of the last commit
//! DIR/identity  format and outputs; written last, so if it exists, the other files must exist too
//! DIR/data/     the database
//! ```
//!
//! `DIR/parsing` belongs to the Parsers' crash guard.

mod anchor;
mod build;
mod durable;
mod identity;
mod lock;
mod permissions;
mod state_directory;

pub(crate) use anchor::Anchor;
pub(crate) use build::Build;
pub(crate) use identity::Identity;
pub(crate) use state_directory::StateDirectory;
