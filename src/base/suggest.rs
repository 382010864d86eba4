//! "Did you mean": the name most similar to a word.

/// Returns the name most similar to `word`, if at most a third of its letters differ.
pub(crate) fn suggest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // No name is longer; the cut bounds the work.
    let word: String = word.chars().take(64).collect::<String>().to_ascii_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(&word, name), name))
        .filter(|(distance, name)| *distance <= (name.len().max(3)).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_or_none() {
        let names = ["page", "prefix", "host", "domain", "any", "host_concurrency"];
        for (word, name) in [
            ("hosts", Some("host")),
            ("Domian", Some("domain")),
            ("host-concurency", Some("host_concurrency")),
            ("everything", None),
            ("", None),
        ] {
            assert_eq!(suggest(word, names), name, "{word}");
        }
    }
}
