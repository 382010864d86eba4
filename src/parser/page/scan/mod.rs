//! Scans the text of a page for links, base and title, in one pass and without a tree.
//!
//! The scanner follows the states of the WHATWG tokenizer that decide what is a tag: comments, raw text, scripts,
//! attributes, character references, foreign content. So it finds what a browser without scripting finds. Where the
//! result depends on the tree, it reports what is in the text:
//! * an `<a>` that the tree builder would clone (wrong nesting of formatting elements) is one link;
//! * links keep the order of the text, also those that the tree builder would move out of a `<table>`;
//! * an `<a>` that the tree builder would drop (in a `<frameset>`) is a link, and a `<title>` or `<base>` there counts;
//! * a `<frame>` that the tree builder would drop (outside a `<frameset>`) is a frame;
//! * a `<noscript>` ends at the first `</noscript>`, as in browsers with scripting;
//! * HTML elements left open in `<svg>` or `<math>` (in `foreignObject`, `desc`, `title`, `mi` and similar elements) do
//!   not hide the end tags of the elements around them;
//! * the attributes of `<font>` and `<annotation-xml>`, on which the end of foreign content depends, are ignored.
//!
//! | file | contents |
//! |---|---|
//! | `findings` | [`Scan`]: what one pass found |
//! | `tokens` | the pass: `Scan::from_html` |
//! | `xml` | the pass for XML: `Scan::from_xml` |
//! | `elements` | what is kept of each element |
//! | `tag`, `attributes`, `raw`, `charref` | tag names, attributes, raw text, character references |
//! | `foreign` | SVG, MathML and templates |
//! | `collapse`, `bytes` | white space, search for bytes |
//! | `link_element` | [`LinkElement`]: `<a>`, `<area>`, `<frame>` or `<iframe>` |

mod attributes;
mod bytes;
mod charref;
mod collapse;
mod elements;
mod findings;
mod foreign;
mod link_element;
mod raw;
mod tag;
#[cfg(test)]
mod tests;
mod tokens;
mod xml;

pub(crate) use collapse::{Collapse, collapsed};
pub(crate) use findings::{Found, MAX_ATTRIBUTES, MAX_DEPTH, Scan};
pub use link_element::LinkElement;
