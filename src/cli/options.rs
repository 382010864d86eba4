//! Flags that set keys of the configuration, for `crawl`, `run`, `check` and the tools.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use lycosa::config::Layers;

/// Flags over files of configuration and environment variables (LYCOSA__SECTION__KEY).
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Options {
    /// Read this configuration file; repeatable, later files take precedence.
    #[arg(short, long = "config", value_name = "FILE", help_heading = "Configuration")]
    config: Vec<PathBuf>,
    /// Set any key, for example --set politeness.jitter=0; repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value, help_heading = "Configuration")]
    set: Vec<(String, String)>,
    /// Log only warnings and errors, and show no progress.
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Configuration")]
    pub(crate) quiet: bool,
    /// Log each page; -vv logs everything.
    #[arg(short, long, action = ArgAction::Count, help_heading = "Configuration")]
    verbose: u8,

    /// Append records to FILE, whose extension decides the type; - is standard output; repeatable.
    #[arg(short, long = "output", value_name = "FILE", help_heading = "Output")]
    output: Vec<String>,
    /// Like -o, but replace the content of FILE.
    #[arg(short = 'O', long, value_name = "FILE", help_heading = "Output")]
    overwrite: Vec<String>,

    /// Keep the state of the crawl in DIR; after a stop or crash the same command resumes it.
    #[arg(long, value_name = "DIR", help_heading = "State")]
    state: Option<String>,
    /// Start a new crawl; DIR must not exist yet.
    #[arg(long, requires = "state", help_heading = "State")]
    fresh: bool,
    /// Visit known pages once more for links that an earlier configuration refused; repeats no record.
    #[arg(long, help_heading = "State")]
    recheck: bool,

    /// Which links to follow: page, prefix, host, domain or any [default: host].
    #[arg(long, value_name = "KIND", help_heading = "Crawl")]
    scope: Option<String>,
    /// Also connect to addresses that are not public; not needed for seeds that are addresses.
    #[arg(long, help_heading = "Crawl")]
    allow_private: bool,
    /// Maximum number of links between a seed and a page; 0 = no limit [default: 0].
    #[arg(long, value_name = "N", help_heading = "Crawl")]
    depth: Option<String>,
    /// Maximum number of concurrent requests [default: 1024].
    #[arg(long, value_name = "N", help_heading = "Crawl")]
    concurrency: Option<String>,

    /// Minimum time between two requests to a host: 500ms, 2s, 1m [default: 1s].
    #[arg(long, value_name = "TIME", help_heading = "Politeness")]
    delay: Option<String>,
    /// Maximum number of concurrent requests to a host [default: 1].
    #[arg(long, value_name = "N", help_heading = "Politeness")]
    host_concurrency: Option<String>,
    /// URL or mail address where operators of crawled sites can reach you; required beyond this machine.
    #[arg(long, value_name = "TEXT", help_heading = "Politeness")]
    contact: Option<String>,
    /// User agent to send [default: lycosa/VERSION (+contact)].
    #[arg(long, value_name = "TEXT", help_heading = "Politeness")]
    user_agent: Option<String>,
    /// Neither fetch nor obey robots.txt; only for your own sites.
    #[arg(long, help_heading = "Politeness")]
    no_robots: bool,
}

pub(super) fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

impl Options {
    /// Returns the layers of configuration: files, this process's environment, and flags.
    pub(crate) fn layers(&self) -> Layers {
        let mut layers = Layers::default();
        self.config.iter().for_each(|file| layers.file(file));
        layers.process_environment();
        for (key, value) in &self.set {
            layers.flag("--set", key, value);
        }
        for (flag, key, value) in self.named() {
            layers.flag(flag, key, value);
        }
        self.output.iter().for_each(|file| layers.append_to(file));
        self.overwrite.iter().for_each(|file| layers.replace(file));
        layers
    }

    fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        let level = match (self.quiet, self.verbose) {
            (true, _) => Some(("-q", "warn")),
            (false, 0) => None,
            (false, 1) => Some(("-v", "debug")),
            (false, _) => Some(("-vv", "trace")),
        };
        let texts = [
            ("--state", "store.path", self.state.as_deref()),
            ("--fresh", "store.fresh", self.fresh.then_some("true")),
            ("--recheck", "scope.recheck", self.recheck.then_some("true")),
            ("--scope", "scope.kind", self.scope.as_deref()),
            ("--allow-private", "crawl.allow_private", self.allow_private.then_some("true")),
            ("--depth", "scope.depth", self.depth.as_deref()),
            ("--concurrency", "fetcher.concurrency", self.concurrency.as_deref()),
            ("--delay", "politeness.delay", self.delay.as_deref()),
            ("--host-concurrency", "politeness.host_concurrency", self.host_concurrency.as_deref()),
            ("--contact", "crawl.contact", self.contact.as_deref()),
            ("--user-agent", "crawl.user_agent", self.user_agent.as_deref()),
            ("--no-robots", "politeness.robots", self.no_robots.then_some("ignore")),
        ];
        let texts = texts.into_iter().filter_map(|(flag, key, text)| text.map(|text| (flag, key, text)));
        texts.chain(level.map(|(flag, level)| (flag, "log.level", level)))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn layers(line: &str) -> Layers {
        Line::try_parse_from(line.split(' ')).unwrap().options.layers()
    }

    #[test]
    fn flags_set_keys() {
        let line = "x --scope domain --depth 3 --concurrency 9 --delay 2s --host-concurrency 4 --contact a@b --no-robots \
                    --allow-private --set retry.times=0 --set crawl.name=a=b -v -o a.jsonl -O b.jsonl -o -";
        let config = layers(line).load().unwrap().config;
        assert_eq!((config.scope.depth, config.fetcher.concurrency, config.retry.times), (3, 9, 0));
        assert_eq!((config.politeness.delay.as_secs(), config.politeness.host_concurrency), (2, 4));
        assert_eq!((config.crawl.contact.as_str(), config.crawl.name.as_str()), ("a@b", "a=b"));
        let text = toml::to_string(&config).unwrap();
        for part in [
            "kind = \"domain\"",
            "robots = \"ignore\"",
            "level = \"debug\"",
            "path = \"b.jsonl\"",
            "allow_private = true",
            "\"stdout\"",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn errors_name_the_flag() {
        let error = layers("x --scope hosts --depth many").load().unwrap_err().to_string();
        assert!(error.contains("--scope: scope.kind: \"hosts\" is unknown, did you mean \"host\"?"), "{error}");
        assert!(error.contains("--depth: scope.depth: "), "{error}");
    }
}
