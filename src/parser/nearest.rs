//! What somebody may have meant.

/// The name most like `text`, when one is alike enough: at most a third of its letters differ.
pub(super) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = names.map(|name| (distance(text, name), name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= name.chars().count().max(3)).then_some(name)
}

/// Letters to insert, remove or replace (Levenshtein), one row at a time.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut letters = to.chars();
        for (column, cell) in row.iter_mut().enumerate() {
            if column == 0 {
                *cell = index + 1;
                continue;
            }
            let replaced = diagonal + usize::from(letters.next() != Some(letter));
            diagonal = *cell;
            *cell = replaced.min(left + 1).min(diagonal + 1);
            left = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ() {
        for (from, to, letters) in
            [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3), ("auhtor", "author", 2)]
        {
            assert_eq!(distance(from, to), letters, "{from} {to}");
        }
        assert_eq!(nearest("auhtor", ["tag", "author"].into_iter()), Some("author"));
        assert_eq!(nearest("zebra", ["tag", "author"].into_iter()), None);
    }
}
