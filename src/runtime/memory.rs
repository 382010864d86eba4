//! Memory of this process, and what it may have.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Returns the resident memory of this process, in bytes; 0 without `/proc`.
pub(crate) fn resident() -> u64 {
    let statm = read(Path::new("/proc/self/statm")).unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    // Some machines have pages of 16 or 64 KiB.
    pages.saturating_mul(u64::try_from(rustix::param::page_size()).unwrap_or(4096))
}

/// Returns the memory that this process may have, in bytes: that of the machine, or less if its control group is limited.
pub(crate) fn available() -> Option<u64> {
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits = limit_files(&groups).into_iter().filter_map(|file| read(&file)?.trim().parse().ok());
    limits.chain(machine()).min()
}

/// Returns the memory of the machine, in bytes.
fn machine() -> Option<u64> {
    let text = read(Path::new("/proc/meminfo"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Returns the files with the limits of the control groups in `/proc/self/cgroup`, and of the groups around them.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let groups = Path::new(path.trim_start_matches('/')).ancestors();
        files.extend(groups.map(|group| Path::new(root).join(group).join(file)));
    }
    files
}

#[allow(clippy::disallowed_methods, reason = "small files that are not on a disk")]
fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_less_than_it_may_have() {
        let (resident, available) = (resident(), available().unwrap());
        assert!((1 << 20..available).contains(&resident), "{resident} {available}");
    }

    #[test]
    fn limits_of_both_versions_of_control_groups_are_read() {
        let files =
            |groups: &str| limit_files(groups).into_iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            files("0::/system.slice/a.service\n"),
            [
                "/sys/fs/cgroup/system.slice/a.service/memory.max",
                "/sys/fs/cgroup/system.slice/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
        assert_eq!(
            files("11:cpu,cpuacct:/\n10:memory:/docker/x\n1:name=systemd:/\n"),
            [
                "/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            ]
        );
        assert!(files("nonsense").is_empty());
    }
}
