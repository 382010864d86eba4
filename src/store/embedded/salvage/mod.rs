//! Opens what is left of a damaged state directory.
//!
//! | file | contents |
//! |---|---|
//! | `open` | copies the database, has it repaired, and opens the copy |
//! | `repair` | repairs a database, so that fjall opens it and deletes nothing that is readable |
//! | `commits` | the commits in a repaired database |

mod commits;
mod open;
mod repair;

pub(crate) use open::open_damaged_directory;
