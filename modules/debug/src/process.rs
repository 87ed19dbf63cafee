//! The process: memory, threads, files, limits.
use std::fs;

use home_types::{Diagnostics, LimitInfo, MemoryMap, ProcessInfo, ThreadInfo};
use lmms::{Context, operation};

use crate::proc;

/// Everything that is known about the running process and its gateway.
#[operation(interface = "debug")]
pub fn diagnostics(cx: &Context) -> Diagnostics {
    Diagnostics {
        at: cx.unix_time(),
        uptime: cx.monotonic(),
        process: process_info(),
        memory: memory_map(),
        statistics: cx.statistics_json(),
    }
}

/// The process in numbers: memory, threads, open files, processor time.
#[operation(interface = "debug")]
pub fn process_info() -> ProcessInfo {
    let open_files = u32::try_from(open_files().len()).unwrap_or(u32::MAX);
    proc::process(
        &read("/proc/self/status"),
        &read("/proc/self/stat"),
        open_files,
        &read("/proc/uptime"),
    )
}

/// What is mapped into the process, file by file. A module that was unloaded is not among them.
#[operation(interface = "debug")]
pub fn memory_map() -> MemoryMap {
    proc::memory_map(&read("/proc/self/maps"))
}

/// The threads of the process, by id.
#[operation(interface = "debug")]
pub fn threads() -> Vec<ThreadInfo> {
    let stats = entries("/proc/self/task")
        .into_iter()
        .map(|id| read(&format!("/proc/self/task/{id}/stat")));
    let mut threads: Vec<ThreadInfo> = stats.filter_map(|stat| proc::thread(&stat)).collect();
    threads.sort_by_key(|thread| thread.id);
    threads
}

/// What the process has open: paths of files, and names such as `socket:[1234]`.
#[operation(interface = "debug")]
pub fn open_files() -> Vec<String> {
    let target = |id: String| fs::read_link(format!("/proc/self/fd/{id}")).ok();
    // The directory that is being read is open itself, and gone by now.
    let mut files: Vec<String> = entries("/proc/self/fd")
        .into_iter()
        .filter_map(target)
        .map(|path| path.display().to_string())
        .collect();
    files.sort();
    files
}

/// The limits that the system sets the process.
#[operation(interface = "debug")]
pub fn limits() -> Vec<LimitInfo> {
    proc::limits(&read("/proc/self/limits"))
}

fn read(path: &str) -> String {
    fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

fn entries(directory: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_described() {
        let file = fs::File::open("/proc/self/exe").unwrap();
        let diagnostics = diagnostics(&Context::detached());
        let process = diagnostics.process;
        assert_eq!(process.id, std::process::id());
        assert!(
            process.resident_bytes > 100_000
                && process.peak_resident_bytes >= process.resident_bytes
        );
        assert!(process.threads >= 1 && process.open_files >= 3);
        let program = std::env::current_exe().unwrap().display().to_string();
        assert!(open_files().contains(&program));
        drop(file);
        let own = diagnostics
            .memory
            .files
            .iter()
            .find(|file| file.path == program)
            .unwrap();
        assert!(own.code_bytes > 0 && own.bytes > own.code_bytes);
        assert!(limits().iter().any(|limit| limit.name == "Max open files"));
    }

    #[test]
    fn threads_are_listed_by_name() {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let (ready, started) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("waiting".into())
            .spawn(move || {
                ready.send(()).unwrap();
                wait.recv().unwrap_err();
            })
            .unwrap();
        started.recv().unwrap();
        assert!(threads().iter().any(|thread| thread.name == "waiting"));
        drop(done);
        thread.join().unwrap();
    }
}
