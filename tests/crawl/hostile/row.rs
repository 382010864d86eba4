//! A row of the tables: the misbehavior of a path, and the expected result.

use std::time::Duration;

/// Expected result of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The page of the path itself ([`page`]).
    Own,
    /// A page with this body.
    Body(&'static str),
    /// After redirects, the page of this path.
    Lands(&'static str),
    /// A `FetchError` whose text starts like this.
    Fails(&'static str),
    /// A rejection with this name.
    Rejected(&'static str),
    /// Status 304.
    NotModified,
}

/// One step of the server.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Sends these bytes repeatedly, with a pause after each time, for as long as the client reads.
    Forever(Vec<u8>, Duration),
    /// Waits until the client closes the connection.
    Hang,
    /// Resets the connection.
    Reset,
    /// Keeps the connection for the next request. Without this step it is closed after the last step.
    Keep,
}

/// One misbehavior.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) expected: Expected,
    /// Reason for a result that neither curl nor Chromium has ([`reference`](super::reference)): a section of an RFC, or a limit.
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

/// Returns the page of a path. No two paths have the same page.
pub(super) fn page(path: &str) -> String {
    format!("<title>{path}</title><p>The page of {path} and of nothing else.")
}

/// Returns a row that sends these bytes and closes the connection. `{page}` is replaced by the page of the path, `{size}`,
/// `{hex}` and `{HEX}` by its length.
pub(super) fn closing(path: &'static str, expected: Expected, why: &'static str, answer: &str) -> Row {
    Row::new(path, expected, why, vec![send(path, answer)])
}

/// Like [`closing`], but the connection is kept for the next request.
pub(super) fn kept(path: &'static str, expected: Expected, why: &'static str, answer: &str) -> Row {
    Row::new(path, expected, why, vec![send(path, answer), Step::Keep])
}

/// Sends these bytes, with the placeholders of [`closing`].
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

/// Returns a response with a length and these fields.
pub(super) fn answer(fields: &[u8], body: &[u8]) -> Vec<u8> {
    let length = format!("content-type: text/html\r\ncontent-length: {}\r\n\r\n", body.len());
    [b"HTTP/1.1 200 OK\r\n", fields, length.as_bytes(), body].concat()
}
