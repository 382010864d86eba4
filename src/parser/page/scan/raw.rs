//! Where raw text ends: elements whose content is no markup.

use memchr::{memchr2, memmem};

use super::{find, is_space};

/// Where `</name` stands that ends the content of an element called `name` (in lower case); the end of the text when
/// nothing ends it.
pub(crate) fn end_of(name: &[u8], bytes: &[u8], from: usize) -> usize {
    let mut at = find(b'<', bytes, from);
    while at < bytes.len() {
        if closes(name, bytes, at) {
            return at;
        }
        at = find(b'<', bytes, at + 1);
    }
    at
}

/// Where the end tag of a script stands, escapes (`<!-- <script> </script> -->`) respected: the "script data" states.
pub(crate) fn end_of_script(bytes: &[u8], from: usize) -> usize {
    #[derive(PartialEq)]
    enum ScriptState {
        Plain,
        Escaped,
        Double,
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
                // The dashes may belong to the end as well.
                at += 2;
            }
            ScriptState::Escaped if opens(b"script", bytes, at) => {
                state = ScriptState::Double;
                at += 1;
            }
            ScriptState::Double if closes(b"script", bytes, at) => {
                state = ScriptState::Escaped;
                at += 1;
            }
            ScriptState::Plain | ScriptState::Escaped | ScriptState::Double => at += 1,
        }
    }
    bytes.len()
}

/// Where a comment ends that starts at `from`, after its `<!--`.
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

/// Where a CDATA section ends that starts at `from`, after its `<![CDATA[`.
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
    let is_it = bytes.get(at..end).is_some_and(|text| text.eq_ignore_ascii_case(name));
    is_it && bytes.get(end).is_some_and(|&byte| is_space(byte) || matches!(byte, b'/' | b'>'))
}
