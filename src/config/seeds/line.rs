//! A seed written as a line: `URL key=value ...`.

use super::request::SeedConfig;
use crate::{base::suggest::suggest, http::request::Request};

/// Parses a seed line: `URL key=value ...`.
///
/// Keys are `label`, `priority`, `depth`, `method`, `proxy`, `jar`, `revisit`, `body`, `header=Name:Value`,
/// `query=name:value`, `form=name:value` and `meta.name=value`. Values with white space must be quoted. Without a scheme,
/// `example.com` means https, `localhost` and addresses mean http.
///
/// ```
/// let seed = lycosa::parse_seed("127.0.0.1:8080/search label=results form='q:garden spiders'")?;
/// assert_eq!(seed.url().as_str(), "http://127.0.0.1:8080/search");
/// assert_eq!(seed.body(), b"q=garden+spiders");
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// What is wrong with it.
pub fn parse_seed(text: &str) -> Result<Request, String> {
    let mut words = Words(trim(text));
    let mut seed = SeedConfig { url: words.next().transpose()?.ok_or("no URL")?, ..SeedConfig::default() };
    for word in words {
        let word = word?;
        let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}`: expected key=value"))?;
        set(&mut seed, key, value)?;
    }
    seed.to_request()
}

/// Removes white space and invisible characters at both ends. Files that were joined have byte order marks inside.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
    })
}

fn set(seed: &mut SeedConfig, key: &str, value: &str) -> Result<(), String> {
    let pair = || {
        let (name, text) =
            value.split_once(':').ok_or_else(|| format!("`{key}={value}`: expected {key}=name:value"))?;
        Ok::<_, String>((name.to_owned(), text.trim_start().to_owned()))
    };
    match key {
        "label" => seed.label = Some(value.to_owned()),
        "priority" => {
            seed.priority =
                value.parse().map_err(|_| format!("priority: `{value}` is not a number from -128 to 127"))?
        }
        "depth" => {
            seed.depth = value.parse().map_err(|_| format!("depth: `{value}` is not a number from 0 to 65535"))?
        }
        "method" => value.clone_into(&mut seed.method),
        "proxy" => seed.proxy = Some(value.to_owned()),
        "jar" => seed.jar = Some(value.to_owned()),
        "revisit" => {
            seed.revisit = value.parse().map_err(|_| format!("revisit: `{value}` is neither true nor false"))?
        }
        "body" => seed.body = Some(value.to_owned()),
        "header" => seed.headers.0.push(pair()?),
        "query" => seed.query.0.push(pair()?),
        "form" => seed.form.0.push(pair()?),
        _ => match key.strip_prefix("meta.") {
            Some(name) if !name.is_empty() => drop(seed.meta.insert(name.to_owned(), value.into())),
            _ => return Err(unknown(key)),
        },
    }
    Ok(())
}

fn unknown(key: &str) -> String {
    let keys =
        ["label", "priority", "depth", "method", "proxy", "jar", "revisit", "body", "header", "query", "form", "meta."];
    match suggest(key, keys) {
        Some(name) => format!("`{key}` is unknown, did you mean `{name}`?"),
        None => format!("`{key}` is unknown, expected one of {}", keys.join(", ")),
    }
}

/// The words of a line, separated by white space. After `=` a word may be quoted. A word that starts with `#` ends the line.
struct Words<'a>(&'a str);

impl Iterator for Words<'_> {
    type Item = Result<String, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.0.trim_start();
        if line.is_empty() || line.starts_with('#') {
            self.0 = "";
            return None;
        }
        let mut word = String::new();
        let mut quote = None;
        let mut end = line.len();
        for (at, character) in line.char_indices() {
            match (quote, character) {
                (Some(open), _) if open == character => quote = None,
                (Some(_), _) => word.push(character),
                (None, '"' | '\'') if word.ends_with('=') && word.matches('=').count() == 1 => quote = Some(character),
                (None, _) if character.is_whitespace() => {
                    end = at;
                    break;
                }
                (None, _) => word.push(character),
            }
        }
        self.0 = line.get(end..).unwrap_or_default();
        Some(if quote.is_some() { Err(format!("`{word}`: quote is not closed")) } else { Ok(word) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Method;

    #[test]
    fn missing_schemes_are_added() {
        for (text, url) in [
            ("example.com", "https://example.com/"),
            ("example.com:8443/x?y#z", "https://example.com:8443/x?y"),
            ("//example.com/a", "https://example.com/a"),
            ("\\/\\example.com/a", "https://example.com/a"),
            ("http:\\\\example.com/a", "http://example.com/a"),
            ("HTTP:/example.com./a", "http://example.com/a"),
            ("https:////example.com/a", "https://example.com/a"),
            ("example.com/?u=http://b.example/", "https://example.com/?u=http://b.example/"),
            ("http://example.com", "http://example.com/"),
            ("127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
            ("[::1]:80", "http://[::1]/"),
            ("localhost/a=b", "http://localhost/a=b"),
            ("  a.localhost:1  # mine", "http://a.localhost:1/"),
            ("\u{feff}a.example", "https://a.example/"),
            (" \u{200b}http://a.example/x\u{feff}\r\n", "http://a.example/x"),
        ] {
            assert_eq!(parse_seed(text).unwrap().url().as_str(), url, "{text}");
        }
    }

    #[test]
    fn all_keys_of_a_line() {
        let line = r#"a.example/?x=1 label=list priority=-3 depth=2 method=PUT header="X-Own: a b" query=y:2 query=z:
            form='q:garden spiders' form=page:1 proxy=http://127.0.0.1:3128 meta.shop=7"#;
        let seed = parse_seed(line).unwrap();
        assert_eq!(seed.url().as_str(), "https://a.example/?x=1&y=2&z=");
        assert_eq!((seed.label_name().map(AsRef::as_ref), seed.priority_value()), (Some("list"), -3));
        assert_eq!((seed.depth_value(), seed.method().as_str()), (2, "PUT"));
        assert!(seed.headers().contains(&("X-Own".to_owned(), "a b".to_owned())));
        assert_eq!((seed.body(), seed.proxy_url()), (&b"q=garden+spiders&page=1"[..], Some("http://127.0.0.1:3128")));
        assert_eq!(seed.meta_value(), serde_json::json!({"shop": "7"}));
        assert!(seed.is_seed());
        assert_eq!(parse_seed("a.example body={}").unwrap().method(), &Method::Post);
    }

    #[test]
    fn invalid_seeds() {
        for (text, message) in [
            ("", "no URL"),
            ("# x", "no URL"),
            ("ftp://a.example/", "neither http"),
            ("mailto:a@b", "not a valid URL"),
            ("http://", "not a valid URL"),
            ("a.example lable=x", "did you mean `label`"),
            ("a.example x", "key=value"),
            ("a.example priority=200", "from -128 to 127"),
            ("a.example header=x", "header=name:value"),
            ("a.example header='X:\u{1}'", "control character"),
            ("a.example body='x", "not closed"),
            ("a.example body=x form=a:b", "only one"),
            ("a.example proxy=ftp://x", "http://"),
            ("a.example method=G\u{e9}T", "not a valid HTTP method"),
        ] {
            let error = parse_seed(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
