//! Characters and wildcards of a glob.

use std::{iter::Peekable, str::Chars};

/// Maximum number of alternatives of a pattern, after its braces are expanded.
const MAX_ALTERNATIVES: usize = 256;

/// Maximum number of levels of braces within braces.
const MAX_DEPTH: usize = 8;

/// A part of a glob without braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GlobToken {
    /// This character.
    Literal(char),
    /// `*`: any text.
    Any,
    /// `?`: any character.
    One,
    /// `[...]`: one of these characters. The text between the brackets.
    Class(String),
}

/// A token, or a part of a group in braces.
enum Piece {
    GlobToken(GlobToken),
    Open,
    Comma,
    Close,
}

/// Returns the alternatives of a glob: its text with each choice in braces.
///
/// # Errors
/// If braces or brackets are not closed, or if there are too many alternatives.
pub(super) fn alternatives(glob: &str) -> Result<Vec<Vec<GlobToken>>, String> {
    let mut pieces = pieces(glob)?.into_iter().peekable();
    let all = sequences(&mut pieces)?;
    if pieces.next().is_some() { Err("not a valid glob: a brace is not closed".to_owned()) } else { Ok(all) }
}

/// Returns the glob of tokens.
pub(super) fn text_of(tokens: &[GlobToken]) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            GlobToken::Literal(character) => push_literal(&mut text, *character),
            GlobToken::Any => text.push('*'),
            GlobToken::One => text.push('?'),
            GlobToken::Class(members) => text.extend(["[", members, "]"]),
        }
    }
    text
}

/// Appends a character, escaped if it would be a wildcard.
pub(super) fn push_literal(glob: &mut String, character: char) {
    if matches!(character, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '\\') {
        glob.push('\\');
    }
    glob.push(character);
}

/// Returns the text of tokens that are all literal.
pub(super) fn literal(tokens: &[GlobToken]) -> Option<String> {
    let character = |token: &GlobToken| if let GlobToken::Literal(character) = token { Some(*character) } else { None };
    tokens.iter().map(character).collect()
}

/// Returns the tokens of a text without wildcards.
pub(super) fn literals(text: &str) -> impl Iterator<Item = GlobToken> {
    text.chars().map(GlobToken::Literal)
}

/// Returns true if a class, the text between its brackets, contains a character.
pub(super) fn class_contains(class: &str, character: char) -> bool {
    let (is_negated, members) = match class.strip_prefix(['!', '^']) {
        Some(members) => (true, members),
        None => (false, class),
    };
    let members: Vec<char> = members.chars().collect();
    let is_range = |window: &[char]| matches!(window, [from, '-', to] if (*from..=*to).contains(&character));
    (members.contains(&character) || members.windows(3).any(is_range)) != is_negated
}

fn pieces(glob: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut depth = 0_usize;
    let mut characters = glob.chars().peekable();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '\\' => Piece::GlobToken(GlobToken::Literal(
                characters.next().ok_or_else(|| "not a valid glob: a backslash at its end".to_owned())?,
            )),
            '*' => Piece::GlobToken(GlobToken::Any),
            '?' => Piece::GlobToken(GlobToken::One),
            '[' => Piece::GlobToken(GlobToken::Class(class(&mut characters)?)),
            '{' if depth == MAX_DEPTH => return Err(format!("braces within braces, more than {MAX_DEPTH} levels")),
            '{' => {
                depth += 1;
                Piece::Open
            }
            '}' if depth > 0 => {
                depth -= 1;
                Piece::Close
            }
            '}' => return Err("not a valid glob: a brace is not opened".to_owned()),
            ',' if depth > 0 => Piece::Comma,
            _ => Piece::GlobToken(GlobToken::Literal(character)),
        });
    }
    Ok(pieces)
}

fn class(characters: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut text: String = characters.next_if(|next| matches!(next, '!' | '^')).into_iter().collect();
    // A bracket in the first place is a member.
    text.extend(characters.next());
    for character in characters {
        if character == ']' {
            return Ok(text);
        }
        text.push(character);
    }
    Err("not a valid glob: a bracket is not closed".to_owned())
}

/// Expands everything up to a comma or closing brace.
fn sequences(pieces: &mut Peekable<impl Iterator<Item = Piece>>) -> Result<Vec<Vec<GlobToken>>, String> {
    let mut all = vec![Vec::new()];
    while let Some(piece) = pieces.next_if(|piece| matches!(piece, Piece::GlobToken(_) | Piece::Open)) {
        match piece {
            Piece::GlobToken(token) => all.iter_mut().for_each(|tokens| tokens.push(token.clone())),
            Piece::Open | Piece::Comma | Piece::Close => all = product(&all, &group(pieces)?)?,
        }
    }
    Ok(all)
}

/// Expands a group after its opening brace.
fn group(pieces: &mut Peekable<impl Iterator<Item = Piece>>) -> Result<Vec<Vec<GlobToken>>, String> {
    let mut choices = Vec::new();
    loop {
        choices.extend(sequences(pieces)?);
        match pieces.next() {
            Some(Piece::Comma) => {}
            Some(Piece::Close) => return Ok(choices),
            Some(Piece::GlobToken(_) | Piece::Open) | None => {
                return Err("not a valid glob: a brace is not closed".to_owned());
            }
        }
    }
}

fn product(all: &[Vec<GlobToken>], choices: &[Vec<GlobToken>]) -> Result<Vec<Vec<GlobToken>>, String> {
    if all.len().saturating_mul(choices.len()) > MAX_ALTERNATIVES {
        return Err(format!(
            "its braces have more than {MAX_ALTERNATIVES} combinations: write several patterns instead"
        ));
    }
    let with = |tokens: &Vec<GlobToken>| {
        let tokens = tokens.clone();
        choices.iter().map(move |choice| [&tokens[..], choice].concat())
    };
    Ok(all.iter().flat_map(with).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_expanded() {
        for (glob, expected) in [
            ("", &[""][..]),
            ("a,b", &["a\\,b"]),
            ("{a,b{c,},}x", &["ax", "bcx", "bx", "x"]),
            ("{a,b}{1,2}", &["a1", "a2", "b1", "b2"]),
            ("\\{a\\*[]*{]?**", &["\\{a\\*[]*{]?**"]),
        ] {
            let found: Vec<_> = alternatives(glob).unwrap().iter().map(|tokens| text_of(tokens)).collect();
            assert_eq!(found, expected, "{glob}");
        }
        for glob in ["{a", "a}", "[a", "[", "[!", "a\\", "{a,{b}", &"{a,b}".repeat(9)] {
            assert!(alternatives(glob).is_err(), "{glob}");
        }
    }

    #[test]
    fn classes() {
        for (class, character, contains) in
            [("a-f", 'c', true), ("a-f", 'g', false), ("!a", 'a', false), ("^a", 'b', true), ("]-", '-', true)]
        {
            assert_eq!(class_contains(class, character), contains, "[{class}] {character}");
        }
    }
}
