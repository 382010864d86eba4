//! `lycosa state`: inspects, checks, exports and salvages state directories.

use std::{
    io::{BufWriter, Write as _, stdout},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use lycosa::{Result, state};

use super::exit::{Exit, fail};

/// Commands for state directories.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Summarise a state directory.
    Ls { dir: PathBuf },
    /// Print queued and ended URLs and hosts as JSON, one per line.
    Export { dir: PathBuf },
    /// Read everything and check it; exits with 5 if it is damaged.
    Check { dir: PathBuf },
    /// Copy what is readable of a damaged state directory to a new one [default: DIR.salvaged].
    Salvage { dir: PathBuf, new: Option<PathBuf> },
}

/// Runs a command.
pub(crate) fn state(command: &StateCommand) -> Exit {
    let result = match command {
        StateCommand::Ls { dir } => state::summary(dir).map(|summary| println!("{summary}")),
        StateCommand::Export { dir } => export(dir),
        StateCommand::Check { dir } => match state::check(dir) {
            Ok(faults) if !faults.is_empty() => {
                faults.iter().for_each(|fault| eprintln!("lycosa: {fault}"));
                return Exit::State;
            }
            other => other.map(|_| println!("`{}` is sound", dir.display())),
        },
        StateCommand::Salvage { dir, new } => salvage(dir, new.as_deref()),
    };
    match result {
        Ok(()) => Exit::Finished,
        Err(error) => fail(&error),
    }
}

fn export(dir: &Path) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    state::export(dir, &mut out)?;
    out.flush().map_err(|error| lycosa::Error::System { what: "cannot write the export", error })
}

fn salvage(dir: &Path, new: Option<&Path>) -> Result<()> {
    // A final slash is not part of the name.
    let mut default = dir.components().as_path().as_os_str().to_owned();
    default.push(".salvaged");
    let new = new.unwrap_or(Path::new(&default));
    let saved = state::salvage(dir, new)?;
    println!("{saved}\nsaved to `{}`; resume with `lycosa crawl --state {}`", new.display(), new.display());
    Ok(())
}
