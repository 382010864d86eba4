//! `lycosa state`: what is in a state directory, and whether it is sound.

use std::{
    io::{BufWriter, Write as _, stdout},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use lycosa::{Result, state};

use super::exit::{Exit, fail};

/// What to do with a state directory.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Tell what is in it.
    Ls { dir: PathBuf },
    /// Print all of it as JSON, one line each: queued and ended URLs, and hosts.
    Export { dir: PathBuf },
    /// Read all of it and tell whether it is sound; else exit with 5.
    Check { dir: PathBuf },
    /// Copy what can be read of a damaged one into a new directory [default: DIR.salvaged].
    Salvage { dir: PathBuf, new: Option<PathBuf> },
}

/// Does it.
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
    let mut beside = dir.as_os_str().to_owned();
    beside.push(".salvaged");
    let new = new.unwrap_or(Path::new(&beside));
    let saved = state::salvage(dir, new)?;
    println!("{saved}\n`{}` has it: lycosa crawl --state {} goes on with it", new.display(), new.display());
    Ok(())
}
