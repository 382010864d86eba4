//! `lycosa parse`: what is found in a page, as JSON.

use std::{
    io::{self, Write as _},
    path::Path,
};

use lycosa::{Config, Error, Page, Request, Result, Sitemap, SitemapKind, fetch_once, parse_seed};
use serde_json::{Value, json};
use url::Url;

use super::{
    exit::{Exit, fail},
    options::Options,
};

/// Prints what a handler would find in a page: a URL to fetch, or a file that came from `url`.
pub(crate) fn parse(source: &str, url: Option<&str>, options: &Options) -> Exit {
    let path = Path::new(source);
    let is_file = path.is_file();
    let request = match parse_seed(url.unwrap_or(if is_file { "http://localhost/" } else { source })) {
        Ok(request) => request,
        Err(message) => {
            eprintln!("lycosa: {source}: {message}");
            return Exit::Usage;
        }
    };
    let page = match is_file {
        true => page_from_file(path, request.url()),
        false => options.layers().load().and_then(|loaded| page_from_url(&loaded.config, request)),
    };
    match page {
        Ok(Ok(page)) => print(&found(&page)),
        Ok(Err(message)) => {
            eprintln!("lycosa: {message}");
            Exit::Error
        }
        Err(error) => fail(&error),
    }
}

fn page_from_url(config: &Config, request: Request) -> Result<Result<Page, String>> {
    let trace = actix_rt::System::new().block_on(fetch_once(config, request))?;
    let page = trace.page();
    Ok(page.ok_or_else(|| trace.result.map_or_else(|error| error.to_string(), |_| "no response".to_owned())))
}

fn page_from_file(path: &Path, url: &Url) -> Result<Result<Page, String>> {
    let body = std::fs::read(path).map_err(|error| Error::File { path: path.to_owned(), error })?;
    let extension = path.extension().and_then(|text| text.to_str()).unwrap_or_default();
    let media_type = match extension.to_ascii_lowercase().as_str() {
        "xml" | "rss" | "atom" | "gz" => "application/xml",
        "json" => "application/json",
        "txt" => "text/plain",
        _ => "text/html",
    };
    Ok(Ok(Page::for_test(url.clone(), media_type, body)))
}

fn found(page: &Page) -> Value {
    let links: Vec<_> = page
        .links()
        .map(|link| json!({ "url": link.url().as_ref().map(Url::as_str), "rel": link.rel(), "text": link.text() }))
        .collect();
    let frames: Vec<_> = page.frames().map(|frame| json!({ "url": frame.url().as_ref().map(Url::as_str) })).collect();
    let relations: Vec<_> = page.relations().map(|(rel, href)| json!({ "rel": rel, "href": href })).collect();
    json!({
        "url": page.url().as_str(),
        "status": page.status(),
        "content_type": page.header("content-type"),
        "encoding": page.encoding(),
        "bytes": page.body().len(),
        "title": page.title(),
        "base": page.base().as_str(),
        "canonical": page.canonical().as_ref().map(Url::as_str),
        "robots": page.robots(),
        "x_robots_tag": page.header("x-robots-tag"),
        "refresh": page.refresh(),
        "links": links,
        "frames": frames,
        "relations": relations,
        "list": if page.is_html() { None } else { page.sitemap().as_ref().map(list) },
    })
}

/// Returns the entries of a sitemap or feed as JSON.
fn list(sitemap: &Sitemap) -> Value {
    let kind = match sitemap.kind() {
        SitemapKind::Urls => "urls",
        SitemapKind::Index => "index",
        SitemapKind::Feed => "feed",
        SitemapKind::Text => "text",
    };
    let entry = |entry: &lycosa::SitemapEntry| json!({ "url": entry.url().as_str(), "lastmod": entry.lastmod(), "priority": entry.priority() });
    json!({ "kind": kind, "entries": sitemap.entries().iter().map(entry).collect::<Vec<_>>() })
}

fn print(found: &Value) -> Exit {
    let mut out = io::stdout().lock();
    let written = serde_json::to_writer_pretty(&mut out, found).map_err(io::Error::from).and_then(|()| writeln!(out));
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            fail(&Error::System { what: "standard output", error })
        }
        // A closed pipe is not an error.
        Ok(()) | Err(_) => Exit::Finished,
    }
}
