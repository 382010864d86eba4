//! Globs for hosts: `*.example.org`, or `127.0.0.1:8080` with a port.

use std::net::Ipv6Addr;

use globset::{Glob, GlobSet};
use url::{Host, Url};

use super::{
    build, glob_set,
    tokens::{GlobToken, alternatives, literal, literals, text_of},
};

/// Pattern for hosts, in canonical form.
#[derive(Clone, Debug)]
pub(crate) struct HostGlob {
    /// Compared with the name.
    names: GlobSet,
    /// Compared with name and port.
    with_port: GlobSet,
}

impl HostGlob {
    /// Parses a pattern for the name, or for name and port if it has a colon.
    ///
    /// # Errors
    /// Why it is not valid, or can never match.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected a host, such as *.example.org, 127.0.0.1:8080 or [::1]";
        let bad = |reason: String| format!("`{text}`: {reason}; {expected}");
        if text.trim().is_empty() {
            return Err(format!("must not be empty: {expected}"));
        }
        if text.contains("://") {
            return Err(bad("a URL is not a host".to_owned()));
        }
        let (mut names, mut with_port): (Vec<Glob>, Vec<Glob>) = (Vec::new(), Vec::new());
        for tokens in alternatives(text).map_err(bad)? {
            let (host, port) = split_port(&tokens);
            let mut glob = text_of(&canonical_host(host).map_err(bad)?);
            match port {
                None => names.push(build(&glob, true).map_err(bad)?),
                Some(port) => {
                    glob = glob + ":" + &text_of(&canonical_port(port).map_err(bad)?);
                    with_port.push(build(&glob, true).map_err(bad)?);
                }
            }
        }
        Ok(Self { names: glob_set(names).map_err(bad)?, with_port: glob_set(with_port).map_err(bad)? })
    }

    /// Returns true if the pattern matches the host of a URL.
    pub(crate) fn matches(&self, url: &Url) -> bool {
        let name = url.host_str().unwrap_or_default();
        let name = name.strip_suffix('.').unwrap_or(name);
        if self.names.is_match(name) {
            return true;
        }
        let port = url.port_or_known_default().unwrap_or_default();
        !self.with_port.is_empty() && self.with_port.is_match(format!("{name}:{port}"))
    }
}

/// Splits the port off. The colons of an IPv6 address do not count.
pub(super) fn split_port(tokens: &[GlobToken]) -> (&[GlobToken], Option<&[GlobToken]>) {
    let colons = tokens.iter().filter(|token| **token == GlobToken::Literal(':')).count();
    let last = tokens.iter().rposition(|token| *token == GlobToken::Literal(':'));
    match last {
        Some(at) if colons == 1 => (tokens.get(..at).unwrap_or_default(), tokens.get(at + 1..)),
        Some(_) | None => (tokens, None),
    }
}

/// Returns the canonical form of a port.
pub(super) fn canonical_port(tokens: &[GlobToken]) -> Result<Vec<GlobToken>, String> {
    let Some(text) = literal(tokens) else { return Ok(tokens.to_vec()) };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse::<u16>().ok().filter(|_| is_number);
    port.map(|port| literals(&port.to_string()).collect()).ok_or_else(|| format!("`{text}` is not a port"))
}

/// Returns the canonical form of a host: IDNA, lower case, addresses as in URLs, no final dot.
pub(super) fn canonical_host(tokens: &[GlobToken]) -> Result<Vec<GlobToken>, String> {
    let tokens = match tokens {
        [rest @ .., GlobToken::Literal('.')] => rest,
        _ => tokens,
    };
    if let Some(address) = ipv6(tokens) {
        return address;
    }
    if let Some(text) = literal(tokens) {
        return Ok(literals(&canonical_name(&text)?).collect());
    }
    let mut canonical = Vec::new();
    for (index, label) in tokens.split(is_dot).enumerate() {
        if index > 0 {
            canonical.push(GlobToken::Literal('.'));
        }
        canonical.extend(canonical_label(label)?);
    }
    Ok(canonical)
}

/// Returns the canonical form of a host, as it is in URLs. A final dot is removed.
pub(crate) fn canonical_name(text: &str) -> Result<String, String> {
    let invalid = || format!("`{text}` is not a valid host");
    let host = match text.parse::<Ipv6Addr>() {
        Ok(address) => Host::Ipv6(address),
        Err(_) => Host::parse(text).map_err(|_| invalid())?,
    };
    let name = host.to_string();
    let name = name.strip_suffix('.').unwrap_or(&name);
    // The `url` crate accepts wildcards and empty labels in names.
    let is_name =
        !name.is_empty() && !name.contains('*') && name.split('.').all(|label| (1..64).contains(&label.len()));
    if is_name || matches!(host, Host::Ipv6(_)) { Ok(name.to_owned()) } else { Err(invalid()) }
}

/// Dots of a name: of those in other scripts IDNA makes ASCII ones.
fn is_dot(token: &GlobToken) -> bool {
    matches!(token, GlobToken::Literal('.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}'))
}

/// Returns the canonical form of an IPv6 address, with or without brackets. `None` for other hosts.
fn ipv6(tokens: &[GlobToken]) -> Option<Result<Vec<GlobToken>, String>> {
    let inner = match tokens {
        // In globs these brackets are a class of characters.
        [GlobToken::Class(text)] if text.contains(':') => text.clone(),
        _ => text_of(tokens),
    };
    if !inner.contains(':') {
        return None;
    }
    let is_address = inner.chars().all(|character| character.is_ascii_hexdigit() || ":.*?".contains(character));
    let canonical = match inner.parse::<Ipv6Addr>() {
        Ok(address) => literals(&in_brackets(address)).collect(),
        Err(_) if is_address && inner.contains(['*', '?']) => {
            let wildcards = inner.to_ascii_lowercase();
            let token = |character| match character {
                '*' => GlobToken::Any,
                '?' => GlobToken::One,
                _ => GlobToken::Literal(character),
            };
            wildcards.chars().map(token).collect::<Vec<_>>()
        }
        Err(_) => return Some(Err(format!("`{inner}` is neither an IPv6 address nor a host and a port"))),
    };
    let brackets = |text: Vec<GlobToken>| [&[GlobToken::Literal('[')], &text[..], &[GlobToken::Literal(']')]].concat();
    Some(Ok(brackets(canonical)))
}

/// Text of an address between the brackets of a URL. Its `Display` would write some addresses with a dotted end.
fn in_brackets(address: Ipv6Addr) -> String {
    Host::<String>::Ipv6(address).to_string().trim_matches(['[', ']']).to_owned()
}

fn canonical_label(label: &[GlobToken]) -> Result<Vec<GlobToken>, String> {
    if label.is_empty() {
        return Err("two dots in a row, or a dot at the start".to_owned());
    }
    if let Some(text) = literal(label)
        && !text.is_ascii()
    {
        return Ok(literals(&canonical_name(&text)?).collect());
    }
    label.iter().map(canonical_token).collect()
}

fn canonical_token(token: &GlobToken) -> Result<GlobToken, String> {
    match token {
        GlobToken::Any | GlobToken::One => Ok(token.clone()),
        GlobToken::Literal(character) if character.is_ascii_alphanumeric() || "-_".contains(*character) => {
            Ok(GlobToken::Literal(character.to_ascii_lowercase()))
        }
        GlobToken::Literal(character) if character.is_ascii() => Err(format!("{character:?} is not allowed in a host")),
        GlobToken::Class(members) if members.is_ascii() => Ok(GlobToken::Class(members.to_ascii_lowercase())),
        GlobToken::Literal(_) | GlobToken::Class(_) => {
            Err("a label with a wildcard must be ASCII; write it in its form with xn--".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_match_in_canonical_form() {
        for (pattern, url, matches) in [
            ("*.example.org", "http://a.EXAMPLE.org./", true),
            ("*.example.org", "http://example.org/", false),
            ("*.Bücher.example", "http://shop.bücher.example/", true),
            ("BÜCHER。example", "https://xn--bcher-kva.example:8443/", true),
            ("xn--BCHER-kva.example.", "https://bücher.example/", true),
            ("{bü,fü}cher.example:80", "http://fücher.example/", true),
            ("b%C3%BCcher.example", "http://bücher.example/", true),
            ("[::1]", "http://[::1]:8080/", true),
            ("0:0:0:0:0:0:0:1", "http://[::1]/", true),
            ("[0::1]:8080", "http://[::1]:8080/", true),
            ("[::1]:8080", "http://[::1]/", false),
            ("[2001:DB8:*]:*", "http://[2001:db8::7]/", true),
            ("2001:db8::*", "http://[2001:db8::7]/", true),
            ("::ffff:127.0.0.1", "http://[::ffff:7f00:1]/", true),
            ("0x7f.1:080", "http://127.0.0.1/", true),
            ("127.0.0.*:8080", "http://127.0.0.9:8080/", true),
            ("host[0-9].example", "http://host7.example/", true),
            ("*", "http://[::1]/", true),
        ] {
            let glob = HostGlob::parse(pattern).unwrap();
            assert_eq!(glob.matches(&url.parse().unwrap()), matches, "{pattern} {url}");
        }
    }

    #[test]
    fn patterns_that_never_match_are_refused() {
        for text in [
            "",
            " ",
            "a b",
            " a.example",
            "http://a.example",
            "a.example/x",
            "a..example",
            ".a.example",
            "*..a",
            "u@a",
            "a.example:http",
            "a.example:99999",
            "a.example:",
            ":80",
            "[::1",
            "[::g]",
            "1:2:3",
            "b?ü.example",
            "a#b",
            "{a,b",
            "300.1.1.1",
            "a.example:80:80",
            "//a.example",
        ] {
            let error = HostGlob::parse(text).unwrap_err();
            assert!(error.contains(text) && error.contains("expected a host"), "{text}: {error}");
        }
    }
}
