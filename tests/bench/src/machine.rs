//! What a report says about where it was made: processor, cores, kernel and the file system the
//! databases lie on. A file system in memory makes every figure with a sync in it worthless, so it is
//! refused.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

/// Where a report was made.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    file_system: String,
}

impl Machine {
    /// Looks at this machine and at the file system of `directory`, which exists.
    ///
    /// # Errors
    /// The directory is in memory.
    pub(crate) fn look(directory: &Path) -> Result<Self> {
        let directory = directory.canonicalize()?;
        let file_system = file_system(&fs::read_to_string("/proc/mounts")?, &directory);
        if matches!(file_system.as_str(), "tmpfs" | "ramfs") {
            bail!(
                "{} is on {file_system}, where a sync costs nothing: choose another --dir",
                directory.display()
            );
        }
        let cpu = fs::read_to_string("/proc/cpuinfo")?;
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Ok(Self {
            processor: model.map_or("unknown", |(_, name)| name).to_owned(),
            cores: std::thread::available_parallelism()?.get(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            file_system,
        })
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { processor, cores, kernel, file_system } = self;
        write!(f, "{processor}, {cores} cores, Linux {kernel}, databases on {file_system}")
    }
}

/// Finds the type of the mount that holds `directory`: the one with the longest path, the last of equals.
fn file_system(mounts: &str, directory: &Path) -> String {
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((Path::new(fields.next()?), fields.next()?))
    });
    let holding = mounts.filter(|(path, _)| directory.starts_with(path));
    let nearest = holding.max_by_key(|(path, _)| path.as_os_str().len());
    nearest.map_or("unknown", |(_, kind)| kind).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_on_its_nearest_mount() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/real xfs rw 0 0\n";

        for (directory, kind) in
            [("/home", "ext4"), ("/tmp/x", "tmpfs"), ("/tmp/real/x", "xfs"), ("/tmpx", "ext4")]
        {
            assert_eq!(file_system(mounts, Path::new(directory)), kind, "{directory}");
        }
        assert_eq!(file_system("", Path::new("/")), "unknown");
    }
}
