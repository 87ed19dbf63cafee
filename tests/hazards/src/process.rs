//! What the system says about this process.

#![forbid(unsafe_code)]

use std::fs;

/// Whether a library of `module` is mapped, from its file or from memory.
///
/// # Panics
/// Without `/proc`.
pub fn is_mapped(module: &str) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux");
    let file = format!("/{}.so", module.replace('-', "_"));
    let memory = format!("/memfd:{module}");
    maps.lines().any(|line| {
        let path = line.split_whitespace().nth(5).unwrap_or_default();
        path.ends_with(&file) || path.contains(&memory)
    })
}

/// Bytes of this process in memory.
///
/// # Panics
/// Without `/proc`.
pub fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/smaps_rollup").expect("Linux");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Rss:"))
        .unwrap_or_default();
    let kilobytes: u64 = line.trim_end_matches("kB").trim().parse().unwrap_or(0);
    kilobytes << 10
}

/// The threads of this process: number, name, and what the kernel says they are at.
///
/// # Panics
/// Without `/proc`.
pub fn threads() -> String {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let told = tasks.map(|task| {
        let read = |file| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let call = read("syscall");
        let call = call
            .split_whitespace()
            .next()
            .unwrap_or("nothing")
            .to_owned();
        format!(
            "{} ({}) in {call}",
            task.file_name().to_string_lossy(),
            read("comm").trim_end()
        )
    });
    told.collect::<Vec<_>>().join(", ")
}

/// How many descriptors this process has open.
///
/// # Panics
/// Without `/proc`.
pub fn descriptors() -> u64 {
    fs::read_dir("/proc/self/fd").expect("Linux").count() as u64
}

/// How many mappings this process has.
///
/// # Panics
/// Without `/proc`.
pub fn mappings() -> u64 {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux");
    maps.lines().count() as u64
}
