//! `[[sink]]`

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Exporter, ExporterSlot, Jsonl, exporters::stdout::Stdout};
use crate::{error::ConfigError, messages::control::Control, report::Finish, store::SinkId};

/// One `[[sink]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The exporter.
    #[serde(rename = "type")]
    pub kind: SinkKind,
    /// The file it writes.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// Only records of requests with this label.
    #[serde(default)]
    pub label: Option<String>,
    /// What becomes of a file that is there already.
    #[serde(default)]
    pub mode: Mode,
}

/// `sink.type`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SinkKind {
    /// One JSON value a line, appended to a file.
    Jsonl,
    /// The same on standard output.
    Stdout,
}

/// `sink.mode`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Its content stays.
    #[default]
    Append,
    /// It is emptied, but not when a crawl goes on where it stopped.
    Replace,
}

impl Config {
    /// Returns the directory that the sink writes to.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        let parent = self.path.as_ref()?.parent()?;
        Some(if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() })
    }

    /// The sink that a flag `-o FILE` (or `-O FILE`, with [`Mode::Replace`]) asks for: its kind by the extension, `-` is
    /// standard output.
    ///
    /// # Errors
    /// When the extension says nothing.
    pub(crate) fn from_flag(flag: &str, file: &str, mode: Mode) -> Result<Self, ConfigError> {
        if file == "-" {
            return Ok(Self { kind: SinkKind::Stdout, path: None, label: None, mode: Mode::Append });
        }
        let path = PathBuf::from(file);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl" | "ndjson") => Ok(Self { kind: SinkKind::Jsonl, path: Some(path), label: None, mode }),
            Some(_) | None => Err(ConfigError {
                origin: flag.to_owned(),
                key: String::new(),
                message: format!(
                    "`{file}` names no known format: write NAME.jsonl, NAME.ndjson, or - for standard output"
                ),
            }),
        }
    }
}

/// Builds the exporters of all `[[sink]]`, numbered in their order. Standard output ends the crawl when it is closed.
///
/// # Errors
/// All mistakes.
pub(crate) fn build(configs: &[Config], control: &Control) -> Result<Vec<ExporterSlot>, Vec<ConfigError>> {
    let mut outlets = Vec::with_capacity(configs.len());
    let mut errors = Vec::new();
    let mut paths = HashSet::new();
    for (id, config) in (0..=SinkId::MAX).zip(configs) {
        match exporter(config, control, &mut paths) {
            Ok((name, exporter)) => outlets.push(ExporterSlot { id, name, label: config.label.clone(), exporter }),
            Err(message) => {
                let key = format!("sink[{id}].path");
                errors.push(ConfigError { origin: "config".to_owned(), key, message });
            }
        }
    }
    if errors.is_empty() { Ok(outlets) } else { Err(errors) }
}

/// The exporter of one `[[sink]]` and its name, or what is wrong with its path.
fn exporter(
    config: &Config,
    control: &Control,
    paths: &mut HashSet<PathBuf>,
) -> Result<(String, Box<dyn Exporter>), String> {
    match (config.kind, &config.path) {
        (SinkKind::Stdout, None) => {
            let control = control.clone();
            Ok(("stdout".to_owned(), Box::new(Stdout::new(move || control.drain(Finish::ClosedOutput)))))
        }
        (SinkKind::Stdout, Some(_)) => {
            Err("standard output has none: leave it out, or write type = \"jsonl\"".to_owned())
        }
        (SinkKind::Jsonl, None) => Err("the file to write is missing".to_owned()),
        (SinkKind::Jsonl, Some(path)) if !paths.insert(real(path)) => {
            Err(format!("`{}` is written by another sink already", path.display()))
        }
        (SinkKind::Jsonl, Some(path)) => {
            let jsonl = match config.mode {
                Mode::Append => Jsonl::new(path),
                Mode::Replace => Jsonl::replacing(path),
            };
            Ok((path.display().to_string(), Box::new(jsonl)))
        }
    }
}

/// The path by which files are compared: links resolved as far as the file exists.
fn real(path: &Path) -> PathBuf {
    let resolved = fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    resolved.unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_name_their_kind() {
        let flag = |file| Config::from_flag("-o", file, Mode::Replace);
        assert_eq!(flag("-").unwrap().kind, SinkKind::Stdout);
        assert_eq!(flag("a/b.ndjson").unwrap().path, Some("a/b.ndjson".into()));
        for file in ["a.json", "a", ".jsonl", ""] {
            assert!(flag(file).unwrap_err().message.contains(".jsonl"), "{file}");
        }
    }

    #[test]
    fn every_mistake_is_named() {
        let file = |path: &str| Config::from_flag("-o", path, Mode::Append).unwrap();
        let stdout = file("-");
        let build = |configs: &[Config]| build(configs, &Control::default());
        let outlets = build(&[file("a.jsonl"), stdout.clone(), file("b.jsonl")]).unwrap();
        assert_eq!(outlets.iter().map(|outlet| outlet.id).collect::<Vec<_>>(), [0, 1, 2]);
        let pathless = Config { path: None, ..file("a.jsonl") };
        let errors =
            build(&[file("a.jsonl"), pathless, Config { path: Some("x".into()), ..stdout }, file("./a.jsonl")]);
        let keys: Vec<_> = errors.unwrap_err().into_iter().map(|error| error.key).collect();
        assert_eq!(keys, ["sink[1].path", "sink[2].path", "sink[3].path"]);
    }
}
