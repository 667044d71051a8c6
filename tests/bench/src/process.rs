//! What the kernel says about a process, from `/proc`: CPU, resident memory and bytes written.
//! The CPU clock ticks in hundredths of a second, so a window must hold many of them.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

/// `USER_HZ`, which Linux reports CPU time in, is 100 on every architecture we build for (proc(5), `stat`).
const TICKS_PER_SECOND: u64 = 100;

/// One look at a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// User and system time of all its threads, ended ones as well.
    pub(crate) cpu: Duration,
    /// Bytes it caused to be written to storage (proc(5), `io`).
    pub(crate) written_bytes: u64,
    /// Resident now.
    pub(crate) rss_kib: u64,
    /// The most that was ever resident.
    pub(crate) rss_peak_kib: u64,
}

/// Reads process `pid`.
///
/// # Errors
/// The process has ended, or `/proc` is not Linux's.
pub(crate) fn read(pid: u32) -> Result<Reading> {
    let text = |name: &str| {
        fs::read_to_string(format!("/proc/{pid}/{name}")).with_context(|| format!("process {pid}: {name}"))
    };
    let status = text("status")?;
    Ok(Reading {
        cpu: cpu(&text("stat")?).with_context(|| format!("process {pid}: stat"))?,
        written_bytes: field(&text("io")?, "write_bytes:").with_context(|| format!("process {pid}: io"))?,
        rss_kib: field(&status, "VmRSS:").with_context(|| format!("process {pid} has ended"))?,
        rss_peak_kib: field(&status, "VmHWM:").with_context(|| format!("process {pid} has ended"))?,
    })
}

/// Reads this process.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_self() -> Result<Reading> {
    read(std::process::id())
}

/// Takes utime and stime, fields 14 and 15; the second field is a name in brackets that may hold anything.
fn cpu(stat: &str) -> Result<Duration> {
    let (_, rest) = stat.rsplit_once(')').ok_or_else(|| anyhow!("no process name"))?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut ticks =
        || fields.next().and_then(|field| field.parse::<u64>().ok()).ok_or_else(|| anyhow!("no CPU times"));
    let total = ticks()? + ticks()?;
    Ok(Duration::from_millis(total * 1000 / TICKS_PER_SECOND))
}

fn field(text: &str, name: &str) -> Result<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_ascii_whitespace().next());
    number.and_then(|number| number.parse().ok()).ok_or_else(|| anyhow!("no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_found_behind_a_hostile_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 3 0 1 1 1";

        assert_eq!(cpu(stat).unwrap(), Duration::from_secs(3));
        assert!(cpu("7 (a) S 1").is_err());
        assert!(cpu("").is_err());
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "VmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\ncancelled_write_bytes: 5\nwrite_bytes: 4096\n";

        assert_eq!(field(text, "VmRSS:").unwrap(), 1024);
        assert_eq!(field(text, "write_bytes:").unwrap(), 4096);
        assert!(field(text, "VmSwap:").is_err());
    }

    #[test]
    fn this_process_can_be_read() {
        let reading = read_self().unwrap();

        assert!(reading.rss_kib > 0 && reading.rss_peak_kib >= reading.rss_kib);
    }
}
