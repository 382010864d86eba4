//! Globs for whole URLs.

use globset::Glob;
use url::Url;

use super::{
    build,
    host::{canonical_host, canonical_port, split_port},
    tokens::{GlobToken, alternatives, class_contains, literal, push_literal, text_of},
};
use crate::urls::canonical::{canonical, canonical_url, escaped};

/// Returns the globs of a pattern for whole URLs, in canonical form. A URL matches the pattern if it matches one of them.
///
/// # Errors
/// Why it is not valid, or can never match.
pub(crate) fn url_globs(text: &str) -> Result<Vec<Glob>, String> {
    check_characters(text)?;
    let mut globs = Vec::new();
    let mut error = None;
    for tokens in alternatives(text)? {
        match canonical_globs(&tokens) {
            Ok(canonical) => globs.extend(canonical),
            // Of `{http,ftp}://*`, one alternative can match.
            Err(message) => error = Some(message),
        }
    }
    match error {
        Some(message) if globs.is_empty() => Err(message),
        Some(_) | None => globs.iter().map(|glob| build(glob, false)).collect(),
    }
}

/// Refuses characters that no URL contains.
pub(super) fn check_characters(glob: &str) -> Result<(), String> {
    if glob.is_empty() {
        return Err("must not be empty".to_owned());
    }
    let outside = glob.split('[').map(|part| part.split_once(']').map_or(part, |(_, after)| after));
    match outside.flat_map(str::chars).find(|character| *character <= ' ' || matches!(character, '#' | '\u{7f}')) {
        None => Ok(()),
        Some(' ') => Err("can never match, because no URL contains a space: write %20 instead".to_owned()),
        Some('#') => {
            Err("can never match, because the crawl removes fragments (#...) from URLs: omit the fragment, or \
                          write %23 for this character"
                .to_owned())
        }
        Some(character) => Err(format!("can never match, because no URL contains {character:?}")),
    }
}

/// Returns the canonical spellings of one alternative.
fn canonical_globs(tokens: &[GlobToken]) -> Result<Vec<String>, String> {
    if let Some(text) = literal(tokens) {
        return literal_url(&text).map(|url| vec![url]);
    }
    let never = "can never match, because the crawl has only http and https URLs: begin the pattern with *, http:// or https://";
    if let Some(at) = slashes(tokens) {
        let (scheme, rest) = tokens.split_at(at);
        let scheme: Vec<_> = scheme.iter().map(lower_case).collect();
        let rest = rest.get(2..).unwrap_or_default();
        if !["http:", "https:"].iter().any(|start| can_match(&scheme, start)) {
            return Err(never.to_owned());
        }
        return with_authority(&scheme, rest);
    }
    if !["http://x", "https://x"].iter().any(|start| can_start(tokens, start)) {
        return Err(never.to_owned());
    }
    let mut globs = vec![canonical_text(tokens)?];
    globs.extend(with_host_at_start(tokens));
    Ok(globs)
}

/// Returns the glob of a pattern without wildcards: a URL.
fn literal_url(text: &str) -> Result<String, String> {
    let way_out = "begin the pattern with *, http:// or https://";
    let url = Url::parse(text)
        .map_err(|error| format!("can never match, because it is not a valid URL ({error}): {way_out}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("can never match, because the crawl has only http and https URLs: {way_out}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("can never match, because the crawl removes user and password from URLs: omit them".to_owned());
    }
    let mut glob = String::new();
    canonical(canonical_url(&url).as_str()).chars().for_each(|character| push_literal(&mut glob, character));
    Ok(glob)
}

/// Returns the index of the two slashes before a host. `None` if they are somewhere else, or if there are none.
fn slashes(tokens: &[GlobToken]) -> Option<usize> {
    let at = tokens.windows(2).position(|pair| *pair == [GlobToken::Literal('/'), GlobToken::Literal('/')])?;
    let scheme = tokens.get(..at)?;
    let is_in_scheme = |token: &GlobToken| match token {
        GlobToken::Literal(character) => character.is_ascii_alphanumeric() || "+-.:".contains(*character),
        GlobToken::Any | GlobToken::One | GlobToken::Class(_) => true,
    };
    // After `*` the slashes may also be in a path, so only those of `*//` and `*://` count.
    let (last, before) = scheme.split_last()?;
    let has_scheme = *last == GlobToken::Literal(':') || (*last == GlobToken::Any && before.is_empty());
    (has_scheme && scheme.iter().all(is_in_scheme)).then_some(at)
}

/// Returns the canonical spellings of a pattern with a scheme and a host. `rest` is what follows the slashes.
fn with_authority(scheme: &[GlobToken], rest: &[GlobToken]) -> Result<Vec<String>, String> {
    let end = rest.iter().position(|token| *token == GlobToken::Literal('/')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // A wildcard can match slashes, too. Then the rest may be a part of the path.
    let is_open = authority.iter().any(|token| matches!(token, GlobToken::Any | GlobToken::One));
    let (host, port) = split_port(authority);
    let host = match canonical_host(host) {
        Ok(host) => text_of(&host),
        Err(_) if is_open => return Ok(vec![text_of(scheme) + "//" + &canonical_text(rest)?]),
        Err(message) => {
            return Err(format!("can never match: {message}; expected a pattern such as http://www.example.org/*"));
        }
    };
    let port = match port.map(canonical_port).transpose() {
        Ok(port) => port,
        Err(_) if is_open => return Ok(vec![text_of(scheme) + "//" + &canonical_text(rest)?]),
        Err(message) => {
            return Err(format!("can never match: {message}; expected a pattern such as http://www.example.org/*"));
        }
    };
    let path = if path.is_empty() && !is_open { "/".to_owned() } else { canonical_text(path)? };
    let mut globs = Vec::new();
    // URLs do not contain the default port of their scheme.
    for (name, default) in [("http:", "80"), ("https:", "443")] {
        let is_default = port.as_ref().is_some_and(|port| literal(port).as_deref() == Some(default));
        if is_default && can_match(scheme, name) {
            globs.push(format!("{name}//{host}{path}"));
        }
    }
    let is_literal = literal(scheme).is_some();
    if globs.is_empty() || !is_literal {
        let port = port.map_or_else(String::new, |port| format!(":{}", text_of(&port)));
        globs.push(format!("{}//{host}{port}{path}", text_of(scheme)));
    }
    Ok(globs)
}

/// Returns the spelling of a pattern such as `*.bücher.example/*` whose start is meant as a host.
fn with_host_at_start(tokens: &[GlobToken]) -> Option<String> {
    let end = tokens.iter().position(|token| matches!(token, GlobToken::Literal('/' | ':'))).unwrap_or(tokens.len());
    let (host, rest) = tokens.split_at_checked(end)?;
    let is_ascii = host.iter().all(|token| !matches!(token, GlobToken::Literal(character) if !character.is_ascii()));
    if is_ascii || host.first() != Some(&GlobToken::Any) {
        return None;
    }
    // Without a dot, as in `*bücher.example`, the first label may be the whole name.
    let name = match host.get(1) {
        Some(GlobToken::Literal('.')) => text_of(&canonical_host(host).ok()?),
        Some(_) | None => "*".to_owned() + &text_of(&canonical_host(host.get(1..)?).ok()?),
    };
    Some(name + &canonical_text(rest).ok()?)
}

fn lower_case(token: &GlobToken) -> GlobToken {
    match token {
        GlobToken::Literal(character) => GlobToken::Literal(character.to_ascii_lowercase()),
        GlobToken::Any | GlobToken::One | GlobToken::Class(_) => token.clone(),
    }
}

/// Returns true if tokens can match a whole text.
fn can_match(tokens: &[GlobToken], text: &str) -> bool {
    match tokens.split_first() {
        None => text.is_empty(),
        Some((GlobToken::Any, rest)) => {
            text.char_indices().any(|(at, _)| can_match(rest, text.get(at..).unwrap_or_default()))
                || can_match(rest, "")
        }
        Some((token, rest)) => {
            let mut characters = text.chars();
            characters.next().is_some_and(|first| is_at(token, first)) && can_match(rest, characters.as_str())
        }
    }
}

/// Returns true if tokens can match a text that starts like this one.
fn can_start(tokens: &[GlobToken], start: &str) -> bool {
    let mut tokens = tokens.iter();
    for character in start.chars() {
        match tokens.next() {
            Some(GlobToken::Any) => return true,
            // The last character of `start` is any host.
            Some(token) if is_at(token, character) || character == 'x' => {}
            Some(_) | None => return false,
        }
    }
    true
}

fn is_at(token: &GlobToken, character: char) -> bool {
    match token {
        GlobToken::Literal(own) => *own == character,
        GlobToken::Any | GlobToken::One => true,
        GlobToken::Class(class) => class_contains(class, character),
    }
}

/// Returns the canonical form of tokens in a path or query.
pub(super) fn canonical_text(tokens: &[GlobToken]) -> Result<String, String> {
    let mut glob = String::new();
    for part in tokens.chunk_by(|one, other| matches!((one, other), (GlobToken::Literal(_), GlobToken::Literal(_)))) {
        match part {
            [GlobToken::Class(members)] => glob.push_str(&canonical_class(members)?),
            [GlobToken::Any | GlobToken::One] => glob.push_str(&text_of(part)),
            _ => push_canonical(&mut glob, &literal(part).unwrap_or_default()),
        }
    }
    Ok(glob)
}

/// Appends a text as it is in canonical URLs.
fn push_canonical(glob: &mut String, text: &str) {
    for character in escaped(text).chars() {
        match character {
            // These are escaped either in paths or in queries.
            '\'' | '`' | '{' | '}' | '^' => {
                glob.push('{');
                push_literal(glob, character);
                glob.push_str(&format!(",%{:02X}}}", u32::from(character)));
            }
            _ => push_literal(glob, character),
        }
    }
}

/// Returns the canonical form of a class. Members that are not ASCII become alternatives, because URLs escape them.
fn canonical_class(members: &str) -> Result<String, String> {
    if members.is_ascii() {
        return Ok(format!("[{members}]"));
    }
    let is_list = !members.starts_with(['!', '^']) && !members.contains('-');
    if !is_list {
        return Err(format!("[{members}] can have a range or ! only with ASCII characters: write {{a,b}} instead"));
    }
    let choices: Vec<_> =
        members.chars().map(|member| canonical_text(&[GlobToken::Literal(member)])).collect::<Result<_, _>>()?;
    Ok(format!("{{{}}}", choices.join(",")))
}
