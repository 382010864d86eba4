//! The tree of a page, for selectors.

use html5ever::{ParseOpts, driver, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use scraper::{Html, HtmlTreeSink};

/// Parses a text as a document. Scripting is off, so the content of `<noscript>` is markup.
pub(crate) fn parse(text: &str) -> Html {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let options = ParseOpts { tree_builder, ..ParseOpts::default() };
    driver::parse_document(HtmlTreeSink::new(Html::new_document()), options).one(text)
}
