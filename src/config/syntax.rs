//! Syntax of single values.

use crate::{http::request::Method, transport::Proxy};

/// Whether a text is a class of statuses (`2xx`), a status, or a range of statuses.
pub(crate) fn is_status_range(text: &str) -> bool {
    let status = |text: &str| text.len() == 3 && text.parse().is_ok_and(|status: u16| (100..1000).contains(&status));
    match (text.strip_suffix("xx"), text.split_once('-')) {
        (Some(class), _) => matches!(class, "1" | "2" | "3" | "4" | "5"),
        (None, Some((first, last))) => status(first) && status(last) && first <= last,
        (None, None) => status(text),
    }
}

/// Checks a header as it goes on the wire (RFC 9110 section 5.5).
pub(crate) fn check_header(name: &str, value: &str) -> Result<(), String> {
    // A header's name is a token, and so is a method.
    if name.parse::<Method>().is_err() {
        return Err(format!("`{name}` is no name of a header"));
    }
    match value.chars().find(|character| character.is_control() && *character != '\t') {
        Some(character) => Err(format!("the value of `{name}` has a control character: {character:?}")),
        None => Ok(()),
    }
}

/// Checks the URL of a proxy.
pub(crate) fn check_proxy(text: &str) -> Result<(), String> {
    Proxy::parse(text).map(drop)
}
