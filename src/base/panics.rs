//! Panics as text.

use std::any::Any;

/// Returns the message of a panic, as `catch_unwind` and `JoinHandle::join` give it.
///
/// `panic!` with a literal carries a `&str`, with arguments a `String`; other payloads have no message.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn messages_of_all_kinds_of_payload() {
        let caught = |body: fn()| std::panic::catch_unwind(body).unwrap_err();
        assert_eq!(message(&*caught(|| panic!("plain"))), "plain");
        assert_eq!(message(&*caught(|| panic!("number {}", 1))), "number 1");
        assert_eq!(message(&*caught(|| panic_any(1_u8))), "without a message");
    }
}
