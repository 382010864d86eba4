//! State directories that somebody or something has damaged: named, refused, never taken for new.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use crate::{
    process::{crawl, end_of, log, records},
    site::Site,
};

const PAGES: usize = 100;
const PATH: &str = "/links?n=100&to=/page/";

/// Cases under way at the same time.
const AT_A_TIME: usize = 4;

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

/// What of these cases shows a fault, a few cases at a time.
fn faults<C: Sync>(cases: &[C], fault: impl Fn(&C) -> Option<String> + Sync) -> Vec<String> {
    let part = |part| cases.iter().skip(part).step_by(AT_A_TIME).filter_map(&fault).collect::<Vec<_>>();
    thread::scope(|scope| {
        let parts: Vec<_> = (0..AT_A_TIME).map(|index| scope.spawn(move || part(index))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// Every file but those of the keyspaces that are like the first, with everything that can be done to it.
fn damages(folder: &Path) -> Vec<(PathBuf, Damage)> {
    let state = folder.join("state");
    let is_told = |file: &PathBuf| {
        let keyspace = file.strip_prefix("data/keyspaces").ok();
        keyspace.is_none_or(|inside| inside.starts_with("0") || inside.starts_with("1")) && !is_superseded(&state, file)
    };
    let files = files(&state).into_iter().filter(is_told);
    files.flat_map(|file| Damage::ALL.map(|damage| (file.clone(), damage))).collect()
}

/// A list of tables that is not the current one of its keyspace: the engine deletes it unread when it is opened.
fn is_superseded(state: &Path, file: &Path) -> bool {
    let number = file.file_name().unwrap().to_str().unwrap().strip_prefix('v').and_then(|number| number.parse().ok());
    number.is_some_and(|number: u64| {
        let current = fs::read(state.join(file).with_file_name("current")).unwrap();
        number < u64::from_le_bytes(current[..8].try_into().unwrap())
    })
}

/// That they are locked is all that matters of them: a new one is as good.
fn is_as_good(file: &Path, damage: Damage) -> bool {
    (file == Path::new("lock") || file == Path::new("data/lock")) && damage == Damage::Delete
}

#[test]
fn damage_is_named_and_never_taken_for_new() {
    let site = Site::start();
    let begun = begun(&site);
    let before = fs::read(begun.path().join("out.jsonl")).unwrap();
    let cases = damages(begun.path());
    let faults = faults(&cases, |(file, damage)| {
        let folder = tempfile::tempdir().unwrap();
        copy(begun.path(), folder.path());
        if !damage.befall(&folder.path().join("state").join(file)) {
            return None;
        }
        let crawler = crawl(&site, PATH, folder.path(), &["--state", "state"]);
        let (code, said) = (end_of(crawler).code(), log(folder.path()));
        let is_untouched = fs::read(folder.path().join("out.jsonl")).unwrap() == before;
        let has_way_out = said.contains("state salvage state");
        let is_named = code == Some(5) && is_untouched && said.contains("damaged") && has_way_out;
        let (check, checked) = state(folder.path(), &["check", "state"]);
        let is_right = if is_as_good(file, *damage) {
            (code, check) == (Some(0), Some(0))
        } else {
            is_named && check == Some(5) && checked.contains("`state")
        };
        let is_fault = !is_right || said.contains("panicked");
        is_fault.then(|| format!("{} {damage:?}: {code:?}\n{said}{check:?} {checked}", file.display()))
    });
    assert!(faults.is_empty() && cases.len() >= 40, "of {}:\n{}", cases.len(), faults.join("\n"));
}

#[test]
fn what_can_be_read_is_saved_whatever_is_damaged() {
    let site = Site::start();
    let begun = begun(&site);
    let faults = faults(&damages(begun.path()), |(file, damage)| {
        let folder = tempfile::tempdir().unwrap();
        // Whatever stood in a file, it is lost; and without a lock that can be locked nothing is touched.
        if matches!(damage, Damage::Cut | Damage::Directory) || file == Path::new("lock") {
            return None;
        }
        copy(begun.path(), folder.path());
        if !damage.befall(&folder.path().join("state").join(file)) {
            return None;
        }
        let (code, said) = state(folder.path(), &["salvage", "state", "saved"]);
        let (sound, check) = state(folder.path(), &["check", "saved"]);
        let is_all = said.contains("lost 0 queued URLs") || file.extension().is_some_and(|end| end == "jnl");
        let is_right = (code, sound, is_all) == (Some(0), Some(0), true) && !said.contains("panicked");
        (!is_right).then(|| format!("{} {damage:?}: {code:?} {said}{sound:?} {check}", file.display()))
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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
fn what_is_whole_is_saved_whole_and_goes_on() {
    let site = Site::start();
    let begun = begun(&site);
    let (code, said) = state(begun.path(), &["salvage", "state", "saved"]);
    assert!(code == Some(0) && said.contains("lost 0 queued URLs; 0 places"), "{said}");
    let code = end_of(crawl(&site, PATH, begun.path(), &["--state", "saved"])).code();
    assert_eq!((code, records(begun.path()).len()), (Some(0), PAGES + 1), "{}", log(begun.path()));
}

/// URLs enough to fill a table.
const MANY: usize = 10_000;

/// A crawl that has met [`MANY`] URLs and ended after the first page.
fn begun_wide(site: &Site) -> (tempfile::TempDir, String) {
    let begun = tempfile::tempdir().unwrap();
    let limits = ["--state", "state", "--set", "limits.pages=1", "--set", "store.memory=16 MiB"];
    let path = format!("/links?n={MANY}&to=/page/a-name-of-some-length-so-that-they-fill-a-table/");
    let crawler = crawl(site, &path, begun.path(), &limits);
    assert_eq!(end_of(crawler).code(), Some(14), "{}", log(begun.path()));
    (begun, path)
}

#[test]
fn no_record_is_cut_of_an_output_whose_position_is_lost() {
    let site = Site::start();
    let (begun, path) = begun_wide(&site);
    // The table of the queue is newer than what a journal without its end has of the positions.
    for damage in [Damage::Cut, Damage::Delete] {
        let folder = tempfile::tempdir().unwrap();
        copy(begun.path(), folder.path());
        let before = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
        assert!(damage.befall(&folder.path().join("state/data/0.jnl")));
        let (code, said) = state(folder.path(), &["salvage", "state", "saved"]);
        let is_told = said.contains("output out.jsonl: position lost") && !said.contains(" 0 places");
        assert!(code == Some(0) && is_told && said.contains("missing or incomplete"), "{damage:?}: {code:?} {said}");
        let saved: usize = said.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(saved > MANY / 2, "{damage:?}: {said}");

        let crawler = crawl(&site, &path, folder.path(), &["--state", "saved", "--set", "limits.pages=3"]);
        let (code, log) = (end_of(crawler).code(), log(folder.path()));
        let after = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
        assert!(code == Some(14) && log.contains("output position lost"), "{code:?} {log}");
        assert!(after.starts_with(&before) && after.len() > before.len() && !before.is_empty(), "{damage:?}: {after}");
        let (code, said) = state(folder.path(), &["ls", "saved"]);
        assert!(code == Some(0) && said.contains(&format!("out.jsonl, {} bytes committed", after.len())), "{said}");
    }
}

#[test]
fn damage_in_a_table_is_named_and_the_rest_is_saved() {
    let site = Site::start();
    let (begun, _) = begun_wide(&site);

    let is_queue = |file: &PathBuf| file.starts_with("data/keyspaces/2/tables");
    let table = files(&begun.path().join("state")).into_iter().find(is_queue).expect("the queue has a table");
    for damage in Damage::ALL {
        let folder = tempfile::tempdir().unwrap();
        copy(begun.path(), folder.path());
        assert!(damage.befall(&folder.path().join("state").join(&table)));
        let (code, said) = state(folder.path(), &["check", "state"]);
        assert!(code == Some(5) && said.contains("damaged"), "{damage:?}: {code:?} {said}");
        let (code, said) = state(folder.path(), &["salvage", "state", "saved"]);
        assert!(code == Some(0) && !said.contains(" 0 places"), "{damage:?}: {code:?} {said}");
        assert_eq!(state(folder.path(), &["check", "saved"]).0, Some(0), "{damage:?}");
        let saved: usize = said.split(' ').nth(1).unwrap().parse().unwrap();
        // A block is some 4 KiB; without the table what the journal has is left.
        assert!(damage != Damage::Flip || saved > MANY - 500, "{damage:?}: {said}");
    }
}
