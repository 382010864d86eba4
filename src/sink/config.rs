//! `[[sink]]`

use std::{
    collections::HashSet,
    fs,
    path::{self, Path, PathBuf},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    exporter_config::ExporterConfig,
    exporters::{self, write_mode::WriteMode},
    slot::ExporterSlot,
};
use crate::{
    base::tagged::{self, TaggedTable},
    error::ConfigError,
    messages::control::Control,
    store::SinkId,
};

/// One `[[sink]]`: `type` selects the variant, and each variant has its own keys.
///
/// To add a type, write a file in `exporters/` whose `Config` implements [`ExporterConfig`], and add a variant here and an
/// arm in [`Config::kind`]. If `-o` should select it too, add its extension in [`Config::from_flag`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "lowercase")]
pub enum Config {
    /// File with one JSON value per line.
    Jsonl(exporters::jsonl::Config),
    /// Standard output with one JSON value per line.
    Stdout(exporters::stdout::Config),
}

impl Config {
    fn kind(&self) -> &dyn ExporterConfig {
        match self {
            Self::Jsonl(config) => config,
            Self::Stdout(config) => config,
        }
    }

    /// Returns the sink of a flag `-o FILE`, or `-O FILE` with [`WriteMode::Replace`]. The extension selects the type; `-`
    /// is standard output.
    ///
    /// # Errors
    /// If the extension is unknown.
    pub(crate) fn from_flag(flag: &str, file: &str, mode: WriteMode) -> Result<Self, ConfigError> {
        if file == "-" {
            return Ok(Self::Stdout(exporters::stdout::Config { label: None }));
        }
        let path = PathBuf::from(file);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl" | "ndjson") => Ok(Self::Jsonl(exporters::jsonl::Config { path, label: None, mode })),
            Some(_) | None => Err(ConfigError {
                origin: flag.to_owned(),
                key: String::new(),
                message: format!(
                    "unknown format of `{file}`: expected NAME.jsonl, NAME.ndjson, or - for standard output"
                ),
            }),
        }
    }

    /// Returns the directory that the sink writes to.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        self.kind().directory()
    }
}

/// Returns every error of all `[[sink]]`.
pub(crate) fn check(configs: &[Config]) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let mut files = HashSet::new();
    for (index, config) in configs.iter().enumerate() {
        let table = format!("sink[{index}]");
        errors.extend(config.kind().check(&table));
        if let Some(file) = config.kind().file()
            && !files.insert(real_path(file))
        {
            let message = format!("`{}` is written by another sink: name another file", file.display());
            errors.push(ConfigError { origin: "config".to_owned(), key: format!("{table}.path"), message });
        }
    }
    errors
}

/// Builds the exporters of all `[[sink]]`, numbered in their order.
pub(crate) fn build(configs: &[Config], control: &Control) -> Vec<ExporterSlot> {
    let slot = |(id, config): (SinkId, &Config)| {
        let config = config.kind();
        let label = config.label().map(str::to_owned);
        ExporterSlot { id, name: config.name(), label, exporter: config.build(control) }
    };
    (0..=SinkId::MAX).zip(configs).map(slot).collect()
}

/// Returns the path by which files are compared: without symbolic links, if the file exists.
fn real_path(path: &Path) -> PathBuf {
    let resolved = fs::canonicalize(path).or_else(|_| path::absolute(path));
    resolved.unwrap_or_else(|_| path.to_owned())
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(TaggedTable(deserializer))
    }
}

impl Serialize for Config {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct External<'c>(&'c Config);
        impl Serialize for External<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Config::serialize(self.0, serializer)
            }
        }
        tagged::serialize(&External(self), serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        exporters::{jsonl, stdout},
        *,
    };

    fn file(path: &str) -> Config {
        Config::from_flag("-o", path, WriteMode::Append).unwrap()
    }

    #[test]
    fn extension_selects_the_type() {
        let stdout = Config::from_flag("-O", "-", WriteMode::Replace).unwrap();
        assert_eq!(stdout, Config::Stdout(stdout::Config { label: None }));
        let (path, mode) = (PathBuf::from("a/b.ndjson"), WriteMode::Replace);
        let replaced = Config::from_flag("-O", "a/b.ndjson", mode).unwrap();
        assert_eq!(replaced, Config::Jsonl(jsonl::Config { path, label: None, mode }));
        for file in ["a.json", "a", ".jsonl", ""] {
            let error = Config::from_flag("-o", file, WriteMode::Append).unwrap_err();
            assert!(error.message.contains(".jsonl"), "{file}");
        }
    }

    #[test]
    fn every_error_has_its_key() {
        let pathless = Config::Jsonl(jsonl::Config { path: PathBuf::new(), label: None, mode: WriteMode::Append });
        let errors = check(&[file("a.jsonl"), pathless, file("-"), file("-"), file("./a.jsonl")]);
        let keys: Vec<_> = errors.into_iter().map(|error| error.key).collect();
        assert_eq!(keys, ["sink[1]", "sink[4].path"]);
    }

    #[test]
    fn exporters_are_numbered() {
        let slots = build(&[file("a.jsonl"), file("-"), file("b.jsonl")], &Control::default());
        let named: Vec<_> = slots.iter().map(|slot| (slot.id, slot.name.as_str())).collect();
        assert_eq!(named, [(0, "a.jsonl"), (1, "stdout"), (2, "b.jsonl")]);
    }

    #[test]
    fn directories_are_those_of_files() {
        assert_eq!(file("a.jsonl").directory(), Some(".".into()));
        assert_eq!(file("/x/a.jsonl").directory(), Some("/x".into()));
        assert_eq!(file("-").directory(), None);
    }
}
