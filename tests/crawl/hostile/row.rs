//! A row of the tables: what a path does, and what must come of it.

use std::time::Duration;

/// What must come of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A page whose body is the path's own ([`page`]).
    Own,
    /// A page with this body.
    Body(&'static str),
    /// After redirects, the own page of this path.
    Lands(&'static str),
    /// A `FetchError` whose words begin like this.
    Fails(&'static str),
    /// A rejection of this name.
    Rejected(&'static str),
    /// The answer that nothing changed.
    NotModified,
}

/// A part of what the server does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Sends it again and again, with a pause after each time, for as long as the client reads.
    Forever(Vec<u8>, Duration),
    /// Waits until the client closes the connection.
    Hang,
    /// Resets the connection.
    Reset,
    /// Keeps the connection for the next request; without this step it is closed after the last.
    Keep,
}

/// One misbehaviour.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) expected: Expected,
    /// Why, where neither curl nor Chromium does it ([`witness`](super::witness)): a section of an RFC, or a limit.
    pub(super) why: &'static str,
    pub(super) steps: Vec<Step>,
}

impl Row {
    pub(super) fn new(path: &'static str, expected: Expected, why: &'static str, steps: Vec<Step>) -> Self {
        Self { method: "GET", path, expected, why, steps }
    }

    pub(super) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }
}

/// The own page of a path: no other path has it.
pub(super) fn page(path: &str) -> String {
    format!("<title>{path}</title><p>The page of {path} and of nothing else.")
}

/// A row whose answer is these bytes, then the end of the connection. `{page}` stands for the own page, `{size}`,
/// `{hex}` and `{HEX}` for its length.
pub(super) fn said(path: &'static str, expected: Expected, why: &'static str, answer: &str) -> Row {
    Row::new(path, expected, why, vec![send(path, answer)])
}

/// The same, but the connection stays for the next request.
pub(super) fn kept(path: &'static str, expected: Expected, why: &'static str, answer: &str) -> Row {
    Row::new(path, expected, why, vec![send(path, answer), Step::Keep])
}

/// These bytes, with the placeholders of [`said`].
pub(super) fn send(path: &str, answer: &str) -> Step {
    let page = page(path);
    let (size, hex) = (page.len().to_string(), format!("{:x}", page.len()));
    let answer = answer.replace("{hex}", &hex).replace("{HEX}", &hex.to_uppercase());
    let answer = answer.replace("{page}", &page).replace("{size}", &size);
    Step::Send(answer.into_bytes())
}

pub(super) fn pause(milliseconds: u64) -> Step {
    Step::Pause(Duration::from_millis(milliseconds))
}

/// An answer with a length, and this in its head.
pub(super) fn answer(fields: &[u8], body: &[u8]) -> Vec<u8> {
    let length = format!("content-type: text/html\r\ncontent-length: {}\r\n\r\n", body.len());
    [b"HTTP/1.1 200 OK\r\n", fields, length.as_bytes(), body].concat()
}
