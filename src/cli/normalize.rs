//! `lycosa normalize`: the canonical form of URLs.

use std::io::{self, Write as _};

use lycosa::{Error, Result, canonical, config::urls::Rules, parse_seed};

use super::{
    exit::{Exit, fail},
    options::Options,
};

/// Prints the canonical form of each URL, one per line.
pub(crate) fn normalize(urls: &[String], options: &Options) -> Exit {
    let rules = match rules(options) {
        Ok(rules) => rules,
        Err(error) => return fail(&error),
    };
    let mut exit = Exit::Finished;
    for text in urls {
        match parse_seed(text) {
            Ok(seed) => {
                let rewritten = rules.rewrite(seed.url());
                // A closed pipe is not an error.
                writeln!(io::stdout(), "{}", canonical(rewritten.as_str())).ok();
            }
            Err(message) => {
                eprintln!("lycosa: {text}: {message}");
                exit = Exit::Usage;
            }
        }
    }
    exit
}

fn rules(options: &Options) -> Result<Rules> {
    Rules::new(options.layers().load()?.config.urls).map_err(Error::Config)
}
