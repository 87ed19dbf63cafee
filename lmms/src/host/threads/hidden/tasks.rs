//! The process' threads as the kernel shows them. What they mean: see `host/threads/hidden.rs`.

#![forbid(unsafe_code)]

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::Traces;
use crate::host::threads::census::{self, ThreadInfo};
use crate::host::threads::visitors;

/// How much of a stack is looked at, from its pointer on: a thread waits close to who called it.
const STACK_BYTES: usize = 512 << 10;

/// How often the threads are listed: in all of so many lists together none is missing.
const MOST_LISTS: usize = 100;

/// What the kernel tells of a thread's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It sleeps here.
    At { stack: usize, code: usize },
    /// It is running, or the kernel doesn't tell.
    Unknown,
    /// It has ended meanwhile.
    Gone,
}

/// Threads that nobody accounts for and that show traces of the module.
pub(super) fn hidden(traces: &Traces) -> Vec<ThreadInfo> {
    let Some(tasks) = tasks() else {
        let unlisted = || ThreadInfo {
            tid: None,
            name: "threads that can't be listed: /proc/self/task can't be read".to_owned(),
        };
        return traces.may_hide_threads.then(unlisted).into_iter().collect();
    };
    let visitors = visitors::all();
    let mut known = visitors.threads.clone();
    known.extend(census::thread_ids());
    let maps = OnceCell::new();
    let mut hidden = Vec::new();
    for tid in tasks.difference(&known).copied() {
        if !census::started_after(tid, traces.since) {
            continue;
        }
        let is_hidden = match place(tid) {
            Place::Gone => false,
            Place::Unknown => traces.may_hide_threads,
            Place::At { stack, code } => {
                // Where it can hide threads, what an ended visitor may have left counts as well.
                let counts = || traces.may_hide_threads || !visitors.left_behind_at(stack);
                traces.covers(code)
                    || traces.covers(stack)
                    || counts()
                        && mapping(maps.get_or_init(mappings), stack)
                            .is_some_and(|stack| has_address(stack, |word| traces.covers(word)))
            }
        };
        if is_hidden && !census::is_ending(tid) {
            hidden.push(census::thread_info(tid));
        }
    }
    hidden
}

/// Numbers of all threads of this process, some of which may have ended.
///
/// The kernel may leave out living threads of the list when one that it has listed ends meanwhile: that
/// one is not in the next list. So a list that is the same twice is complete.
fn tasks() -> Option<HashSet<i32>> {
    let mut last = listed_tasks()?;
    let mut all = last.clone();
    for _ in 0..MOST_LISTS {
        let list = listed_tasks()?;
        let is_complete = list == last;
        all.extend(&list);
        if is_complete {
            break;
        }
        last = list;
    }
    Some(all)
}

fn listed_tasks() -> Option<HashSet<i32>> {
    let entries = fs::read_dir("/proc/self/task").ok()?;
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Some(numbers.collect())
}

fn place(tid: i32) -> Place {
    match fs::read_to_string(format!("/proc/self/task/{tid}/syscall")) {
        Ok(text) => parse_place(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Place::Gone,
        Err(_) if !fs::exists(format!("/proc/self/task/{tid}")).unwrap_or(true) => Place::Gone,
        Err(_) => Place::Unknown,
    }
}

/// `running`, or numbers of which the last two are the stack pointer and the program counter.
fn parse_place(text: &str) -> Place {
    let mut words = text.split_whitespace().rev();
    let mut address = || {
        let digits = words.next()?.strip_prefix("0x")?;
        usize::from_str_radix(digits, 16).ok()
    };
    match (address(), address()) {
        (Some(code), Some(stack)) => Place::At { stack, code },
        _ => Place::Unknown,
    }
}

/// The process' mappings, by address.
fn mappings() -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let range = |line: &str| {
        let (start, end) = line.split_whitespace().next()?.split_once('-')?;
        let address = |digits| usize::from_str_radix(digits, 16).ok();
        Some(address(start)?..address(end)?)
    };
    maps.lines().filter_map(range).collect()
}

/// What of the mapping that holds `stack` is in use.
fn mapping(mappings: &[Range<usize>], stack: usize) -> Option<Range<usize>> {
    let found = mappings.iter().find(|range| range.contains(&stack))?;
    Some(stack..found.end.min(stack.saturating_add(STACK_BYTES)))
}

/// Whether a word in `range` is an address that is looked for. The memory is another thread's, so it
/// is read through the kernel.
fn has_address(range: Range<usize>, wanted: impl Fn(usize) -> bool) -> bool {
    const WORD: usize = size_of::<usize>();
    let Ok(memory) = File::open("/proc/self/mem") else {
        return false;
    };
    let mut buffer = vec![0; 64 << 10];
    let mut next = range.start.next_multiple_of(WORD);
    while next < range.end {
        let bytes = buffer.len().min(range.end - next);
        let read = match memory.read_at(&mut buffer[..bytes], next as u64) {
            Ok(read) if read >= WORD => read / WORD * WORD,
            // The thread has ended, and its stack is gone.
            _ => return false,
        };
        let mut words = buffer[..read].as_chunks::<WORD>().0.iter();
        if words.any(|word| wanted(usize::from_ne_bytes(*word))) {
            return true;
        }
        next += read;
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn places_are_read_as_the_kernel_writes_them() {
        let sleeping = "202 0x7f08 0x80 0x2 0x0 0x0 0xffff 0x7ffd17330008 0x7f1b26eda2ad\n";
        let at = Place::At {
            stack: 0x7ffd_1733_0008,
            code: 0x7f1b_26ed_a2ad,
        };
        assert_eq!(parse_place(sleeping), at);
        assert_eq!(parse_place("-1 0x7ffd17330008 0x7f1b26eda2ad\n"), at);
        assert_eq!(parse_place("running\n"), Place::Unknown);
        assert_eq!(parse_place(""), Place::Unknown);
        assert_eq!(place(i32::MAX), Place::Gone);
    }

    #[test]
    fn no_living_thread_is_missed_while_others_end() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let few: Vec<_> = (0..4).map(|_| thread::spawn(|| ())).collect();
                        few.into_iter().for_each(|thread| thread.join().unwrap());
                    }
                });
            }
            for _ in 0..2000 {
                let (tell, told) = channel();
                let (end, ended) = channel::<()>();
                let newest = scope.spawn(move || {
                    tell.send(crate::host::threads::current_tid()).unwrap();
                    let _ = ended.recv();
                });
                let tid = told.recv().unwrap();
                let found = tasks().unwrap().contains(&tid);
                drop(end);
                newest.join().unwrap();
                if !found {
                    stop.store(true, Ordering::Relaxed);
                }
                assert!(found);
            }
            stop.store(true, Ordering::Relaxed);
        });
    }

    static MODULE: [u8; 64] = [0; 64];
    static OTHER: [u8; 64] = [1; 64];

    fn traces(module: &'static [u8], since: Duration) -> Traces {
        let start = module.as_ptr().addr();
        Traces {
            ranges: std::iter::once(start..start + module.len()).collect(),
            since,
            may_hide_threads: false,
        }
    }

    /// A module that joins its threads may be unloaded right behind that.
    #[test]
    fn a_thread_that_was_joined_is_nobodys() {
        let mut traces = traces(&OTHER, Duration::ZERO);
        traces.may_hide_threads = true;
        for round in 0..3000 {
            let thread = thread::spawn(crate::host::threads::current_tid);
            let tid = thread.join().unwrap();
            let found = hidden(&traces);
            let is_found = found.iter().any(|thread| thread.tid == Some(tid));
            assert!(!is_found, "round {round}");
        }
    }

    /// The C library gives a stack with old return addresses to the next thread.
    #[test]
    fn what_an_ended_visitor_left_on_a_stack_means_nothing() {
        let marked = |_: &str| std::hint::black_box([MODULE.as_ptr().addr() + 8; 4]);
        let visitor = thread::spawn(move || {
            visitors::note();
            let mark = marked("by a visitor");
            std::ptr::from_ref(&mark).addr()
        });
        let stack = visitor.join().unwrap();
        assert!(visitors::all().left_behind_at(stack));
        let (tell, told) = channel();
        let (end, ended) = channel::<()>();
        let next = thread::spawn(move || {
            let mark = marked("as if it were old");
            let here = std::ptr::from_ref(&mark).addr();
            tell.send((crate::host::threads::current_tid(), here))
                .unwrap();
            let _ = ended.recv();
            std::hint::black_box(mark);
        });
        let (tid, here) = told.recv().unwrap();
        while place(tid) == Place::Unknown {
            thread::yield_now();
        }
        let found = |traces: &Traces| {
            let hidden = hidden(traces);
            hidden.iter().any(|thread| thread.tid == Some(tid))
        };
        let mut traces = traces(&MODULE, Duration::ZERO);
        // Another test's thread may have got the stack first.
        assert_eq!(found(&traces), !visitors::all().left_behind_at(here));
        traces.may_hide_threads = true;
        assert!(found(&traces), "it may be one that the module hides");
        drop(end);
        next.join().unwrap();
    }

    /// A thread with a mark on its stack that sleeps until it is told to become a visitor.
    struct Sleeper {
        tid: i32,
        mark: usize,
        ask: std::sync::mpsc::Sender<bool>,
        told: std::sync::mpsc::Receiver<(i32, usize)>,
        thread: thread::JoinHandle<()>,
    }

    fn sleeper() -> Sleeper {
        let (ask, asked) = channel::<bool>();
        let (tell, told) = channel();
        let thread = thread::spawn(move || {
            let mark = std::hint::black_box([MODULE.as_ptr().addr() + 8; 4]);
            let here = (crate::host::threads::current_tid(), mark.as_ptr().addr());
            tell.send(here).unwrap();
            while asked.recv() == Ok(true) {
                visitors::note();
                tell.send(here).unwrap();
            }
            std::hint::black_box(mark);
        });
        let (tid, mark) = told.recv().unwrap();
        Sleeper {
            tid,
            mark,
            ask,
            told,
            thread,
        }
    }

    /// A sleeping thread, looked at as if its mark were a module.
    #[test]
    fn a_mark_on_a_sleeping_threads_stack_is_found_unless_somebody_knows_the_thread() {
        // Stacks of other tests' threads are of no use; those that got one keep it meanwhile.
        let mut others = Vec::new();
        let sleeper = loop {
            let sleeper = sleeper();
            if !visitors::all().left_behind_at(sleeper.mark) {
                break sleeper;
            }
            others.push(sleeper);
        };
        let found = |traces: &Traces| {
            while place(sleeper.tid) == Place::Unknown {
                thread::yield_now();
            }
            let hidden = hidden(traces);
            hidden.iter().any(|thread| thread.tid == Some(sleeper.tid))
        };
        assert!(found(&traces(&MODULE, Duration::ZERO)));
        let later = Duration::from_secs(1 << 40);
        assert!(!found(&traces(&MODULE, later)), "older than the module");
        assert!(!found(&traces(&OTHER, Duration::ZERO)));
        sleeper.ask.send(true).unwrap();
        sleeper.told.recv().unwrap();
        assert!(
            !found(&traces(&MODULE, Duration::ZERO)),
            "it has called a module"
        );
        for sleeper in others.into_iter().chain([sleeper]) {
            drop(sleeper.ask);
            sleeper.thread.join().unwrap();
        }
    }

    #[test]
    fn a_running_thread_is_the_modules_only_if_that_could_have_made_it() {
        use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
        static STOP: AtomicBool = AtomicBool::new(false);
        static TID: AtomicI32 = AtomicI32::new(0);
        let runner = thread::spawn(|| {
            TID.store(crate::host::threads::current_tid(), Ordering::Relaxed);
            while !STOP.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        let found = |may_hide_threads| {
            let traces = Traces {
                may_hide_threads,
                ..traces(&OTHER, Duration::ZERO)
            };
            let hidden = hidden(&traces);
            let tid = TID.load(Ordering::Relaxed);
            hidden.iter().any(|thread| thread.tid == Some(tid))
        };
        while TID.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        assert!(found(true));
        assert!(!found(false));
        STOP.store(true, Ordering::Relaxed);
        runner.join().unwrap();
    }
}
