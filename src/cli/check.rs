//! `lycosa check`: the effective configuration.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use lycosa::{Error, Result, config::Loaded};
use toml::{Table, Value};

use super::{
    exit::{Exit, fail},
    options::Options,
};

/// Prints the configuration to standard output, or all errors to standard error.
pub(crate) fn check(options: &Options) -> Exit {
    let text = options.layers().load().and_then(|loaded| {
        loaded.config.seeds()?;
        for note in &loaded.notes {
            eprintln!("lycosa: {note}");
        }
        annotated(&loaded)
    });
    match text {
        // A closed pipe, as in `lycosa check | head`, is not an error.
        Ok(text) => match io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                fail(&Error::System { what: "standard output", error })
            }
            Ok(()) | Err(_) => Exit::Finished,
        },
        Err(error) => fail(&error),
    }
}

/// Returns the configuration as TOML, with `***` for secrets, and the origin of each value that is not a default.
fn annotated(loaded: &Loaded) -> Result<String> {
    let table =
        Table::try_from(loaded.config.redacted()).map_err(|error| Error::config("config", "", error.to_string()))?;
    let mut out = String::new();
    // Writing to a String never fails.
    write_table(&mut out, loaded, "", &table).map_err(|error| Error::config("config", "", error.to_string()))?;
    Ok(out)
}

/// Writes a table: first its plain values, as TOML requires, then the tables in it.
fn write_table(out: &mut String, loaded: &Loaded, path: &str, table: &Table) -> std::fmt::Result {
    let full = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    for (key, value) in table.iter().filter(|(_, value)| !is_tables(value)) {
        writeln!(out, "{} = {value}{}", quoted(key), comment(loaded, &full(key)))?;
    }
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                writeln!(out, "\n[{}]", full(key))?;
                write_table(out, loaded, &full(key), inner)?;
            }
            Value::Array(list) if is_tables(value) => {
                for (index, inner) in list.iter().enumerate() {
                    writeln!(out, "\n[[{}]]{}", full(key), comment(loaded, &format!("{}[{index}]", full(key))))?;
                    for (key, value) in inner.as_table().into_iter().flatten() {
                        writeln!(out, "{} = {value}", quoted(key))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn comment(loaded: &Loaded, key: &str) -> String {
    loaded.origin(key).map(|origin| format!("  # {origin}")).unwrap_or_default()
}

/// Returns true for values with a `[header]` of their own: tables, and lists of tables.
fn is_tables(value: &Value) -> bool {
    value.is_table() || value.as_array().is_some_and(|list| list.first().is_some_and(Value::is_table))
}

/// Quotes a key if TOML requires it.
fn quoted(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if bare { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use lycosa::config::Layers;

    use super::*;

    #[test]
    fn the_printed_configuration_loads_again() {
        let mut layers = Layers::default();
        layers.flag("--set", "crawl.request", "[{ url = 'localhost', form = { b = 'x\\ny', a = [1, 2] } }]");
        layers.flag("--set", "fetcher.headers", "{ 'X.1' = 'a' }");
        layers.flag("--delay", "politeness.delay", "5s");
        layers.append_to("x.jsonl");
        let loaded = layers.load().unwrap();
        let text = annotated(&loaded).unwrap();
        assert!(text.contains("delay = \"5s\"  # --delay\njitter = 0.1\n"), "{text}");
        assert!(text.contains("[[sink]]  # -o\n"), "{text}");
        let again: lycosa::Config = toml::from_str(&text).unwrap();
        assert_eq!(again, loaded.config, "{text}");
    }
}
