//! A process's figures from `/proc`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

/// The CPU time of all threads of a process so far, from the kernel's nanosecond count. `None`
/// where the kernel does not keep it.
pub(crate) fn cpu_time(process: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let times = threads.map(|thread| {
        let schedstat = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        on_cpu(&schedstat)
    });
    times.sum()
}

/// The peak resident memory of a process so far, in KiB.
pub(crate) fn peak_resident_kib(process: u32) -> Option<u64> {
    kib(&fs::read_to_string(format!("/proc/{process}/status")).ok()?, "VmHWM:")
}

/// Waits until a process uses no CPU time.
pub(crate) async fn quiet(process: u32) {
    let mut before = cpu_time(process);
    loop {
        tokio::time::sleep(A_WHILE).await;
        let now = cpu_time(process);
        if now == before {
            return;
        }
        before = now;
    }
}

/// Long enough for a busy process to use some CPU time.
const A_WHILE: Duration = Duration::from_millis(20);

/// The current resident memory of a process, in KiB.
pub(crate) fn resident_kib(process: u32) -> Option<u64> {
    kib(&fs::read_to_string(format!("/proc/{process}/status")).ok()?, "VmRSS:")
}

fn on_cpu(schedstat: &str) -> Option<Duration> {
    schedstat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn kib(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// A limit to a share of a processor, as Lambda derives it from a function's memory. Limited
/// processes must have ended when this is dropped.
#[derive(Debug)]
pub(crate) struct CpuShare {
    folder: PathBuf,
}

/// The memory size, in MB, at which Lambda gives a function one whole processor.
const WHOLE_PROCESSOR_MB: u32 = 1769;
const PERIOD: Duration = Duration::from_millis(20);

impl CpuShare {
    /// Lambda's share for a function of this size: 1.45 ms in each 20 ms at 128 MB.
    pub(crate) fn of_memory(megabytes: u32) -> Result<Self> {
        let period = PERIOD.as_micros();
        let quota = period * u128::from(megabytes) / u128::from(WHOLE_PROCESSOR_MB);
        let name = format!("order-fanout-bench-{}-{megabytes}", std::process::id());
        let (folder, limits) = if fs::exists("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")? {
            let limits = vec![
                ("cpu.cfs_period_us", period.to_string()),
                ("cpu.cfs_quota_us", quota.to_string()),
            ];
            (PathBuf::from("/sys/fs/cgroup/cpu").join(name), limits)
        } else {
            (
                PathBuf::from("/sys/fs/cgroup").join(name),
                vec![("cpu.max", format!("{quota} {period}"))],
            )
        };
        fs::create_dir(&folder).context("control groups cannot be made here")?;
        let share = Self { folder };
        for (file, value) in limits {
            fs::write(share.folder.join(file), value)
                .with_context(|| format!("{file} cannot be written"))?;
        }
        Ok(share)
    }

    /// Limits the process to this share from now on.
    pub(crate) fn limit(&self, process: u32) -> Result<()> {
        fs::write(self.folder.join("cgroup.procs"), process.to_string())
            .context("a process cannot be limited")
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        // A killed process leaves its cgroup a moment after its parent is notified.
        for _ in 0..100 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn procfs_figures_are_parsed() {
        assert_eq!(on_cpu("2114523 3318 27\n"), Some(Duration::from_nanos(2_114_523)));
        let status = "Name:\torders\nVmHWM:\t    9216 kB\nVmRSS:\t    9000 kB\n";
        assert_eq!(
            (kib(status, "VmHWM:"), kib(status, "VmRSS:"), kib(status, "VmSwap:")),
            (Some(9216), Some(9000), None)
        );
    }
}
