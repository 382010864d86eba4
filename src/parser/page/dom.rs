//! The tree of a page, for selectors.

use html5ever::{
    Attribute, ParseOpts, QualName, driver, ns,
    tendril::{StrTendril, TendrilSink},
    tree_builder::{TreeBuilderOpts, TreeSink},
};
use scraper::{Html, HtmlTreeSink};
use xml5ever::{
    tokenizer::{Doctype, Tag, TagKind, Token, TokenSink},
    tree_builder::{XmlTreeBuilder, XmlTreeBuilderOpts},
};

use super::{
    scan::{MAX_ATTRIBUTES, MAX_DEPTH},
    xml::{self, Name, NotWellFormed, StartTag, Visitor},
};

/// Parses a text as a document. Scripting is off, so the content of `<noscript>` is markup.
pub(crate) fn parse(text: &str) -> Html {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let options = ParseOpts { tree_builder, ..ParseOpts::default() };
    driver::parse_document(HtmlTreeSink::new(Html::new_document()), options).one(text)
}

/// Tree of an XML document.
#[derive(Debug)]
pub(crate) struct XmlTree {
    pub(crate) html: Html,
    /// True if the document is too deep or too wide, so that the tree only has its beginning.
    pub(crate) is_cut: bool,
}

/// Parses a text as an XML document.
pub(crate) fn parse_xml(text: &str) -> Result<XmlTree, NotWellFormed> {
    let sink = HtmlTreeSink::new(Html::new_document());
    let tree = XmlTreeBuilder::new(sink, XmlTreeBuilderOpts::default());
    let mut builder = Builder { tree, depth: 0, is_cut: false };
    xml::read(text, &mut builder)?;
    builder.tree.end();
    Ok(XmlTree { html: builder.tree.sink.finish(), is_cut: builder.is_cut })
}

/// Passes the events of the reader on to the tree builder.
struct Builder {
    tree: XmlTreeBuilder<<HtmlTreeSink as TreeSink>::Handle, HtmlTreeSink>,
    depth: usize,
    /// True once the document is too deep or too wide. Everything after is ignored.
    is_cut: bool,
}

impl Builder {
    fn process(&self, token: Token) {
        if !self.is_cut {
            // The result only matters for running scripts.
            self.tree.process_token(token);
        }
    }
}

impl Visitor for Builder {
    fn doctype(&mut self, name: &str, public: &str, system: &str) {
        let [name, public_id, system_id] = [name, public, system].map(|text| Some(text.into()));
        self.process(Token::Doctype(Doctype { name, public_id, system_id }));
    }

    fn start(&mut self, tag: StartTag<'_>) {
        self.depth += 1;
        self.is_cut |= self.depth > MAX_DEPTH || tag.attributes.len() > MAX_ATTRIBUTES;
        if self.is_cut {
            return;
        }
        let mut attrs: Vec<_> = tag.attributes.iter().map(|one| attribute(one.name, &one.value)).collect();
        // Declared on every element, so that the tree builder does not search all elements around it.
        let Name { prefix, .. } = tag.name;
        let declaration =
            if prefix.is_empty() { Name { prefix, local: "xmlns" } } else { Name { prefix: "xmlns", local: prefix } };
        if prefix != "xml" && !tag.attributes.iter().any(|one| one.name == declaration) {
            attrs.push(attribute(declaration, &tag.namespace));
        }
        self.process(Token::Tag(Tag { kind: TagKind::StartTag, name: qualified(tag.name), attrs }));
    }

    fn end(&mut self, name: Name<'_>, _: &str) {
        self.depth -= 1;
        // A short tag ends the innermost element. For an end tag, the tree builder would search all open ones.
        self.process(Token::Tag(Tag { kind: TagKind::ShortTag, name: qualified(name), attrs: Vec::new() }));
    }

    fn text(&mut self, text: &str) {
        self.process(Token::Characters(StrTendril::from(text)));
    }

    fn comment(&mut self, text: &str) {
        self.process(Token::Comment(StrTendril::from(text)));
    }
}

fn attribute(name: Name<'_>, value: &str) -> Attribute {
    Attribute { name: qualified(name), value: value.into() }
}

/// Returns a name to which the tree builder adds the namespace.
fn qualified(Name { prefix, local }: Name<'_>) -> QualName {
    let prefix = Some(prefix).filter(|prefix| !prefix.is_empty()).map(Into::into);
    QualName::new(prefix, ns!(), local.into())
}
