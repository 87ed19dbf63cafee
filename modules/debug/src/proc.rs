//! Reading what `/proc` says. All of it takes text, and makes the best of text that is not as expected.
use std::collections::BTreeMap;
use std::time::Duration;

use home_types::{LimitInfo, MappedFile, MemoryMap, ProcessInfo, ThreadInfo};

/// The unit of times in `stat`: fixed for programs, whatever the kernel counts in.
const TICKS_PER_SECOND: u64 = 100;

/// The process, from its `status`, its `stat`, the number of its open files and `/proc/uptime`.
pub(crate) fn process(status: &str, stat: &str, open_files: u32, uptime: &str) -> ProcessInfo {
    let kilobytes = |name: &str| number(field(status, name)).saturating_mul(1024);
    let (processor_time, started) = times(stat);
    let uptime: f64 = uptime
        .split_whitespace()
        .next()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(0.0);
    let uptime = Duration::try_from_secs_f64(uptime).unwrap_or_default();
    ProcessInfo {
        id: u32::try_from(number(field(status, "Pid"))).unwrap_or(0),
        resident_bytes: kilobytes("VmRSS"),
        peak_resident_bytes: kilobytes("VmHWM"),
        virtual_bytes: kilobytes("VmSize"),
        swapped_bytes: kilobytes("VmSwap"),
        threads: u32::try_from(number(field(status, "Threads"))).unwrap_or(0),
        open_files,
        processor_time,
        running_for: uptime.saturating_sub(started),
    }
}

/// A thread, from its `stat`; none if that is not one.
pub(crate) fn thread(stat: &str) -> Option<ThreadInfo> {
    let (id, rest) = stat.split_once(" (")?;
    // A name may contain anything, parentheses included.
    let (name, rest) = rest.rsplit_once(") ")?;
    let state = match rest.chars().next()? {
        'R' => "running",
        'S' => "sleeping",
        'D' => "waiting for disk",
        'T' | 't' => "stopped",
        'Z' => "ended",
        'I' => "idle",
        _ => "unknown",
    };
    let (processor_time, _) = times(stat);
    Some(ThreadInfo {
        id: id.trim().parse().ok()?,
        name: name.to_owned(),
        state: state.to_owned(),
        processor_time,
    })
}

/// What is mapped, from `maps`.
pub(crate) fn memory_map(maps: &str) -> MemoryMap {
    let mut files: BTreeMap<&str, MappedFile> = BTreeMap::new();
    let mut map = MemoryMap::default();
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(bytes) = words.next().and_then(range_size) else {
            continue;
        };
        let executable = words
            .next()
            .is_some_and(|permissions| permissions.contains('x'));
        // Offset, device and inode, then the name, which may have spaces in it.
        let name = words
            .nth(2)
            .and_then(|inode| line.split_once(&format!(" {inode} ")))
            .map_or("", |(_, name)| name.trim());
        match name {
            "" => map.anonymous_bytes += bytes,
            "[heap]" | "[stack]" => map.heap_and_stack_bytes += bytes,
            name if name.starts_with("[anon") => map.anonymous_bytes += bytes,
            // The kernel's own pages.
            name if name.starts_with('[') => {}
            name => {
                let path = name.strip_suffix(" (deleted)").unwrap_or(name);
                let file = files.entry(name).or_insert_with(|| MappedFile {
                    path: path.to_owned(),
                    bytes: 0,
                    code_bytes: 0,
                    deleted: path != name,
                });
                file.bytes += bytes;
                file.code_bytes += if executable { bytes } else { 0 };
            }
        }
    }
    map.files = files.into_values().collect();
    map.files.sort_by(|one, other| {
        other
            .bytes
            .cmp(&one.bytes)
            .then_with(|| one.path.cmp(&other.path))
    });
    map
}

/// The limits, from `limits`.
pub(crate) fn limits(text: &str) -> Vec<LimitInfo> {
    let header = text.lines().next().unwrap_or_default();
    let columns = ["Soft Limit", "Hard Limit", "Units"].map(|column| header.find(column));
    let [Some(soft), Some(hard), Some(units)] = columns else {
        return Vec::new();
    };
    let column = |line: &str, from: usize, to: usize| {
        let text = line.get(from..to.min(line.len())).unwrap_or_default();
        text.trim().to_owned()
    };
    let limit = |line: &str| LimitInfo {
        name: column(line, 0, soft),
        soft: column(line, soft, hard).parse().ok(),
        hard: column(line, hard, units).parse().ok(),
        unit: column(line, units, usize::MAX),
    };
    text.lines()
        .skip(1)
        .map(limit)
        .filter(|limit| !limit.name.is_empty())
        .collect()
}

fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':');
    status.lines().find_map(value).unwrap_or_default()
}

fn number(text: &str) -> u64 {
    text.split_ascii_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// The processor time used, and when after the system's start it all began.
fn times(stat: &str) -> (Duration, Duration) {
    let fields: Vec<&str> = stat
        .rsplit_once(") ")
        .map_or("", |(_, rest)| rest)
        .split_ascii_whitespace()
        .collect();
    let ticks = |position: usize| fields.get(position).map_or(0, |field| number(field));
    let duration =
        |ticks: u64| Duration::from_millis(ticks.saturating_mul(1000 / TICKS_PER_SECOND));
    // Counted from the state, the third of the fields the manual lists.
    (
        duration(ticks(11).saturating_add(ticks(12))),
        duration(ticks(19)),
    )
}

fn range_size(range: &str) -> Option<u64> {
    let (start, end) = range.split_once('-')?;
    let parse = |address| u64::from_str_radix(address, 16).ok();
    parse(end)?.checked_sub(parse(start)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "77 (a (strange) name) S 1 1 1 0 -1 4194304 99 0 0 0 250 50 0 0 20 0 3 0 1000 3133440 379";

    #[test]
    fn a_process_is_read() {
        let status = "Name:\tx\nPid:\t77\nVmSize:\t    2928 kB\nVmHWM:\t 200 kB\nVmRSS:\t 100 kB\nThreads:\t3\n";
        let process = process(status, STAT, 5, "110.50 400.0\n");
        assert_eq!(
            (process.id, process.threads, process.open_files),
            (77, 3, 5)
        );
        assert_eq!(
            (process.resident_bytes, process.peak_resident_bytes),
            (102_400, 204_800)
        );
        assert_eq!(process.processor_time, Duration::from_secs(3));
        assert_eq!(process.running_for, Duration::from_millis(100_500));
    }

    #[test]
    fn a_thread_is_read() {
        let thread = thread(STAT).unwrap();
        assert_eq!(
            (thread.id, thread.name.as_str(), thread.state.as_str()),
            (77, "a (strange) name", "sleeping")
        );
    }

    #[test]
    fn maps_are_summed_up_by_file() {
        let maps = "\
00400000-00500000 r--p 00000000 08:01 12 /usr/lib/a lib.so
00500000-00600000 r-xp 00100000 08:01 12 /usr/lib/a lib.so
00600000-00700000 rw-p 00000000 00:00 0
00700000-00701000 rw-p 00000000 00:00 0 [heap]
00800000-00801000 r-xp 00000000 08:01 13 /old.so (deleted)
7fff0000-7fff1000 r-xp 00000000 00:00 0 [vdso]
nonsense";
        let map = memory_map(maps);
        assert_eq!(
            (map.anonymous_bytes, map.heap_and_stack_bytes),
            (0x10_0000, 0x1000)
        );
        assert_eq!(map.files.len(), 2);
        assert_eq!(
            (map.files[0].path.as_str(), map.files[0].bytes),
            ("/usr/lib/a lib.so", 0x20_0000)
        );
        assert_eq!(
            (map.files[0].code_bytes, map.files[0].deleted),
            (0x10_0000, false)
        );
        assert_eq!(
            (map.files[1].path.as_str(), map.files[1].deleted),
            ("/old.so", true)
        );
    }

    #[test]
    fn limits_are_read_by_column() {
        let text = "\
Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 524288               files
Max nice priority         0                    0
";
        let limits = limits(text);
        assert_eq!(limits.len(), 3);
        assert_eq!((limits[0].soft, limits[0].unit.as_str()), (None, "seconds"));
        assert_eq!(
            (limits[1].name.as_str(), limits[1].soft, limits[1].hard),
            ("Max open files", Some(1024), Some(524_288))
        );
        assert_eq!((limits[2].soft, limits[2].unit.as_str()), (Some(0), ""));
    }

    #[test]
    fn nonsense_is_no_crash() {
        for text in [
            "",
            "\n",
            "()",
            ") (",
            "1 (x) ",
            "a-b x",
            "5-1 r",
            "Limit Soft Limit Hard Limit Units\né",
            "ü",
        ] {
            process(text, text, 0, text);
            thread(text);
            memory_map(text);
            limits(text);
        }
    }
}
