//! What modules get from the kernel, shown in a process of its own: ways of the program `child`. Prints `name=number`
//! lines.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut, with_exposed_provenance_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lmms::Policy;
use lmms::policy::LoadRetry;

use crate::process::{descriptors, is_mapped, mappings, resident_bytes};
use crate::table::hazard;
use crate::{Hazards, built};

/// Whether there is such a way; it is gone then.
pub fn show(way: &str, home: &Hazards) -> bool {
    match way {
        "signal-stack" => signal_stack(home),
        "locale" => locale(home),
        "bare-file" => bare_file(home),
        "bare-memory" => bare_memory(home),
        "forgets-files" => forgets_files(home),
        "resources" => resources(home),
        "no-descriptors" => no_descriptors(),
        "stream-buffer" => stream_buffer(home),
        "made-otherwise" => made_otherwise(home),
        _ => return false,
    }
    true
}

fn unload(home: &Hazards, module: &str) -> String {
    home.unload(module).expect("it is known").to_string()
}

/// The place on the stack at which the handler ran.
static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn handle(_: libc::c_int) {
    let here = 0_u8;
    HANDLED.store((&raw const here).addr(), Ordering::Relaxed);
}

fn stack() -> libc::stack_t {
    let mut stack = std::mem::MaybeUninit::<libc::stack_t>::zeroed();
    // SAFETY: only asks.
    unsafe { libc::sigaltstack(null(), stack.as_mut_ptr()) };
    // SAFETY: zeroed, or filled in.
    unsafe { stack.assume_init() }
}

/// A signal comes on a thread that had got its signal stack from a module, whose destructor frees it, or takes it away
/// before.
fn signal_stack(home: &Hazards) {
    // SAFETY: plain data, for which zero is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handle as *const () as usize;
    action.sa_flags = libc::SA_ONSTACK;
    // SAFETY: the handler only writes to an atomic.
    unsafe { libc::sigaction(libc::SIGUSR1, &action, null_mut()) };
    let before = stack();
    let row = hazard("signal-stack");
    for seed in 0..4 {
        (row.call)(home, seed).expect("it answers");
        assert_ne!(stack().ss_sp, before.ss_sp);
        println!("{}", unload(home, row.module));
        assert!(!is_mapped(row.module));
        // SAFETY: the handler above.
        unsafe { libc::raise(libc::SIGUSR1) };
        let handled = HANDLED.load(Ordering::Relaxed);
        let own = before.ss_sp.addr()..before.ss_sp.addr() + before.ss_size;
        println!(
            "restored={}",
            u8::from(stack().ss_sp == before.ss_sp && own.contains(&handled))
        );
    }
}

/// A thread that had got its locale from a module goes on.
fn locale(home: &Hazards) {
    // SAFETY: only asks.
    let current = || unsafe { libc::uselocale(null_mut()) };
    let before = current();
    let row = hazard("locale");
    (row.call)(home, 1).expect("it answers");
    assert_ne!(current(), before);
    println!("{}", unload(home, row.module));
    println!("restored={}", u8::from(current() == before));
}

/// The number of a file that the module has closed out of sight becomes the host's.
fn bare_file(home: &Hazards) {
    for (theirs, ours) in [
        ("/proc/self/maps", "/proc/self/status"),
        ("/proc/self/exe", "/proc/self/exe"),
    ] {
        let number = home
            .bare_calls()
            .open_and_close(theirs)
            .expect("it answers");
        let mut file = File::open(ours).expect("Linux");
        assert_eq!(file.as_raw_fd(), number, "the lowest number that is free");
        println!("{}", unload(home, "bare-calls"));
        let mut first = [0; 4];
        file.read_exact(&mut first).expect("it is still open");
        println!("open=1");
    }
}

/// Memory that the module has unmapped out of sight becomes the host's.
fn bare_memory(home: &Hazards) {
    const BYTES: usize = 1 << 20;
    let address = home
        .bare_calls()
        .map_and_unmap(BYTES as u64)
        .expect("it answers");
    let wanted = with_exposed_provenance_mut(address as usize);
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: a new mapping, in the place of nothing.
    let start = unsafe { libc::mmap(wanted, BYTES, access, flags, -1, 0) };
    assert_eq!(start, wanted, "there is room where there was none");
    let at: *mut u8 = start.cast();
    // SAFETY: the mapping made above.
    unsafe { at.write(42) };
    println!("{}", unload(home, "bare-calls"));
    // SAFETY: as above.
    println!("there={}", unsafe { at.read_volatile() });
}

/// The host writes to a stream that a module has given a buffer, after the module is gone.
fn stream_buffer(home: &Hazards) {
    unsafe extern "C" {
        static stderr: *mut libc::FILE;
    }
    let row = hazard("stream-buffer");
    (row.call)(home, 1).expect("it answers");
    println!("{}", unload(home, row.module));
    assert!(!is_mapped(row.module));
    // SAFETY: the C library set it up before anything ran.
    let stream = unsafe { stderr };
    for text in [c"half ", c"a line\n"] {
        // SAFETY: a terminated text, and a stream that is never closed.
        assert!(unsafe { libc::fputs(text.as_ptr(), stream) } >= 0);
    }
    // SAFETY: as above.
    println!("flushed={}", unsafe { libc::fflush(stream) });
}

/// Descriptors that come by a message, as a terminal, and by a stream that is given another file.
fn made_otherwise(home: &Hazards) {
    let files = home.open_files();
    let ways = [files.receive(), files.open_terminal(), files.reopen()];
    let worked = ways.map(|way| way.expect("it answers"));
    println!("worked={}", worked.iter().filter(|worked| **worked).count());
    println!("{}", unload(home, "open-files"));
    files.close_made().expect("it answers");
    println!("{}", unload(home, "open-files"));
}

/// A shutdown function leaves descriptors open, once.
fn forgets_files(home: &Hazards) {
    let call = || home.forgets_files().provoke(1).expect("it answers");
    let lost = || {
        let module = home.statistics().modules.into_iter();
        let mut module = module.filter(|module| module.module == "forgets-files");
        module.next().expect("it is known").left_descriptors
    };
    call();
    println!("first: {}", unload(home, "forgets-files"));
    println!("lost={}", lost());
    call();
    println!("second: {}", unload(home, "forgets-files"));
    let explained = home.explain("forgets-files").expect("it is known");
    println!("{}", explained.to_string().replace('\n', " | "));
    assert!(home.forgets_files().close().expect("it answers"));
    println!("third: {}", unload(home, "forgets-files"));
    println!("lost={}", lost());
}

/// Modules that get something from the kernel, loaded and unloaded again and again.
fn resources(home: &Hazards) {
    let cycles = |count: u64| {
        for cycle in 0..count {
            for name in [
                "open-files",
                "closes-files",
                "mappings",
                "backtrace",
                "signal-stack",
                "opens-itself",
            ] {
                let row = hazard(name);
                assert_eq!((row.call)(home, cycle), Ok(cycle + 1), "{name}");
                if let crate::table::Expected::Refused {
                    until: Some(end), ..
                } = row.expected
                {
                    end(home, cycle).expect("it ends");
                }
                let outcome = home.unload(row.module).expect("it is known");
                assert!(
                    matches!(outcome, lmms::UnloadOutcome::Unloaded { .. }),
                    "{name}: {outcome}"
                );
            }
        }
        (descriptors(), mappings(), resident_bytes())
    };
    let count = std::env::var("LMMS_CYCLES").map_or(30, |count| count.parse().expect("a number"));
    let before = cycles(10);
    let after = cycles(count);
    for (when, (descriptors, mappings, bytes)) in [("before", before), ("after", after)] {
        println!("{when}: {descriptors} descriptors, {mappings} mappings, {bytes} bytes resident");
    }
    println!("descriptors={}", after.0 as i64 - before.0 as i64);
    println!("mappings={}", after.1 as i64 - before.1 as i64);
    let lost = after.2 as i64 - before.2 as i64;
    println!("lost={}", lost / count as i64);
}

/// Loads while there is room for so many descriptors only.
fn no_descriptors() {
    let mut policy = Policy::default();
    policy.load_retry = LoadRetry {
        initial: Duration::ZERO,
        cap: Duration::ZERO,
    };
    let builder = Hazards::builder()
        .modules(built::modules())
        .background_sweeps(false);
    let home = builder.policy(policy).open().expect("it opens");
    let limit = libc::rlimit {
        rlim_cur: 64,
        rlim_max: 64,
    };
    // SAFETY: a limit of this process.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    for free in 0..8 {
        match home.zero_sized().provoke(1) {
            Ok(_) => println!("loaded with={free}"),
            Err(error) => println!("free {free}: {error}"),
        }
        let _ = home.unload("zero-sized");
        files.pop();
    }
    println!(
        "answer={}",
        home.zero_sized().provoke(1).expect("there is room")
    );
}
