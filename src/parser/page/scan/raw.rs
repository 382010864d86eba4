//! Ends of comments and of elements whose content is raw text.

use memchr::{memchr2, memmem};

use super::bytes::{find, is_space};

/// Returns where the end tag of the element `name` (lower case) starts; the end of the text if there is none.
pub(crate) fn end_of_element(name: &[u8], bytes: &[u8], from: usize) -> usize {
    let mut at = find(b'<', bytes, from);
    while at < bytes.len() {
        if closes(name, bytes, at) {
            return at;
        }
        at = find(b'<', bytes, at + 1);
    }
    at
}

/// Returns where the end tag of a script starts: the "script data" states of the tokenizer.
///
/// In `<!-- <script> </script> -->` the inner end tag does not count.
pub(crate) fn end_of_script(bytes: &[u8], from: usize) -> usize {
    #[derive(PartialEq)]
    enum ScriptState {
        Plain,
        Escaped,
        DoubleEscaped,
    }
    let mut state = ScriptState::Plain;
    let mut at = from;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'<', b'-', rest)) {
        at += found;
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"-") {
            let dashes = rest.iter().take_while(|&&byte| byte == b'-').count();
            at += dashes;
            if dashes >= 2 && bytes.get(at) == Some(&b'>') {
                state = ScriptState::Plain;
            }
            continue;
        }
        match state {
            ScriptState::Plain | ScriptState::Escaped if closes(b"script", bytes, at) => return at,
            ScriptState::Plain if rest.starts_with(b"<!--") => {
                state = ScriptState::Escaped;
                // The two dashes may also be the start of `-->`.
                at += 2;
            }
            ScriptState::Escaped if opens(b"script", bytes, at) => {
                state = ScriptState::DoubleEscaped;
                at += 1;
            }
            ScriptState::DoubleEscaped if closes(b"script", bytes, at) => {
                state = ScriptState::Escaped;
                at += 1;
            }
            ScriptState::Plain | ScriptState::Escaped | ScriptState::DoubleEscaped => at += 1,
        }
    }
    bytes.len()
}

/// Returns the end of a comment. `from` is the position after its `<!--`.
pub(crate) fn end_of_comment(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    if rest.starts_with(b">") {
        return from + 1;
    }
    if rest.starts_with(b"->") {
        return from + 2;
    }
    let mut at = from;
    while let Some(found) = bytes.get(at..).and_then(|rest| memmem::find(rest, b"--")) {
        at += found + 2;
        at += bytes.get(at..).unwrap_or_default().iter().take_while(|&&byte| byte == b'-').count();
        match bytes.get(at..) {
            Some([b'>', ..]) => return at + 1,
            Some([b'!', b'>', ..]) => return at + 2,
            _ => {}
        }
    }
    bytes.len()
}

/// Returns the end of a CDATA section. `from` is the position after its `<![CDATA[`.
pub(crate) fn end_of_cdata(bytes: &[u8], from: usize) -> usize {
    let end = bytes.get(from..).and_then(|rest| memmem::find(rest, b"]]>"));
    end.map_or(bytes.len(), |at| from + at + 3)
}

fn closes(name: &[u8], bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1) == Some(&b'/') && is_name(name, bytes, at + 2)
}

fn opens(name: &[u8], bytes: &[u8], at: usize) -> bool {
    is_name(name, bytes, at + 1)
}

fn is_name(name: &[u8], bytes: &[u8], at: usize) -> bool {
    let end = at + name.len();
    let matches = bytes.get(at..end).is_some_and(|text| text.eq_ignore_ascii_case(name));
    matches && bytes.get(end).is_some_and(|&byte| is_space(byte) || matches!(byte, b'/' | b'>'))
}
