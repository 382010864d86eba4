//! Parts of multipart forms in the syntax of `curl -F`.

use std::fs;

use lycosa::Part;

/// Parses a part: `NAME=VALUE`, `NAME=@FILE` (a file) or `NAME=<FILE` (a field with the text of a file), optionally followed
/// by `;type=MEDIA-TYPE` and `;filename=NAME`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn part(text: &str) -> Result<Part, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, NAME=@FILE or NAME=<FILE")?;
    let (value, file_name) = take(value, ";filename=");
    let (value, media_type) = take(&value, ";type=");
    let part = match value.split_at_checked(1) {
        Some(("@", path)) => Part::file(name, base_name(path), read(path)?),
        Some(("<", path)) => Part::field(name, String::from_utf8_lossy(&read(path)?)),
        Some(_) | None => Part::field(name, value),
    };
    let part = media_type.into_iter().fold(part, Part::media_type);
    Ok(file_name.into_iter().fold(part, Part::file_name))
}

/// Splits off an option. Returns the text without it, and its value.
fn take<'a>(text: &'a str, option: &str) -> (String, Option<&'a str>) {
    let Some((before, rest)) = text.split_once(option) else { return (text.to_owned(), None) };
    let (value, after) = rest.split_at(rest.find(";type=").or(rest.find(";filename=")).unwrap_or(rest.len()));
    (format!("{before}{after}"), Some(value.trim_matches('"')))
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_the_syntax_of_curl() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "text").unwrap();
        let path = path.to_str().unwrap();
        for (text, wanted) in [
            ("a=b=c".to_owned(), Part::field("a", "b=c")),
            ("a=".to_owned(), Part::field("a", "")),
            ("a=b;type=text/x".to_owned(), Part::field("a", "b").media_type("text/x")),
            (format!("f=@{path}"), Part::file("f", "a.txt", "text")),
            (format!("f=<{path}"), Part::field("f", "text")),
            (
                format!("f=@{path};filename=\"b;c\";type=text/plain; charset=utf-8"),
                Part::file("f", "b;c", "text").media_type("text/plain; charset=utf-8"),
            ),
            (format!("f=@{path};type=text/x;filename=n"), Part::file("f", "n", "text").media_type("text/x")),
        ] {
            assert_eq!(part(&text), Ok(wanted), "{text}");
        }
        assert!(part("a").is_err() && part("a=@/no/such/file").unwrap_err().starts_with("/no/such/file: "));
    }
}
