//! Loads the configuration from its layers.
//!
//! | file | contents |
//! |---|---|
//! | `layer` | one source (file, environment or flag) as a tree whose values know their origin |
//! | `de` | the strict deserializer |
//! | `error`, `diagnostics` | its errors, and how users see them |
//! | `key_path` | paths to values |

pub(crate) mod de;
pub(crate) mod diagnostics;
pub(crate) mod error;
pub(crate) mod key_path;
pub(crate) mod layer;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use ::config::{Value, ValueKind};
use log::info;

use self::{
    de::read,
    diagnostics::{all_keys, clean, origin_of, to_config_error, with_origin},
    key_path::{KeyPath, find},
    layer::Layer,
};
use super::Config;
use crate::{
    error::{ConfigError, Error, Result},
    sink::{self, WriteMode},
};

/// The reference: every key, its default, and what it does.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Name of the reference in errors.
const DEFAULTS_ORIGIN: &str = "built-in default.toml";

/// Maximum size of a configuration file, in bytes (16 MiB).
const MAX_FILE: u64 = 16 << 20;

/// Sources of configuration. Later ones win: the defaults, files in their order, the environment, flags in their order.
///
/// ```
/// let mut layers = lycosa::config::Layers::default();
/// layers.environment([("LYCOSA__POLITENESS__DELAY".to_owned(), "2s".to_owned())]);
/// layers.flag("--set", "crawl.seeds", "http://localhost/");
/// let config = layers.load()?.config;
/// assert_eq!(config.politeness.delay.as_secs(), 2);
/// # Ok::<(), lycosa::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layers {
    files: Vec<PathBuf>,
    environment: Vec<(String, String)>,
    flags: Vec<Flag>,
    outputs: Vec<(String, WriteMode)>,
}

#[derive(Clone, Debug)]
struct Flag {
    name: String,
    key: String,
    text: String,
}

/// A configuration, and where its values come from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked configuration.
    pub config: Config,
    /// Notes for the log: lists that a later source replaced.
    pub notes: Vec<String>,
    merged: Value,
}

impl Loaded {
    /// Returns the origin of the value of a dotted key: file and line, variable, or flag. `None` for defaults.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&str> {
        origin_of(&self.merged, key).filter(|origin| !origin.starts_with(DEFAULTS_ORIGIN))
    }
}

impl Layers {
    /// Adds a TOML file.
    pub fn file(&mut self, path: impl Into<PathBuf>) {
        self.files.push(path.into());
    }

    /// Adds environment variables. Those without the prefix `LYCOSA__` are skipped.
    pub fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        self.environment.extend(variables);
    }

    /// Adds this process's environment.
    pub fn process_environment(&mut self) {
        let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
        self.environment(std::env::vars_os().map(|(name, value)| (text(name), text(value))));
    }

    /// Adds a flag of this name, which sets the dotted `key` to the value in `text`.
    pub fn flag(&mut self, name: impl Into<String>, key: impl Into<String>, text: impl Into<String>) {
        self.flags.push(Flag { name: name.into(), key: key.into(), text: text.into() });
    }

    /// Adds an output file, to which records are appended; `-` is standard output. The extension decides the type.
    ///
    /// Outputs added here replace every `[[sink]]` of files and variables.
    pub fn append_to(&mut self, file: impl Into<String>) {
        self.outputs.push((file.into(), WriteMode::Append));
    }

    /// Like [`Layers::append_to`], but replaces the content of the file.
    pub fn replace(&mut self, file: impl Into<String>) {
        self.outputs.push((file.into(), WriteMode::Replace));
    }

    /// Loads the configuration.
    ///
    /// # Errors
    /// [`Error::Config`] with every error of every source: unknown keys and values with a suggestion, wrong types, values out
    /// of range, files that cannot be read.
    pub fn load(self) -> Result<Loaded> {
        let defaults = Layer::from_toml(DEFAULTS_ORIGIN, DEFAULTS).0;
        let (mut layers, mut errors) = self.read(&defaults.tree);
        for layer in &mut layers {
            errors.extend(clean(layer, &defaults.tree));
        }
        let notes = replaced_lists(&layers);
        let merged = merge(&defaults, &layers)?;
        let config: Config =
            read(&merged).map_err(|diagnostic| Error::Config(vec![to_config_error(&diagnostic, &merged, &merged)]))?;
        errors.extend(config.errors().into_iter().map(|error| with_origin(error, &merged)));
        if errors.is_empty() { Ok(Loaded { config, notes, merged }) } else { Err(Error::Config(errors)) }
    }

    fn read(self, defaults: &Value) -> (Vec<Layer>, Vec<ConfigError>) {
        let (mut layers, mut errors) = (Vec::new(), Vec::new());
        for path in &self.files {
            let origin = path.display().to_string();
            match read_file(path) {
                Ok(text) => {
                    let (layer, found) = Layer::from_toml(&origin, &text);
                    layers.push(layer);
                    errors.extend(found);
                }
                Err(error) => errors.push(ConfigError { origin, key: String::new(), message: error.to_string() }),
            }
        }
        let (layer, found) = Layer::from_environment(&self.environment, defaults);
        layers.push(layer);
        errors.extend(found);
        for Flag { name, key, text } in &self.flags {
            match Layer::from_flag(name, key, text, defaults) {
                Ok(layer) => layers.push(layer),
                Err(error) => errors.push(error),
            }
        }
        layers.extend(self.output_layer(defaults, &mut errors));
        (layers, errors)
    }

    fn output_layer(&self, defaults: &Value, errors: &mut Vec<ConfigError>) -> Option<Layer> {
        let mut sinks = Vec::new();
        for (file, mode) in &self.outputs {
            let flag = match mode {
                WriteMode::Append => "-o",
                WriteMode::Replace => "-O",
            };
            match sink::Config::from_flag(flag, file, *mode) {
                Ok(sink) => sinks.push(sink),
                Err(error) => errors.push(error),
            }
        }
        let list = toml::Value::try_from(&sinks).ok().filter(|_| !sinks.is_empty())?;
        Layer::from_flag("-o", "sink", &list.to_string(), defaults).ok()
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    use io::Read;
    let mut text = String::new();
    // One byte more than allowed, to notice a file that is too large.
    fs::File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::other("larger than 16 MiB"));
    }
    Ok(text)
}

fn merge(defaults: &Layer, layers: &[Layer]) -> Result<Value> {
    let mut builder = ::config::Config::builder().add_source(defaults.clone());
    for layer in layers {
        builder = builder.add_source(layer.clone());
    }
    let built = builder.build().map_err(|error| Error::config("config", "", error.to_string()))?;
    Ok(built.cache)
}

/// Returns a note for each list that a later layer replaces.
fn replaced_lists(layers: &[Layer]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for layer in layers {
        for key in all_keys(&layer.tree) {
            let path = key.split('.').fold(KeyPath::default(), |path, step| path.key(step));
            let Some(value) = find(&layer.tree, &path).filter(|value| matches!(value.kind, ValueKind::Array(_))) else {
                continue;
            };
            let origin = value.origin().unwrap_or(&layer.origin).to_owned();
            if let Some(before) = known.insert(key.clone(), origin.clone()) {
                notes.push(format!("`{key}` of {origin} replaces the list of {before}"));
            }
        }
    }
    notes
}

impl Config {
    /// Loads files over the defaults, later ones over earlier ones, and this process's environment
    /// (`LYCOSA__SECTION__KEY`) over the files. [`Layers`] gives finer control.
    ///
    /// # Errors
    /// [`Error::Config`] with every error.
    pub fn load<P: Into<PathBuf>>(files: impl IntoIterator<Item = P>) -> Result<Self> {
        let mut layers = Layers::default();
        files.into_iter().for_each(|file| layers.file(file));
        layers.process_environment();
        let loaded = layers.load()?;
        loaded.notes.iter().for_each(|note| info!("{note}"));
        Ok(loaded.config)
    }
}
