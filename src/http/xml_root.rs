//! The root element at the start of an XML text. It shows whether the text is a feed or XHTML.

use memchr::{memchr, memchr2, memmem};

/// Namespaces of RSS 1.0 and 0.9. RDF with none of them is not a feed.
const RSS_NAMESPACES: [&[u8]; 2] = [b"http://purl.org/rss/1.0/", b"http://my.netscape.com/rdf/simple/0.9/"];

/// Namespace of RDF itself.
const RDF_NAMESPACE: &[u8] = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// Namespace of XHTML.
const XHTML_NAMESPACE: &[u8] = b"http://www.w3.org/1999/xhtml";

/// Returns the media type of a feed: RSS, RSS 1.0 in RDF, or Atom.
pub(crate) fn feed(start: &[u8]) -> Option<&'static str> {
    let tag = root(start)?;
    let has = |namespace: &[u8]| memmem::find(tag, namespace).is_some();
    match local_name(tag)? {
        b"rss" => Some("application/rss+xml"),
        b"feed" => Some("application/atom+xml"),
        b"RDF" if has(RDF_NAMESPACE) && RSS_NAMESPACES.into_iter().any(has) => Some("application/rss+xml"),
        _ => None,
    }
}

/// Returns true if the root is that of XHTML.
pub(crate) fn is_xhtml(start: &[u8]) -> bool {
    let tag = root(start).unwrap_or_default();
    local_name(tag) == Some(b"html") && memmem::find(tag, XHTML_NAMESPACE).is_some()
}

/// Returns the text from the root element's name on. Declarations and comments before it are skipped.
fn root(start: &[u8]) -> Option<&[u8]> {
    let mut rest = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    loop {
        let tag = rest.trim_ascii_start().strip_prefix(b"<")?;
        let end = match tag {
            [b'!', b'-', b'-', ..] => memmem::find(tag, b"-->")? + 3,
            [b'!', ..] => end_of_declaration(tag)?,
            [b'?', ..] => memmem::find(tag, b"?>")? + 2,
            _ => return Some(tag),
        };
        rest = tag.get(end..)?;
    }
}

/// Returns the end of a document type, which may contain declarations in brackets.
fn end_of_declaration(tag: &[u8]) -> Option<usize> {
    let end = memchr2(b'>', b'[', tag)?;
    let brackets = if tag.get(end) == Some(&b'[') { memchr(b']', tag)? } else { end };
    Some(brackets + memchr(b'>', tag.get(brackets..)?)? + 1)
}

/// Returns the name at the start of a tag without its prefix.
fn local_name(tag: &[u8]) -> Option<&[u8]> {
    let is_end = |byte: &u8| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace();
    let name = tag.get(..tag.iter().position(is_end).unwrap_or(tag.len()))?;
    name.rsplit(|&byte| byte == b':').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_are_told_apart() {
        let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'";
        for (body, wanted) in [
            ("<rss version='2.0'>".to_owned(), Some("application/rss+xml")),
            (
                "\u{feff} <?xml version='1.0'?>\n<!-- <p> --><!DOCTYPE rss [] ><rss>".to_owned(),
                Some("application/rss+xml"),
            ),
            ("<feed xmlns='http://www.w3.org/2005/Atom'>".to_owned(), Some("application/atom+xml")),
            ("<?xml version='1.0'?><?xml-stylesheet href='x'?><atom:feed>".to_owned(), Some("application/atom+xml")),
            (format!("{rdf} xmlns='http://purl.org/rss/1.0/'>"), Some("application/rss+xml")),
            (format!("{rdf} xmlns='http://my.netscape.com/rdf/simple/0.9/'>"), Some("application/rss+xml")),
            (format!("{rdf} xmlns='http://xmlns.com/foaf/0.1/'>"), None),
            ("<!DOCTYPE rss [<!ENTITY nbsp '&#160;'>]\n><rss>".to_owned(), Some("application/rss+xml")),
            ("<feedback>".to_owned(), None),
            ("<!DOCTYPE rss [<rss>".to_owned(), None),
            ("<RSS>".to_owned(), None),
            ("<html><rss>".to_owned(), None),
            ("x<rss>".to_owned(), None),
            ("<!-- <rss>".to_owned(), None),
        ] {
            assert_eq!(feed(body.as_bytes()), wanted, "{body}");
        }
    }
}
