//! The layers of configuration, and what they come to.

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
    diagnostics::{all_keys, clean, located, origin_of, told},
    key_path::{KeyPath, find},
    layer::Layer,
};
use super::Config;
use crate::{
    error::{ConfigError, Error, Result},
    sink::{self, Mode},
};

/// The reference: every key, its default, and what it does.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// What the reference is called; no file is.
const DEFAULTS_ORIGIN: &str = "built-in default.toml";

/// The largest file of configuration, in bytes (16 MiB).
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
    outputs: Vec<(String, Mode)>,
}

#[derive(Clone, Debug)]
struct Flag {
    name: String,
    key: String,
    text: String,
}

/// A configuration, and how it came about.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration, free of mistakes.
    pub config: Config,
    /// What the log should say: lists that a later source replaced.
    pub notes: Vec<String>,
    merged: Value,
}

impl Loaded {
    /// Where the value of a key (with dots) comes from: file and line, variable or flag; none for a default.
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

    /// Adds environment variables; those that do not begin with `LYCOSA__` are passed over.
    pub fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        self.environment.extend(variables);
    }

    /// Adds this process's environment.
    pub fn process_environment(&mut self) {
        let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
        self.environment(std::env::vars_os().map(|(name, value)| (text(name), text(value))));
    }

    /// Adds a flag of this name, which sets `key` (with dots) to what `text` says.
    pub fn flag(&mut self, name: impl Into<String>, key: impl Into<String>, text: impl Into<String>) {
        self.flags.push(Flag { name: name.into(), key: key.into(), text: text.into() });
    }

    /// Appends the records to a file, its kind told by its extension; `-` is standard output. Outputs named here stand in
    /// for every `[[sink]]` of files and variables.
    pub fn append_to(&mut self, file: impl Into<String>) {
        self.outputs.push((file.into(), Mode::Append));
    }

    /// As [`Layers::append_to`], but replaces what is in the file.
    pub fn replace(&mut self, file: impl Into<String>) {
        self.outputs.push((file.into(), Mode::Replace));
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// [`Error::Config`] with every mistake of every source: unknown keys and values with the nearest name, wrong types,
    /// values out of range, files that cannot be read.
    pub fn load(self) -> Result<Loaded> {
        let defaults = Layer::from_toml(DEFAULTS_ORIGIN, DEFAULTS).0;
        let (mut layers, mut errors) = self.read(&defaults.tree);
        for layer in &mut layers {
            errors.extend(clean(layer, &defaults.tree));
        }
        let notes = replaced_lists(&layers);
        let merged = merge(&defaults, &layers)?;
        let config: Config = read(&merged).map_err(|mistake| Error::Config(vec![told(&mistake, &merged, &merged)]))?;
        errors.extend(config.mistakes().into_iter().map(|error| located(error, &merged)));
        if errors.is_empty() { Ok(Loaded { config, notes, merged }) } else { Err(Error::Config(errors)) }
    }

    fn read(self, defaults: &Value) -> (Vec<Layer>, Vec<ConfigError>) {
        let (mut layers, mut errors) = (Vec::new(), Vec::new());
        for path in &self.files {
            let origin = path.display().to_string();
            match read_file(path) {
                Ok(text) => {
                    let (layer, mistakes) = Layer::from_toml(&origin, &text);
                    layers.push(layer);
                    errors.extend(mistakes);
                }
                Err(error) => errors.push(ConfigError { origin, key: String::new(), message: error.to_string() }),
            }
        }
        let (layer, mistakes) = Layer::from_environment(&self.environment, defaults);
        layers.push(layer);
        errors.extend(mistakes);
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
                Mode::Append => "-o",
                Mode::Replace => "-O",
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
    // One byte more than allowed, so that a file that is too long shows.
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

/// One sentence for each list that a later layer replaces.
fn replaced_lists(layers: &[Layer]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for layer in layers {
        for key in all_keys(&layer.tree) {
            let place = key.split('.').fold(KeyPath::default(), |place, step| place.key(step));
            let Some(value) = find(&layer.tree, &place).filter(|value| matches!(value.kind, ValueKind::Array(_)))
            else {
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
    /// Reads files over the defaults, the later over the earlier, and this process's environment
    /// (`LYCOSA__SECTION__KEY`) over them. [`Layers`] has it in parts.
    ///
    /// # Errors
    /// [`Error::Config`] with every mistake.
    pub fn load<P: Into<PathBuf>>(files: impl IntoIterator<Item = P>) -> Result<Self> {
        let mut layers = Layers::default();
        files.into_iter().for_each(|file| layers.file(file));
        layers.process_environment();
        let loaded = layers.load()?;
        loaded.notes.iter().for_each(|note| info!("{note}"));
        Ok(loaded.config)
    }
}
