//! The command line.

mod bench;
mod check;
mod crawl;
mod demo;
mod exit;
mod explain;
mod fetch;
mod form;
mod logging;
mod normalize;
mod options;
mod parse;
mod progress;
mod signals;
mod state;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::options::Options;

/// Crawls the web: politely, everything at once, and without losing a page.
#[derive(Debug, Parser)]
#[command(name = "lycosa", version, max_term_width = 100, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Crawl until nothing is left; records go to standard output, or to -o FILE.
    #[command(after_help = CRAWL_EXAMPLES)]
    Crawl {
        /// Where to start: URLs ("example.com" means https), or - for one a line on standard input.
        #[arg(value_name = "SEED")]
        seeds: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Crawl as a service, from files of configuration; wants an output.
    Run {
        #[command(flatten)]
        options: Options,
    },
    /// Print the configuration as it would be used, or every mistake in it.
    Check {
        #[command(flatten)]
        options: Options,
    },
    /// Fetch one URL through the crawler's client and print its body; -v shows what goes over the wire.
    #[command(after_help = FETCH_EXAMPLES)]
    Fetch(fetch::FetchOptions),
    /// Print what is found in a page, as JSON: title, links, what it asks of robots; of a sitemap or a feed its entries.
    Parse {
        /// The page: a URL, or a file of it.
        #[arg(value_name = "URL|FILE")]
        source: String,
        /// Where the file came from [default: http://localhost/].
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Look into a state directory, or save what can be read of one.
    #[command(subcommand)]
    State(state::StateCommand),
    /// Tell what a host's robots.txt says about a URL, and by which line; the exit code is 1 when it forbids it.
    Robots {
        /// The URL.
        #[arg(value_name = "URL")]
        url: String,
        /// For which user agent [default: the crawl's own].
        #[arg(long, value_name = "TEXT")]
        agent: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Print URLs as the crawl compares them, rewritten by [urls].
    Normalize {
        /// The URLs.
        #[arg(value_name = "URL", required = true)]
        urls: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Tell what a crawl would make of a URL, and why: scope, robots.txt, traps, delay; with --state DIR, what has become
    /// of it.
    Explain {
        /// The URL.
        #[arg(value_name = "URL")]
        url: String,
        /// Where the crawl starts, beside the seeds of the configuration; repeatable.
        #[arg(long = "seed", value_name = "SEED")]
        seeds: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Measure a part of the crawler by itself.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Serve a small site with slow pages on this machine and crawl it: needs no network.
    Demo,
    /// Serve the site of `demo`.
    #[command(name = demo::SUBCOMMAND, hide = true)]
    ServeDemo,
}

const EXAMPLES: &str = "\
Examples:
  lycosa demo                                          see it work, offline
  lycosa crawl example.com --contact me@example.org    records to standard output
  lycosa crawl localhost:8080 --depth 2 -o pages.jsonl
  lycosa fetch example.com -v                          one URL, and what goes over the wire
  lycosa explain example.com/x                         would it be fetched, and why
  lycosa explain example.com/x --state DIR             what became of it, and why
  lycosa check -c mine.toml                            what would be used, or every mistake
  lycosa run -c mine.toml                              as a service

Exit codes:
  0 finished, or `run` stopped cleanly     8 store unavailable
  1 error                                 11 `crawl` interrupted, drained
  2 usage                                 12 limits.errors reached
  3 disk full                             13 stopped before all was drained
  4 configuration                         14 limits.pages, records or bytes reached
  5 state directory locked or damaged     15 limits.time reached
                                          16 below limits.disk_free for too long";

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

Exit codes: 0 an answer, whatever its status (below 400 with -f); 1 none; 2 usage; 4 configuration.";

/// Does what the command line says. Usage errors end the process with 2 from within clap.
pub(crate) fn main() -> ExitCode {
    if let Err(error) = signals::outlive_large_files() {
        eprintln!("lycosa: {error}");
    }
    let exit = match Cli::parse().command {
        Command::Crawl { seeds, options } => crawl::crawl(&seeds, &options),
        Command::Run { options } => crawl::run(&options),
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
    exit.into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
