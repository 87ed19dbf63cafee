//! What a program that is linked statically can give back while it idles, without unloading anything.

use std::fs;

/// A mapping, and the lines that say of it what is in memory.
#[derive(Debug, Default)]
struct Mapping {
    begin: usize,
    end: usize,
    /// It is of this program's file, and nobody may write to it.
    ours: bool,
    /// Kilobytes of pages that aren't the file's any more: relocated, say.
    changed: u64,
}

/// Gives back what glibc's heap has free, and drops this program's code and constants: the kernel maps them again as
/// they are used. Pages that were written to, as relocations are, would be lost and stay.
pub fn trim() {
    drop_code();
    // SAFETY: it only gives free memory back.
    unsafe { libc::malloc_trim(0) };
}

fn drop_code() {
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let maps = fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let dropped = mappings(&maps, &program.to_string_lossy());
    for mapping in dropped
        .iter()
        .filter(|mapping| mapping.ours && mapping.changed == 0)
    {
        let begin = std::ptr::without_provenance_mut(mapping.begin);
        // SAFETY: a private mapping of the program's file without a page of its own: each page is read from the file
        // again.
        unsafe { libc::madvise(begin, mapping.end - mapping.begin, libc::MADV_DONTNEED) };
    }
}

/// The mappings in `maps`, the text of `/proc/self/smaps`.
fn mappings(maps: &str, program: &str) -> Vec<Mapping> {
    let mut found: Vec<Mapping> = Vec::new();
    for line in maps.lines() {
        if let Some(mapping) = head(line, program) {
            found.push(mapping);
        } else if let Some((name, value)) = line.split_once(':')
            && name == "Anonymous"
            && let Some(mapping) = found.last_mut()
        {
            let kilobytes = value.split_whitespace().next();
            mapping.changed += kilobytes.and_then(|text| text.parse().ok()).unwrap_or(1);
        }
    }
    found
}

/// `55d0c0000000-55d0c0010000 r-xp 00001000 fe:00 123    /path`, if the line is such a one.
fn head(line: &str, program: &str) -> Option<Mapping> {
    let mut fields = line.split_whitespace();
    let (begin, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let path = fields.nth(3);
    Some(Mapping {
        begin: usize::from_str_radix(begin, 16).ok()?,
        end: usize::from_str_radix(end, 16).ok()?,
        ours: path == Some(program) && !rights.contains('w'),
        changed: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
1000-3000 r-xp 00001000 fe:00 123    /bin/home
Rss:                   8 kB
Private_Dirty:         8 kB
Anonymous:             0 kB
3000-4000 r--p 00003000 fe:00 123    /bin/home
Private_Dirty:         0 kB
Anonymous:             4 kB
4000-5000 rw-p 00004000 fe:00 123    /bin/home
Private_Dirty:         0 kB
5000-6000 r-xp 00000000 fe:00 124    /lib/libc.so.6
Private_Dirty:         0 kB
";

    #[test]
    fn only_clean_pages_of_the_program_that_nobody_writes_to_are_dropped() {
        let found = mappings(MAPS, "/bin/home");
        let dropped = found
            .iter()
            .filter(|mapping| mapping.ours && mapping.changed == 0);
        let dropped: Vec<_> = dropped
            .map(|mapping| (mapping.begin, mapping.end))
            .collect();
        assert_eq!(found.len(), 4);
        assert_eq!(dropped, [(0x1000, 0x3000)]);
    }

    #[test]
    fn a_trimmed_program_goes_on_with_less_in_memory() {
        let resident = || {
            let maps = fs::read_to_string("/proc/self/smaps").unwrap();
            let program = std::env::current_exe().unwrap();
            let program = program.to_string_lossy();
            let line = format!("{program}\n");
            let text = maps.split(&line).skip(1);
            let text =
                text.filter_map(|after| after.lines().find_map(|line| line.strip_prefix("Rss:")));
            let kilobytes =
                text.filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok());
            kilobytes.sum::<u64>()
        };
        let before = resident();
        trim();
        let after = resident();
        assert!(after < before, "{after} KiB instead of {before}");
    }
}
