//! Whole crawls, against a site that can misbehave.

// Tests may unwrap: a failed unwrap is a failed test. And they measure the time of the machine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

/// Credentials.
mod auth;
/// The commands `normalize`, `robots`, `parse` and `explain`.
mod commands;
/// Messages about configurations and command lines.
mod config;
/// Public test suites as data, in the folder `LYCOSA_CONFORMANCE`.
mod conformance;
/// Cookies, and redirects that set them.
mod cookies;
/// The files on disk at random times.
mod crash;
/// Damaged state directories.
mod damage;
/// Sitemaps, feeds and other sources of URLs beside links.
mod discovery;
/// The examples.
mod examples;
/// The status of URLs, as `lycosa explain` shows it.
mod exit_codes;
mod explain;
/// Panics, errors, and servers that do not answer.
mod failure;
/// Single URLs.
mod fetch;
/// Which pages are found, and what handlers see of them.
mod follow;
/// Which addresses are connected to.
mod guard;
/// Runs crawls and checks the invariants of each.
mod harness;
/// Servers that misbehave in every way.
mod hostile;
/// Imports between files.
mod imports;
/// A crawl with more hosts than fit into memory.
mod inactive_hosts;
/// Kills at random times.
mod kill;
/// The language of comments, messages and documents.
mod language;
/// The structure of the crate.
mod layers;
/// Bottlenecks and limits.
mod limits;
/// Media types of pages, declared and found in the body.
mod media_types;
/// A page that kills the process.
mod poison;
/// Limits towards hosts.
mod politeness;
/// Numbers of actors and threads.
mod pools;
/// The binary as a process.
mod process;
/// Proxies that fail.
mod proxies;
/// Refreshes of pages.
mod refresh;
/// Crawls that continue with another configuration, and states of an older format.
mod restart;
/// What a resumed crawl still knows.
mod resume;
/// Requests for known URLs.
mod revisit;
/// Commands for state directories that are killed.
mod salvage;
/// Seeds from a pipe.
mod seeds;
/// Signals and exit codes.
mod shutdown;
/// Signals of an operator, and pipes without a reader.
mod signals;
/// The site that is crawled.
mod site;
/// The files of the crate, for tests of their structure and language.
mod sources;
/// Slow pages are fetched at the same time.
mod speed;
/// Endless sites.
mod traps;
mod without_output;
