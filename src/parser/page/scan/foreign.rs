//! Foreign content (`<svg>`, `<math>`): there `<title>`, `<style>` and `<script>` are elements like any other, and CDATA
//! sections exist.

/// Elements of foreign content open at the same time, at most; what is deeper is not told from its parent.
const MAX_OPEN: usize = 256;

/// HTML elements that end foreign content (HTML standard, section 13.2.6.5).
const BREAKOUT: &str = "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li \
                        listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var";

/// Elements of SVG and MathML within which HTML stands again.
const SVG_INTEGRATION: &str = "desc foreignobject title";
const MATH_INTEGRATION: &str = "mi mn mo ms mtext";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    Svg,
    Math,
}

#[derive(Clone, Copy, Debug)]
struct Open<'a> {
    name: &'a [u8],
    namespace: Namespace,
    /// Whether HTML stands within it.
    integrates: bool,
}

/// The open elements of foreign content, outermost first.
#[derive(Debug, Default)]
pub(crate) struct Foreign<'a> {
    open: Vec<Open<'a>>,
}

impl<'a> Foreign<'a> {
    /// Whether what comes next belongs to foreign content.
    pub(crate) fn is_current(&self) -> bool {
        self.open.last().is_some_and(|open| !open.integrates)
    }

    /// An `<svg>` or `<math>` begins.
    pub(crate) fn enter(&mut self, name: &'a [u8], namespace: Namespace) {
        if self.open.len() < MAX_OPEN {
            self.open.push(Open { name, namespace, integrates: false });
        }
    }

    /// Whether a start tag called so ends foreign content; if so, it has ended.
    pub(crate) fn breaks_out(&mut self, name: &[u8]) -> bool {
        let breaks = is_among(name, BREAKOUT);
        while breaks && self.is_current() {
            self.open.pop();
        }
        breaks
    }

    /// A start tag within foreign content that does not end it.
    pub(crate) fn push(&mut self, name: &'a [u8]) {
        let Some(parent) = self.open.last().filter(|_| self.open.len() < MAX_OPEN) else { return };
        let namespace = parent.namespace;
        let integrates = match namespace {
            Namespace::Svg => is_among(name, SVG_INTEGRATION),
            Namespace::Math => is_among(name, MATH_INTEGRATION),
        };
        self.open.push(Open { name, namespace, integrates });
    }

    /// An end tag, wherever it stands.
    pub(crate) fn close(&mut self, name: &[u8]) {
        if self.is_current() && (name.eq_ignore_ascii_case(b"p") || name.eq_ignore_ascii_case(b"br")) {
            self.breaks_out(b"p");
        }
        if let Some(at) = self.open.iter().rposition(|open| open.name.eq_ignore_ascii_case(name)) {
            self.open.truncate(at);
        }
    }
}

fn is_among(name: &[u8], names: &str) -> bool {
    names.split(' ').any(|candidate| candidate.as_bytes().eq_ignore_ascii_case(name))
}
