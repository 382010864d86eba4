//! Whole crawls, against a site that misbehaves on request.

// Tests may be blunt: a failed unwrap is a failed test, and what is measured here is the machine's time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

/// Credentials.
mod auth;
/// What the binary says of configurations and command lines.
mod config;
/// Public test suites as data, read where `LYCOSA_CONFORMANCE` says.
mod conformance;
/// Cookies, and redirects that come with them.
mod cookies;
/// Whatever is on the disk at any instant.
mod crash;
/// Damaged state directories.
mod damage;
/// Sitemaps, feeds, and what else is found beside links.
mod discovery;
/// The examples that cargo builds.
mod examples;
/// Panics, errors, and servers that do not answer.
mod failure;
/// What became of URLs, told to whoever asks.
mod fates;
/// One URL by itself.
mod fetch;
/// Which pages are found, and what handlers see of them.
mod follow;
/// Which addresses are connected to.
mod guard;
/// Runs crawls and checks what holds for each.
mod harness;
/// Servers that misbehave in every way.
mod hostile;
/// Kills, at any time.
mod kill;
/// The layers of the modules.
mod layers;
/// What limits a crawl.
mod limits;
/// A page that kills the process.
mod poison;
/// What a host is spared.
mod politeness;
/// Numbers of actors and threads.
mod pools;
/// The binary as a process.
mod process;
/// Proxies that fail.
mod proxies;
/// Pages that are to be left for another one.
mod refresh;
/// What a crawl that goes on still knows.
mod rest;
mod resume;
/// Known URLs asked for again.
mod revisit;
/// Seeds that come when they come.
mod seeds;
/// Signals and exit codes.
mod shutdown;
/// What is crawled.
mod site;
/// Slow pages wait side by side.
mod speed;
/// The tools that tell what becomes of a URL.
mod tools;
/// Sites without end.
mod traps;
