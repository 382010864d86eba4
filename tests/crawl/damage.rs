//! Damaged state directories: they are refused with a clear error, and never treated as new.

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

/// Number of cases that run at the same time.
const AT_A_TIME: usize = 4;

/// Damage to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    Cut,
    Flip,
    Delete,
    Directory,
}

impl Damage {
    const ALL: [Self; 4] = [Self::Cut, Self::Flip, Self::Delete, Self::Directory];

    /// Damages a file. Returns false if that is not possible for this file.
    fn apply(self, file: &Path) -> bool {
        let mut bytes = fs::read(file).unwrap();
        // The database allocates journals in advance, so only the part with content counts.
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

/// Returns all files below a folder, with paths relative to it.
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
    let finished = command.arg("state").args(arguments).current_dir(folder).output().unwrap();
    let output = String::from_utf8_lossy(&finished.stdout) + String::from_utf8_lossy(&finished.stderr);
    (finished.status.code(), output.into_owned())
}

/// Returns the folder of a crawl that was ended early by a limit.
fn interrupted_crawl(site: &Site) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let crawler = crawl(site, PATH, folder.path(), &["--state", "state", "--set", "limits.pages=40"]);
    assert_eq!(end_of(crawler).code(), Some(14), "{}", log(folder.path()));
    folder
}

/// Runs cases, a few at a time, and returns the failures.
fn faults<C: Sync>(cases: &[C], fault: impl Fn(&C) -> Option<String> + Sync) -> Vec<String> {
    let part = |part| cases.iter().skip(part).step_by(AT_A_TIME).filter_map(&fault).collect::<Vec<_>>();
    thread::scope(|scope| {
        let parts: Vec<_> = (0..AT_A_TIME).map(|index| scope.spawn(move || part(index))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// Returns every kind of damage to every file, except to keyspaces that are like the first ones.
fn damages(folder: &Path) -> Vec<(PathBuf, Damage)> {
    let state = folder.join("state");
    let is_distinct = |file: &PathBuf| {
        let keyspace = file.strip_prefix("data/keyspaces").ok();
        keyspace.is_none_or(|inside| inside.starts_with("0") || inside.starts_with("1")) && !is_superseded(&state, file)
    };
    let files = files(&state).into_iter().filter(is_distinct);
    files.flat_map(|file| Damage::ALL.map(|damage| (file.clone(), damage))).collect()
}

/// Returns true for a list of tables that is not the current one. The database deletes it unread when it is opened.
fn is_superseded(state: &Path, file: &Path) -> bool {
    let number = file.file_name().unwrap().to_str().unwrap().strip_prefix('v').and_then(|number| number.parse().ok());
    number.is_some_and(|number: u64| {
        let current = fs::read(state.join(file).with_file_name("current")).unwrap();
        number < u64::from_le_bytes(current[..8].try_into().unwrap())
    })
}

/// Returns true for lock files, which may be missing: a new one is as good.
fn is_harmless(file: &Path, damage: Damage) -> bool {
    (file == Path::new("lock") || file == Path::new("data/lock")) && damage == Damage::Delete
}

#[test]
fn damage_is_reported_and_never_treated_as_new() {
    let site = Site::start();
    let interrupted_crawl = interrupted_crawl(&site);
    let before = fs::read(interrupted_crawl.path().join("out.jsonl")).unwrap();
    let cases = damages(interrupted_crawl.path());
    let faults = faults(&cases, |(file, damage)| {
        let folder = tempfile::tempdir().unwrap();
        copy(interrupted_crawl.path(), folder.path());
        if !damage.apply(&folder.path().join("state").join(file)) {
            return None;
        }
        let crawler = crawl(&site, PATH, folder.path(), &["--state", "state"]);
        let (code, output) = (end_of(crawler).code(), log(folder.path()));
        let is_untouched = fs::read(folder.path().join("out.jsonl")).unwrap() == before;
        let has_way_out = output.contains("state salvage state");
        let is_named = code == Some(5) && is_untouched && output.contains("damaged") && has_way_out;
        let (check, checked) = state(folder.path(), &["check", "state"]);
        let is_right = if is_harmless(file, *damage) {
            (code, check) == (Some(0), Some(0))
        } else {
            is_named && check == Some(5) && checked.contains("`state")
        };
        let is_fault = !is_right || output.contains("panicked");
        is_fault.then(|| format!("{} {damage:?}: {code:?}\n{output}{check:?} {checked}", file.display()))
    });
    assert!(faults.is_empty() && cases.len() >= 40, "of {}:\n{}", cases.len(), faults.join("\n"));
}

#[test]
fn salvage_saves_everything_readable() {
    let site = Site::start();
    let interrupted_crawl = interrupted_crawl(&site);
    let faults = faults(&damages(interrupted_crawl.path()), |(file, damage)| {
        let folder = tempfile::tempdir().unwrap();
        // Content that was cut off or replaced is lost, and without a lock nothing may be touched.
        if matches!(damage, Damage::Cut | Damage::Directory) || file == Path::new("lock") {
            return None;
        }
        copy(interrupted_crawl.path(), folder.path());
        if !damage.apply(&folder.path().join("state").join(file)) {
            return None;
        }
        let (code, output) = state(folder.path(), &["salvage", "state", "saved"]);
        let (sound, check) = state(folder.path(), &["check", "saved"]);
        let is_all = output.contains("lost 0 queued URLs") || file.extension().is_some_and(|end| end == "jnl");
        let is_right = (code, sound, is_all) == (Some(0), Some(0), true) && !output.contains("panicked");
        (!is_right).then(|| format!("{} {damage:?}: {code:?} {output}{sound:?} {check}", file.display()))
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_state_directory_can_be_inspected() {
    let site = Site::start();
    let interrupted_crawl = interrupted_crawl(&site);
    let length = fs::metadata(interrupted_crawl.path().join("out.jsonl")).unwrap().len();
    let (code, output) = state(interrupted_crawl.path(), &["ls", "state"]);
    assert!(code == Some(0) && output.contains(&format!("out.jsonl, {length} bytes committed")), "{output}");
    let (code, output) = state(interrupted_crawl.path(), &["check", "state"]);
    assert_eq!((code, output.as_str()), (Some(0), "`state` is sound\n"));

    let (code, output) = state(interrupted_crawl.path(), &["export", "state"]);
    let ended = output.lines().filter(|line| line.contains(r#""kind":"ended""#)).count();
    let queued = output.lines().filter(|line| line.contains(r#""kind":"queued""#)).count();
    assert_eq!((code, ended + queued), (Some(0), PAGES + 1), "{output}");
    assert_eq!(ended, records(interrupted_crawl.path()).len());
    assert_eq!(state(interrupted_crawl.path(), &["ls", "nothing"]).0, Some(5));
}

#[test]
fn an_undamaged_state_is_saved_completely_and_resumes() {
    let site = Site::start();
    let interrupted_crawl = interrupted_crawl(&site);
    let (code, output) = state(interrupted_crawl.path(), &["salvage", "state", "saved"]);
    assert!(code == Some(0) && output.contains("lost 0 queued URLs; 0 places"), "{output}");
    let code = end_of(crawl(&site, PATH, interrupted_crawl.path(), &["--state", "saved"])).code();
    assert_eq!(
        (code, records(interrupted_crawl.path()).len()),
        (Some(0), PAGES + 1),
        "{}",
        log(interrupted_crawl.path())
    );
}

/// Number of URLs that fills a table.
const MANY: usize = 10_000;

/// Returns the folder of a crawl that found [`MANY`] URLs and ended after the first page.
fn interrupted_wide_crawl(site: &Site) -> (tempfile::TempDir, String) {
    let interrupted_crawl = tempfile::tempdir().unwrap();
    let limits = ["--state", "state", "--set", "limits.pages=1", "--set", "store.memory=16 MiB"];
    let path = format!("/links?n={MANY}&to=/page/a-name-of-some-length-so-that-they-fill-a-table/");
    let crawler = crawl(site, &path, interrupted_crawl.path(), &limits);
    assert_eq!(end_of(crawler).code(), Some(14), "{}", log(interrupted_crawl.path()));
    (interrupted_crawl, path)
}

#[test]
fn an_output_with_a_lost_position_keeps_its_records() {
    let site = Site::start();
    let (interrupted_crawl, path) = interrupted_wide_crawl(&site);
    // The table of the queue is newer than the output positions in a journal that is cut off.
    for damage in [Damage::Cut, Damage::Delete] {
        let folder = tempfile::tempdir().unwrap();
        copy(interrupted_crawl.path(), folder.path());
        let before = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
        assert!(damage.apply(&folder.path().join("state/data/0.jnl")));
        let (code, output) = state(folder.path(), &["salvage", "state", "saved"]);
        let is_reported = output.contains("output out.jsonl: position lost") && !output.contains(" 0 places");
        assert!(
            code == Some(0) && is_reported && output.contains("missing or incomplete"),
            "{damage:?}: {code:?} {output}"
        );
        let saved: usize = output.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(saved > MANY / 2, "{damage:?}: {output}");

        let crawler = crawl(&site, &path, folder.path(), &["--state", "saved", "--set", "limits.pages=3"]);
        let (code, log) = (end_of(crawler).code(), log(folder.path()));
        let after = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
        assert!(code == Some(14) && log.contains("output position lost"), "{code:?} {log}");
        assert!(after.starts_with(&before) && after.len() > before.len() && !before.is_empty(), "{damage:?}: {after}");
        let (code, output) = state(folder.path(), &["ls", "saved"]);
        assert!(code == Some(0) && output.contains(&format!("out.jsonl, {} bytes committed", after.len())), "{output}");
    }
}

#[test]
fn damage_in_a_table_is_reported_and_the_rest_is_saved() {
    let site = Site::start();
    let (interrupted_crawl, _) = interrupted_wide_crawl(&site);

    let is_queue = |file: &PathBuf| file.starts_with("data/keyspaces/2/tables");
    let table =
        files(&interrupted_crawl.path().join("state")).into_iter().find(is_queue).expect("the queue has a table");
    for damage in Damage::ALL {
        let folder = tempfile::tempdir().unwrap();
        copy(interrupted_crawl.path(), folder.path());
        assert!(damage.apply(&folder.path().join("state").join(&table)));
        let (code, output) = state(folder.path(), &["check", "state"]);
        assert!(code == Some(5) && output.contains("damaged"), "{damage:?}: {code:?} {output}");
        let (code, output) = state(folder.path(), &["salvage", "state", "saved"]);
        assert!(code == Some(0) && !output.contains(" 0 places"), "{damage:?}: {code:?} {output}");
        assert_eq!(state(folder.path(), &["check", "saved"]).0, Some(0), "{damage:?}");
        let saved: usize = output.split(' ').nth(1).unwrap().parse().unwrap();
        // A block has about 4 KiB. Without the table, the entries in the journal are left.
        assert!(damage != Damage::Flip || saved > MANY - 500, "{damage:?}: {output}");
    }
}
