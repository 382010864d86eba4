//! Crawls a site of quotes with two handlers. Run it with `cargo run --example quotes`, or add the path of a configuration
//! for another site of quotes.
//!
//! Records go to each `[[sink]]` of the configuration, or else to standard output. Log lines go to standard error, and Ctrl-C
//! ends the crawl after the requests in flight.

use std::error::Error;

use lycosa::{Config, Crawler, HandlerResult, Layers, Output, Page};
use serde_json::json;

#[path = "../src/cli/demo/site.rs"]
#[allow(dead_code, reason = "each example uses a part of it")]
mod site;

use site::{Child, Reply};

#[actix_rt::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("site") => Ok(site::serve(1, answer).await?),
        Some(path) => crawl(load(Some(path))?).await,
        None => {
            let site = Child::spawn(&["site"])?;
            let mut config = load(None)?;
            config.crawl.seeds = vec![site.url().to_owned()];
            config.politeness.delay = std::time::Duration::ZERO;
            crawl(config).await
        }
    }
}

/// Loads the configuration; without an output of its own it gets standard output.
fn load(path: Option<&str>) -> lycosa::Result<Config> {
    let mut layers = Layers::default();
    path.into_iter().for_each(|path| layers.file(path));
    let config = layers.clone().load()?.config;
    if !config.sink.is_empty() {
        return Ok(config);
    }
    layers.append_to("-");
    Ok(layers.load()?.config)
}

async fn crawl(config: Config) -> Result<(), Box<dyn Error>> {
    let report = Crawler::new(config)
        .log_to_stderr()
        .stop_on_signals()
        .on("author", author) // pages of requests with this label
        .otherwise(quotes)
        .run()
        .await?;
    eprintln!("{report}");
    Ok(())
}

fn quotes(page: &Page, out: &mut Output) -> HandlerResult {
    for quote in page.select(".quote") {
        out.record(json!({ "text": quote.text(".text"), "by": quote.text(".author") }));
        out.follow(quote.link("a[href^='/author']")).label("author");
    }
    out.follow(page.link("li.next a"));
    Ok(())
}

fn author(page: &Page, out: &mut Output) -> HandlerResult {
    out.record(json!({ "name": page.text(".author-title"), "born": page.text(".author-born-date") }));
    Ok(())
}

/// Serves a site with two quotes per page.
fn answer(path: &str) -> Reply {
    if path == "/robots.txt" {
        return Reply::text("User-agent: *\nAllow: /\n");
    }
    if let Some(name) = path.strip_prefix("/author/") {
        let born = AUTHORS.iter().find(|(author, _)| *author == name).map(|(_, born)| *born);
        return born.map_or_else(Reply::not_found, |born| Reply::html(author_page(name, born)));
    }
    let number = if path == "/" { Some(1) } else { path.strip_prefix("/page/").and_then(|number| number.parse().ok()) };
    match number.and_then(|number: usize| Some((number, QUOTES.chunks(2).nth(number.checked_sub(1)?)?))) {
        Some((number, quotes)) => Reply::html(quotes_page(number, quotes)),
        None => Reply::not_found(),
    }
}

fn quotes_page(number: usize, quotes: &[(&str, &str)]) -> String {
    let mut html = format!("<title>Quotes, page {number}</title>\n");
    for (text, author) in quotes {
        html.push_str(&format!(
            "<div class=quote><span class=text>{text}</span> by <b class=author>{author}</b> \
             <a href=\"/author/{author}\">(about)</a></div>\n"
        ));
    }
    if number * 2 < QUOTES.len() {
        html.push_str(&format!("<li class=next><a href=\"/page/{}\">Next</a></li>\n", number + 1));
    }
    html
}

fn author_page(name: &str, born: &str) -> String {
    format!("<h1 class=author-title>{name}</h1>\n<p>Born <b class=author-born-date>{born}</b>\n")
}

const AUTHORS: [(&str, &str); 3] = [("Seneca", "about 4 BC"), ("Hypatia", "about 355"), ("Basho", "1644")];

const QUOTES: [(&str, &str); 6] = [
    ("Per aspera ad astra is a long way to go without a map.", "Seneca"),
    ("Reserve your right to think.", "Hypatia"),
    ("Every day is a journey.", "Basho"),
    ("It is not that we have a short time to live.", "Seneca"),
    ("To think wrongly is better than not to think.", "Hypatia"),
    ("The journey itself is home.", "Basho"),
];
