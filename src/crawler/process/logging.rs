//! Log lines: `2026-09-01 12:00:00 [component] LEVEL: message key=value`, or one JSON object per line.

use std::{
    fmt::{self, Write as _},
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use env_logger::{Builder, Target};
use log::{
    LevelFilter, Record,
    kv::{self, Key, Value, VisitSource},
};
use serde_json::{Map, json};

use super::log_queue::LogQueue;
use crate::config::{Format, Level, Log};

/// Starts to log to `target`, with the level and format of `[log]`.
///
/// A thread writes the lines, so a slow `target` delays nothing: lines that do not fit into a queue of 1 MiB are dropped,
/// and a later line has their number. [`Crawler::run`](crate::Crawler::run) waits up to a second for the last lines.
///
/// `RUST_LOG` overrides the level, per component. Other libraries log only warnings and errors, unless `RUST_LOG` names
/// them. If the program has a logger already, nothing changes.
pub fn log_to(config: &Log, target: impl Write + Send + 'static) {
    let level = match config.level {
        Level::Error => LevelFilter::Error,
        Level::Warn => LevelFilter::Warn,
        Level::Info => LevelFilter::Info,
        Level::Debug => LevelFilter::Debug,
        Level::Trace => LevelFilter::Trace,
    };
    let mut builder = Builder::new();
    // Details of other libraries only with RUST_LOG.
    builder.filter_level(level.min(LevelFilter::Warn)).filter_module("lycosa", level).parse_default_env();
    match config.format {
        Format::Text => builder.format(|out, record| out.write_all(text(record, now()).as_bytes())),
        Format::Json => builder.format(|out, record| out.write_all(json(record, now()).as_bytes())),
    };
    builder.target(Target::Pipe(LogQueue::start(target)));
    if let Err(error) = builder.try_init() {
        log::debug!(error:%; "logging is already set up");
    }
}

/// Returns the seconds since 1970.
#[allow(clippy::disallowed_methods, reason = "the time of a log line; nothing depends on it")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn text(record: &Record<'_>, now: u64) -> String {
    let (date, time) = date_and_time(now);
    let mut line = format!("{date} {time} [{}] {}: {}", component(record), record.level(), record.args());
    // The visitor never fails.
    if record.key_values().visit(&mut Pairs(&mut line)).is_err() {
        line.push_str(" (values cannot be formatted)");
    }
    line.push('\n');
    line
}

fn json(record: &Record<'_>, now: u64) -> String {
    let (date, time) = date_and_time(now);
    let mut object = Map::new();
    object.insert("time".to_owned(), json!(format!("{date}T{time}Z")));
    object.insert("level".to_owned(), json!(record.level().as_str()));
    object.insert("component".to_owned(), json!(component(record)));
    object.insert("message".to_owned(), json!(record.args().to_string()));
    if record.key_values().visit(&mut Fields(&mut object)).is_err() {
        object.insert("unreadable".to_owned(), json!(true));
    }
    serde_json::Value::Object(object).to_string() + "\n"
}

/// Returns the top module that logs: `frontier` for `lycosa::frontier::settlement`.
fn component<'a>(record: &'a Record<'_>) -> &'a str {
    let mut parts = record.target().split("::");
    let root = parts.next().unwrap_or_default();
    parts.next().unwrap_or(root)
}

/// Writes ` key=value`. Values with spaces, quotes or control characters are quoted, so a line stays one line.
struct Pairs<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let value = value.to_string();
        let plain = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"');
        let written = if plain { write!(self.0, " {key}={value}") } else { write!(self.0, " {key}={value:?}") };
        written.map_err(|_: fmt::Error| kv::Error::msg("no room"))
    }
}

/// Adds members to the JSON object. Existing members are kept.
struct Fields<'a>(&'a mut Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let json = match (value.to_bool(), value.to_u64(), value.to_i64(), value.to_f64()) {
            (Some(value), ..) => json!(value),
            (_, Some(value), ..) => json!(value),
            (_, _, Some(value), _) => json!(value),
            (.., Some(value)) => json!(value),
            _ => json!(value.to_string()),
        };
        self.0.entry(key.as_str()).or_insert(json);
        Ok(())
    }
}

/// Formats a time in UTC as `2026-09-01` and `12:00:00` (days to civil date: Howard Hinnant, "chrono-compatible low-level
/// date algorithms").
fn date_and_time(now: u64) -> (String, String) {
    let (days, second) = (now / 86400, now % 86400);
    // Days since 0000-03-01, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}:{second:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `write` with a record with values of all kinds.
    fn with_record(write: impl Fn(&Record<'_>) -> String) -> String {
        let values: &[(&str, Value<'_>)] =
            &[("url", "http://a/".into()), ("error", "a \"b\"\n".into()), ("count", 3.into()), ("level", true.into())];
        let source = values.to_vec();
        write(
            &Record::builder()
                .target("lycosa::scheduler")
                .level(log::Level::Warn)
                .args(format_args!("fetch failed"))
                .key_values(&source)
                .build(),
        )
    }

    #[test]
    fn text_lines() {
        assert_eq!(
            with_record(|record| text(record, 1_788_264_000)),
            "2026-09-01 12:00:00 [scheduler] WARN: fetch failed url=http://a/ error=\"a \\\"b\\\"\\n\" count=3 level=true\n"
        );
    }

    #[test]
    fn json_lines() {
        let line = with_record(|record| json(record, 1_788_264_000));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            json!({
                "time": "2026-09-01T12:00:00Z", "level": "WARN", "component": "scheduler", "message": "fetch failed",
                "url": "http://a/", "error": "a \"b\"\n", "count": 3,
            })
        );
    }

    #[test]
    fn dates() {
        for (now, date) in [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (4_107_542_400, "2100-03-01")] {
            assert_eq!(date_and_time(now).0, date);
        }
    }
}
