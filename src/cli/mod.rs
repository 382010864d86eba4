//! The command line.
//!
//! One file per command, except `explain` (`explain`, `robots`) and `crawl` (`crawl`, `run`). Shared: `options` (flags that
//! set keys of the configuration), `exit` (exit codes), `progress`, `signals`, `form` (`fetch -F`).

mod bench;
mod check;
mod crawl;
mod demo;
mod exit;
mod explain;
mod fetch;
mod form;
mod normalize;
mod options;
mod parse;
mod progress;
mod signals;
mod state;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::options::Options;

/// A fast, polite and crash-safe web crawler.
#[derive(Debug, Parser)]
#[command(name = "lycosa", version, max_term_width = 100, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Crawl until no URL is left; records go to standard output, or to -o FILE.
    #[command(after_help = CRAWL_EXAMPLES)]
    Crawl {
        /// URLs to start from ("example.com" means https); - reads one per line from standard input.
        #[arg(value_name = "SEED")]
        seeds: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Crawl as a service, configured by files; needs an output and a state directory.
    Run {
        #[command(flatten)]
        options: Options,
    },
    /// Print the effective configuration, or all errors in it.
    Check {
        #[command(flatten)]
        options: Options,
    },
    /// Fetch one URL with the crawler's client and print its body; -v shows requests and responses.
    #[command(after_help = FETCH_EXAMPLES)]
    Fetch(fetch::FetchOptions),
    /// Print what is found in a page as JSON: title, links, robots directives; for sitemaps and feeds their entries.
    Parse {
        /// URL or file of the page.
        #[arg(value_name = "URL|FILE")]
        source: String,
        /// URL that the file came from [default: http://localhost/].
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Inspect, check, export or salvage a state directory.
    #[command(subcommand)]
    State(state::StateCommand),
    /// Show whether robots.txt allows a URL, and which line decides; exits with 1 if it is forbidden.
    Robots {
        /// The URL.
        #[arg(value_name = "URL")]
        url: String,
        /// User agent to check for [default: that of the crawl].
        #[arg(long, value_name = "TEXT")]
        agent: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Print the canonical form of URLs, rewritten by [urls].
    Normalize {
        /// The URLs.
        #[arg(value_name = "URL", required = true)]
        urls: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Explain whether a crawl would fetch a URL, and why: scope, robots.txt, traps, delay; with --state DIR also its status.
    Explain {
        /// The URL.
        #[arg(value_name = "URL")]
        url: String,
        /// Seed of the crawl, in addition to those of the configuration; repeatable.
        #[arg(long = "seed", value_name = "SEED")]
        seeds: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Measure a part of the crawler.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Crawl a small site with slow pages, served on this machine; works offline.
    Demo,
    /// Serve the site of `demo`.
    #[command(name = demo::SUBCOMMAND, hide = true)]
    ServeDemo,
}

const EXAMPLES: &str = "\
Examples:
  lycosa demo                                          try it, offline
  lycosa crawl example.com --contact me@example.org    records to standard output
  lycosa crawl localhost:8080 --depth 2 -o pages.jsonl
  lycosa fetch example.com -v                          one URL, with requests and responses
  lycosa explain example.com/x                         would it be fetched, and why
  lycosa explain example.com/x --state DIR             its status in a crawl, and why
  lycosa check -c mine.toml                            the effective configuration, or all errors
  lycosa run -c mine.toml                              as a service

Exit codes:
  0 finished, or `run` stopped cleanly    10 no page fetched: URLs failed or are parked
  1 error                                 11 `crawl` interrupted and drained
  2 usage error                           12 limits.errors reached
  3 disk full                             13 stopped before it was drained
  4 configuration, or no valid seed       14 limits.pages, records or bytes reached
  5 state directory locked or damaged     15 limits.time reached
  8 store unavailable                     16 below limits.disk_free for too long
                                          17 limits.memory reached";

const CRAWL_EXAMPLES: &str = "\
Examples:
  lycosa crawl example.com --contact me@example.org
  lycosa crawl example.com --scope domain --depth 3 -O pages.jsonl
  lycosa crawl 'https://example.com/search label=results form=q:spiders' -c rules.toml
  lycosa crawl - < urls.txt --scope page -o pages.jsonl -o -
  lycosa crawl localhost:8080 --delay 0 --host-concurrency 64";

const FETCH_EXAMPLES: &str = "\
Examples:
  lycosa fetch example.com -v
  lycosa fetch https://example.com/search -d q=spiders
  lycosa fetch https://example.com/ -X HEAD -H 'Accept-Language: de' -v
  lycosa fetch http://example.com/ --proxy http://user:password@localhost:3128

Exit codes: 0 response received (with -f: status below 400); 1 no response; 2 usage error; 4 configuration.";

/// Runs the command line. clap itself ends the process with 2 at usage errors.
pub(crate) fn main() -> ExitCode {
    outlive(signals::outlive_large_files());
    let exit = match Cli::parse().command {
        Command::Crawl { seeds, options } => {
            outlive(signals::outlive_operator_signals());
            crawl::crawl(&seeds, &options)
        }
        Command::Run { options } => {
            outlive(signals::outlive_operator_signals());
            crawl::run(&options)
        }
        Command::Check { options } => check::check(&options),
        Command::Fetch(options) => fetch::fetch(&options),
        Command::Parse { source, url, options } => parse::parse(&source, url.as_deref(), &options),
        Command::State(command) => state::state(&command),
        Command::Robots { url, agent, options } => explain::robots(&url, agent.as_deref(), &options),
        Command::Normalize { urls, options } => normalize::normalize(&urls, &options),
        Command::Explain { url, seeds, options } => explain::explain_url(&url, &seeds, &options),
        Command::Bench(command) => bench::bench(&command),
        Command::Demo => demo::demo(),
        Command::ServeDemo => demo::serve(),
    };
    lycosa::drain_log();
    exit.into()
}

/// Reports that a signal will kill the process.
fn outlive(installed: std::io::Result<()>) {
    if let Err(error) = installed {
        eprintln!("lycosa: cannot install a signal handler: {error}");
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
