//! The text of elements, as a reader sees it.

use scraper::{ElementRef, Node};

use super::scan::{Collapse, collapsed};

/// Elements whose text starts and ends on a line or in a cell of its own, in alphabetic order: those that the HTML standard
/// displays as blocks, lists or tables (section 15.3), and line breaks.
const SEPARATE: [&str; 63] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "link",
    "listing",
    "main",
    "menu",
    "meta",
    "nav",
    "noframes",
    "ol",
    "optgroup",
    "option",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "slot",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "xmp",
];

/// Elements that are not displayed as text.
const INVISIBLE: [&str; 4] = ["noscript", "script", "style", "template"];

/// Returns the text of an element and its descendants, white space collapsed. Blocks, table cells and line breaks are
/// separated by a space. Scripts, styles and the like are left out, unless they are the element itself.
pub(super) fn visible(element: ElementRef<'_>) -> String {
    let (mut out, mut collapse) = (String::new(), Collapse::new(0, usize::MAX));
    let root = *element;
    let mut node = root;
    loop {
        let (mut is_visible, mut separates) = (true, false);
        match node.value() {
            Node::Text(text) => collapse.push(text, &mut out),
            Node::Element(inner) => {
                is_visible = node == root || !INVISIBLE.contains(&inner.name());
                separates = is_separate(inner.name());
            }
            Node::Document | Node::Fragment | Node::Doctype(_) | Node::Comment(_) | Node::ProcessingInstruction(_) => {}
        }
        if separates {
            collapse.push(" ", &mut out);
        }
        if let Some(child) = node.first_child().filter(|_| is_visible) {
            node = child;
            continue;
        }
        // Goes up from the last descendant, with a separator after each block.
        loop {
            if node.value().as_element().is_some_and(|left| is_separate(left.name())) {
                collapse.push(" ", &mut out);
            }
            if node == root {
                return out;
            }
            if let Some(sibling) = node.next_sibling() {
                node = sibling;
                break;
            }
            let Some(parent) = node.parent() else { return out };
            node = parent;
        }
    }
}

/// Returns the text of an element without its descendants, white space collapsed.
pub(super) fn own(element: ElementRef<'_>) -> String {
    // A child element separates the texts around it only if it is displayed as a block.
    collapsed(element.children().filter_map(|child| match child.value() {
        Node::Text(text) => Some(&**text),
        Node::Element(inner) if is_separate(inner.name()) => Some(" "),
        _ => None,
    }))
}

/// Returns the exact text of an element and its descendants (the DOM's `textContent`).
pub(super) fn raw(element: ElementRef<'_>) -> String {
    element.text().collect()
}

fn is_separate(name: &str) -> bool {
    SEPARATE.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::SEPARATE;
    use crate::parser::Page;

    fn page(html: &str) -> Page {
        Page::for_test("http://a.example/".parse().unwrap(), "text/html", html.to_owned())
    }

    #[test]
    fn blocks_and_line_breaks_separate_words() {
        assert!(SEPARATE.is_sorted());
        for (html, text) in [
            ("<p>a</p><p>b</p>", "a b"),
            ("a<br>b<br/>c", "a b c"),
            ("a<div>b</div>c", "a b c"),
            ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "a b c d"),
            ("<table><tr><td>a<td>b<tr><th>c</table>", "a b c"),
            ("<dl><dt>a<dd>b</dl>", "a b"),
            ("<h1>a</h1>b<hr>c", "a b c"),
            ("<select><option>a<option>b</select>", "a b"),
            ("a<b>b</b><i>c</i><span>d</span>", "abcd"),
            ("a<wbr>b<img>c<!-- d -->e", "abce"),
            (" <b>\n a </b>\t<i> b</i> ", "a b"),
            ("<p>a<script>s</script><style>t</style><noscript>n</noscript><template><p>m</template>b", "ab"),
            ("<pre>a\n  b</pre>", "a b"),
            ("a&nbsp;b", "a\u{a0}b"),
            ("", ""),
        ] {
            assert_eq!(page(&format!("<main>{html}</main>")).text("main"), text, "{html}");
        }
    }

    #[test]
    fn the_element_itself_is_never_left_out() {
        let page = page("<body><script type=x>{\"a\":\n 1}</script><noscript><p>n</p></noscript>");
        assert_eq!((page.text("script"), page.text("noscript")), ("{\"a\": 1}".to_owned(), "n".to_owned()));
        assert_eq!(page.raw_text("script"), "{\"a\":\n 1}");
    }

    #[test]
    fn own_text_is_without_descendants() {
        let page = page("<p>a <b>b</b>c<br>d<script>e</script></p><div>x<p>y</p>z</div>");
        let own: Vec<_> = page.select("p, div").map(|element| element.own_text()).collect();
        assert_eq!(own, ["a c d", "x z", "y"]);
        assert_eq!(page.select("p").next().unwrap().inner_text(), "a bc d");
    }

    #[test]
    fn raw_text_is_exact() {
        let page = page("<div> a\n<p>b</p><p>c </p><style>d</style></div>");
        assert_eq!(page.raw_text("div"), " a\nbc d");
        assert_eq!((page.select("p").next().unwrap().raw_text(), page.raw_text(".none")), ("b".into(), String::new()));
    }

    #[test]
    fn deep_and_wide_pages_take_linear_time() {
        let wide = "<i>x</i>".repeat(200_000);
        assert_eq!(page(&format!("<main>{wide}</main>")).text("main").len(), 200_000);
        let deep = format!("<main>{}x{}</main>", "<div>".repeat(400), "</div>".repeat(400));
        assert_eq!(page(&deep).text("main"), "x");
    }
}
