//! What a process has used, as Linux shows it below `/proc`.

use anyhow::Context as _;

/// Clock ticks per second; fixed at 100 for programs on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of processor time, its own and the system's for it.
pub(super) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .context("cannot read the processor time of a process: only Linux has /proc/<pid>/stat")?;
    // The name in parentheses may hold anything.
    let (_, fields) = stat
        .rsplit_once(") ")
        .context("an unknown form of /proc/<pid>/stat")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<f64>().ok())
    };
    let used = ticks(11)
        .zip(ticks(12))
        .context("an unknown form of /proc/<pid>/stat")?;
    Ok((used.0 + used.1) / TICKS_PER_SECOND)
}

/// Most memory that was resident so far, in MiB.
pub(super) fn peak_memory_mib(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    Ok(kib.context("/proc/<pid>/status has no VmHWM")? / 1024.0)
}

/// Processor time of the whole machine, without what was idle.
pub(super) fn machine_cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("an empty /proc/stat")?;
    let ticks: Vec<f64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq
    let busy = [0, 1, 2, 5, 6]
        .iter()
        .filter_map(|&place| ticks.get(place))
        .sum::<f64>();
    Ok(busy / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let pid = std::process::id();
        assert!(cpu_seconds(pid).unwrap() >= 0.0);
        assert!(peak_memory_mib(pid).unwrap() > 1.0);
        assert!(machine_cpu_seconds().unwrap() > 0.0);
    }
}
