//! Records in a file, after crashes and with other people's files.

use std::fs;

use super::*;
use crate::sink::tests::record;

const ONE: &str = "{\"n\":1}\n";

fn in_directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.jsonl");
    (directory, path)
}

#[test]
fn file_has_one_writer_at_a_time() {
    let (_directory, path) = in_directory();
    let mut first = Jsonl::new(&path);
    first.recover(None).unwrap();
    let refused = Jsonl::new(&path).recover(None).unwrap_err().to_string();
    assert!(refused.contains("another crawl"), "{refused}");
    drop(first);
    Jsonl::new(&path).recover(None).unwrap();
}

/// Writes a record, commits it, writes another one and crashes. Returns the committed position.
fn crash(path: &Path) -> Position {
    let mut jsonl = Jsonl::new(path);
    jsonl.recover(None).unwrap();
    jsonl.write(&[record(1)]).unwrap();
    let position = jsonl.flush(Durability::Fsync).unwrap();
    jsonl.write(&[record(2)]).unwrap();
    jsonl.flush(Durability::Os).unwrap();
    position
}

#[test]
fn uncommitted_records_are_removed() {
    let (_directory, path) = in_directory();
    let position = crash(&path);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{ONE}{{\"n\":2}}\n"));
    let mut jsonl = Jsonl::replacing(&path);
    jsonl.recover(Some(&position)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), ONE);
    jsonl.write(&[record(3)]).unwrap();
    jsonl.flush(Durability::Os).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{ONE}{{\"n\":3}}\n"));
}

#[test]
fn another_file_is_refused_and_unchanged() {
    for (content, message) in [("{\"n\":9}\n{}", "differs"), ("{}", "has 2 bytes"), ("", "has 0 bytes")] {
        let (_directory, path) = in_directory();
        let position = crash(&path);
        fs::write(&path, content).unwrap();
        let error = Jsonl::new(&path).recover(Some(&position)).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("out.jsonl"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    let (directory, path) = in_directory();
    let position = crash(&path);
    let other = directory.path().join("other.jsonl");
    fs::rename(&path, &other).unwrap();
    assert!(Jsonl::new(&path).recover(Some(&position)).unwrap_err().to_string().contains("is missing"));
    assert!(!path.exists());
    assert!(Jsonl::new(&other).recover(Some(&position)).unwrap_err().to_string().contains("`out.jsonl`, not to"));
    assert!(Jsonl::new(&other).recover(Some(&Position(vec![9, 9].into()))).is_err());
}

#[test]
fn without_a_commit_only_a_torn_line_is_removed() {
    let long = format!("{ONE}{}", "x".repeat(3 * BUFFER));
    for (before, after) in
        [("", ""), (ONE, ONE), ("{\"n\":1}\n{\"n\"", ONE), ("{\"n\":1}", ONE), ("{\"n\":", ""), (long.as_str(), ONE)]
    {
        let (_directory, path) = in_directory();
        fs::write(&path, before).unwrap();
        let mut jsonl = Jsonl::new(&path);
        jsonl.recover(None).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
        // A pipeline that is rebuilt before the first commit: only the old content stays.
        jsonl.write(&[record(2)]).unwrap();
        jsonl.flush(Durability::Os).unwrap();
        jsonl.recover(None).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
    }
}

#[test]
fn without_a_position_only_a_torn_line_is_removed() {
    let news: [fn(&Path) -> Jsonl; 2] = [|path| Jsonl::new(path), |path| Jsonl::replacing(path)];
    for new in news {
        let (_directory, path) = in_directory();
        assert!(new(&path).adopt().unwrap_err().to_string().contains("is missing"));
        fs::write(&path, format!("{ONE}{{\"n\"")).unwrap();
        let mut jsonl = new(&path);
        jsonl.adopt().unwrap();
        jsonl.write(&[record(2)]).unwrap();
        jsonl.flush(Durability::Os).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{ONE}{{\"n\":2}}\n"));
    }
}

#[test]
fn replacing_empties_a_file_only_in_a_new_crawl() {
    let (_directory, path) = in_directory();
    fs::write(&path, "old\n").unwrap();
    let mut jsonl = Jsonl::replacing(&path);
    jsonl.recover(None).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    let position = jsonl.flush(Durability::Fsync).unwrap();
    fs::remove_file(&path).unwrap();
    Jsonl::replacing(&path).recover(Some(&position)).unwrap();
}

#[test]
fn device_has_no_position() {
    let mut jsonl = Jsonl::new("/dev/null");
    jsonl.recover(None).unwrap();
    jsonl.write(&[record(1)]).unwrap();
    assert_eq!(jsonl.flush(Durability::Fsync).unwrap(), Position::default());
    jsonl.recover(Some(&Position::default())).unwrap();
}

#[test]
fn full_disk_keeps_the_page_and_is_named() {
    let mut jsonl = Jsonl::new("/dev/full");
    jsonl.write(&[record(1)]).unwrap();
    assert!(jsonl.flush(Durability::Os).unwrap_err().to_string().contains("/dev/full"));
    assert_eq!(jsonl.buffer, ONE.as_bytes());
}
