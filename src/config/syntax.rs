//! Syntax of single values.

use crate::{http::request::Method, transport::Proxy};

/// Returns true for a class of statuses (`2xx`), a status (`404`) or a range (`500-599`).
pub(crate) fn is_status_range(text: &str) -> bool {
    let status = |text: &str| text.len() == 3 && text.parse().is_ok_and(|status: u16| (100..1000).contains(&status));
    match (text.strip_suffix("xx"), text.split_once('-')) {
        (Some(class), _) => matches!(class, "1" | "2" | "3" | "4" | "5"),
        (None, Some((first, last))) => status(first) && status(last) && first <= last,
        (None, None) => status(text),
    }
}

/// Checks name and value of a header field (RFC 9110 section 5.5).
pub(crate) fn check_header(name: &str, value: &str) -> Result<(), String> {
    // Names of header fields are tokens, like methods.
    if name.parse::<Method>().is_err() {
        return Err(format!("`{name}` is not a valid header name"));
    }
    match value.chars().find(|character| character.is_control() && *character != '\t') {
        Some(character) => Err(format!("value of `{name}` contains a control character: {character:?}")),
        None => Ok(()),
    }
}

/// Checks the URL of a proxy.
pub(crate) fn check_proxy(text: &str) -> Result<(), String> {
    Proxy::parse(text).map(drop)
}
