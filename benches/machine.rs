//! On what it was measured.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

/// The machine, in a few lines.
pub(crate) fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let memory: u64 = memory.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
    let (median, worst) = flushes();
    format!(
        "- Machine: {}, {cores} cores, {} GiB, {}\n\
         - Disk: a flush (fdatasync of 4 KiB) takes {} µs, the slowest of 300 {} µs\n\
         - Server and load generator share the machine. kaofa {}, optimised as in `[profile.bench]`",
        field(&read("/proc/cpuinfo"), "model name"),
        memory / 1024 / 1024,
        read("/proc/sys/kernel/ostype").trim().to_owned() + " " + read("/proc/sys/kernel/osrelease").trim(),
        median.as_micros(),
        worst.as_micros(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// How long the disk takes to hold on to 4 KiB: the median and the longest.
fn flushes() -> (Duration, Duration) {
    let file = tempfile::tempfile().unwrap();
    let block = [7; 4096];
    let mut times: Vec<Duration> = (0..300)
        .map(|n| {
            file.write_all_at(&block, n * 4096).unwrap();
            let begun = Instant::now();
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() - 1])
}
