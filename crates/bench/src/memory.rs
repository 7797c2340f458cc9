//! The memory of this process.

use anyhow::Context as _;

/// The most memory that this process has had resident so far, in KiB. Linux
/// says it in `/proc/self/status` as `VmHWM`.
pub(crate) fn peak_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("cannot read the memory of this process: only Linux has /proc/self/status")?;
    peak_in(&status).context("/proc/self/status has no VmHWM")
}

fn peak_in(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_peak_out_of_a_status() {
        assert_eq!(peak_in("Name:\tbench\nVmHWM:\t    2048 kB\n"), Some(2048));
        assert_eq!(peak_in("Name:\tbench\n"), None);
    }
}
