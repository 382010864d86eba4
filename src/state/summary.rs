//! A summary of a state directory.

use std::{fmt, path::Path};

use crate::{
    error::Result,
    frontier::{Balance, commit::inspect},
    sink::file_length,
    store::{OnDamage, Table, open_directory},
};

/// Content of a state directory.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Number of the last commit.
    pub commits: u64,
    /// Names of the outputs; for a file, also its committed length in bytes.
    pub outputs: Vec<(String, Option<u64>)>,
    /// URL counters.
    pub balance: Balance,
    /// Number of known hosts.
    pub hosts: u64,
}

/// Summarizes a state directory.
///
/// # Errors
/// If it is not a state directory, in use, or damaged.
pub fn summary(path: &Path) -> Result<Summary> {
    summarize(path).map_err(|error| error.with_way_out(path))
}

fn summarize(path: &Path) -> Result<Summary> {
    let crawl = open_directory(path)?;
    let recovered = crawl.recovered()?;
    let length = |id: usize| {
        let (_, bytes) = recovered.positions.iter().find(|(other, _)| usize::from(*other) == id)?;
        file_length(bytes)
    };
    let outputs = crawl.outputs().iter().enumerate().map(|(id, name)| (name.clone(), length(id))).collect();
    let mut hosts = 0;
    crawl.scan(Table::Hosts, OnDamage::Stop, &mut |_| {
        hosts += 1;
        Ok(())
    })?;
    let (balance, _) = inspect::counters(&recovered.meta)?;
    Ok(Summary { commits: recovered.number, outputs, balance, hosts })
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "commits: {}", self.commits)?;
        for (name, length) in &self.outputs {
            match length {
                Some(length) => writeln!(formatter, "output: {name}, {length} bytes committed")?,
                None => writeln!(formatter, "output: {name}")?,
            }
        }
        writeln!(formatter, "hosts: {}", self.hosts)?;
        write!(formatter, "{}", self.balance)
    }
}
