//! State directories that somebody or something has damaged: named, refused, never taken for new.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process::{crawl, end_of, log, records},
    site::Site,
};

const PAGES: usize = 100;
const PATH: &str = "/links?n=100&to=/page/";

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    Cut,
    Flip,
    Delete,
    Directory,
}

impl Damage {
    const ALL: [Self; 4] = [Self::Cut, Self::Flip, Self::Delete, Self::Directory];

    /// Damages a file, if that can be done to it.
    fn befall(self, file: &Path) -> bool {
        let mut bytes = fs::read(file).unwrap();
        // The engine allocates journals ahead: what counts is where something is written.
        let written = bytes.iter().rposition(|byte| *byte != 0);
        match (self, written) {
            (Self::Cut | Self::Flip, None) => return false,
            (Self::Cut, Some(last)) => fs::write(file, &bytes[..last / 2]).unwrap(),
            (Self::Flip, Some(last)) => {
                bytes[last / 2] ^= 16;
                fs::write(file, bytes).unwrap();
            }
            (Self::Delete, _) => fs::remove_file(file).unwrap(),
            (Self::Directory, _) => {
                fs::remove_file(file).unwrap();
                fs::create_dir(file).unwrap();
            }
        }
        true
    }
}

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path.strip_prefix(folder).unwrap().to_owned()) }
        }
    }
    found.sort();
    found
}

/// Copies `out.jsonl` and the state from one folder to a new one.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::copy(from.join("out.jsonl"), to.join("out.jsonl")).unwrap();
    for file in files(&from.join("state")) {
        let target = to.join("state").join(&file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(from.join("state").join(file), target).unwrap();
    }
}

pub(crate) fn state(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let output = command.arg("state").args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said.into_owned())
}

/// A crawl that a limit has ended in the middle.
fn begun(site: &Site) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let crawler = crawl(site, PATH, folder.path(), &["--state", "state", "--set", "limits.pages=40"]);
    assert_eq!(end_of(crawler).code(), Some(14), "{}", log(folder.path()));
    folder
}

/// Whether every page stands in the output once.
fn is_whole(folder: &Path) -> bool {
    let records = records(folder);
    let urls: BTreeSet<_> = records.iter().map(|record| record["url"].as_str().unwrap()).collect();
    (records.len(), urls.len()) == (PAGES + 1, PAGES + 1)
}

#[test]
fn damage_is_named_and_never_taken_for_new() {
    let site = Site::start();
    let begun = begun(&site);
    let before = fs::read(begun.path().join("out.jsonl")).unwrap();
    let mut faults = Vec::new();
    for file in files(&begun.path().join("state")) {
        // The engine's keyspaces are alike.
        if file.starts_with("data/keyspaces") && !file.starts_with("data/keyspaces/1") {
            continue;
        }
        for damage in Damage::ALL {
            let folder = tempfile::tempdir().unwrap();
            copy(begun.path(), folder.path());
            // Nothing is in the lock: that it is not a file is all that can be wrong with it.
            if file.ends_with("lock") || !damage.befall(&folder.path().join("state").join(&file)) {
                continue;
            }
            let crawler = crawl(&site, PATH, folder.path(), &["--state", "state"]);
            let (code, said) = (end_of(crawler).code(), log(folder.path()));
            let is_refused = code == Some(5) && fs::read(folder.path().join("out.jsonl")).unwrap() == before;
            // What nothing was lost by may pass: the engine has some of it twice.
            let is_whole = code == Some(0) && is_whole(folder.path());
            if !(is_refused || is_whole) || said.contains("panicked") {
                faults.push(format!("{} {damage:?}: {code:?}\n{said}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_state_directory_can_be_looked_into() {
    let site = Site::start();
    let begun = begun(&site);
    let length = fs::metadata(begun.path().join("out.jsonl")).unwrap().len();
    let (code, said) = state(begun.path(), &["ls", "state"]);
    assert!(code == Some(0) && said.contains(&format!("out.jsonl, {length} bytes committed")), "{said}");
    let (code, said) = state(begun.path(), &["check", "state"]);
    assert_eq!((code, said.as_str()), (Some(0), "`state` is sound\n"));

    let (code, said) = state(begun.path(), &["export", "state"]);
    let ended = said.lines().filter(|line| line.contains(r#""kind":"ended""#)).count();
    let queued = said.lines().filter(|line| line.contains(r#""kind":"queued""#)).count();
    assert_eq!((code, ended + queued), (Some(0), PAGES + 1), "{said}");
    assert_eq!(ended, records(begun.path()).len());
    assert_eq!(state(begun.path(), &["ls", "nothing"]).0, Some(5));
}

#[test]
fn what_can_be_read_is_saved() {
    let site = Site::start();
    let begun = begun(&site);
    let folder = tempfile::tempdir().unwrap();
    copy(begun.path(), folder.path());
    let data = folder.path().join("state/data");
    let journal = files(&data).into_iter().find(|file| file.extension().is_some_and(|end| end == "jnl")).unwrap();
    assert!(Damage::Flip.befall(&data.join(journal)));
    assert_eq!(state(folder.path(), &["check", "state"]).0, Some(5));
    let (code, said) = state(folder.path(), &["salvage", "state", "saved"]);
    assert!(code == Some(0) && said.contains("saved "), "{code:?} {said}");
    let (code, said) = state(folder.path(), &["check", "saved"]);
    assert_eq!(code, Some(0), "{said}");

    // A whole one is saved whole, and goes on.
    let (code, said) = state(begun.path(), &["salvage", "state", "saved"]);
    assert!(code == Some(0) && said.contains("lost 0 queued URLs; 0 places"), "{said}");
    let code = end_of(crawl(&site, PATH, begun.path(), &["--state", "saved"])).code();
    assert_eq!((code, records(begun.path()).len()), (Some(0), PAGES + 1), "{}", log(begun.path()));
}
