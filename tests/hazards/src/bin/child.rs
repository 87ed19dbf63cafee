//! What may crash, for the tests: `child plain <library> <function> <way>` uses a library without lmms,
//! `child lmms <way> <folder>` a gateway. Prints `name=number` lines.

use std::any::Any;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use lmms_hazard_tests::process::{descriptors, is_mapped, resident_bytes};
use lmms_hazard_tests::{kernel, open_at, table::hazard};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["plain", library, function, way] => plain(Path::new(library), function, way),
        ["lmms", way, folder] => with_lmms(way, Path::new(folder)),
        ["lmms", way, folder, file] => at_exit(way, Path::new(folder), Path::new(file)),
        _ => {
            eprintln!("wrong arguments: {words:?}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

type Function = unsafe extern "C" fn(u64) -> u64;

fn load(library: &Path) -> Library {
    // SAFETY: one of the test libraries, whose constructors do nothing.
    unsafe { Library::open(Some(library), RTLD_NOW | RTLD_LOCAL) }.expect("it loads")
}

fn call(library: &Library, function: &str, seed: u64) -> u64 {
    // SAFETY: all their functions have this type, but those that are named below.
    let function = unsafe { library.get::<Function>(function.as_bytes()) }.expect("it is exported");
    // SAFETY: as above.
    unsafe { function(seed) }
}

fn plain(path: &Path, function: &str, way: &str) {
    match way {
        // A thread calls, the library goes, the thread ends.
        "thread-ends" => {
            let library = load(path);
            let (go, wait) = channel::<()>();
            let (done, called) = channel();
            thread::scope(|scope| {
                let library = &library;
                let caller = scope.spawn(move || {
                    let answer = call(library, function, 41);
                    done.send(answer).expect("main listens");
                    let _ = wait.recv();
                });
                println!("answer={}", called.recv().expect("it calls"));
                // SAFETY: what is looked at here is what comes of exactly this.
                let copy = unsafe { std::ptr::read(library) };
                copy.close().expect("dlclose returns");
                println!("mapped={}", u8::from(maps(path)));
                drop(go);
                caller.join().expect("it ends");
            });
            std::mem::forget(library);
        }
        // Called here, and time for its threads to go on.
        "goes-on" => {
            let library = load(path);
            println!("answer={}", call(&library, function, 41));
            library.close().expect("dlclose returns");
            println!("mapped={}", u8::from(maps(path)));
            // However busy the machine is, they have their turn.
            let started = Instant::now();
            while started.elapsed() < Duration::from_millis(500) {
                thread::yield_now();
            }
        }
        // Called here; its threads nap.
        "wakes" => {
            let library = load(path);
            println!("answer={}", call(&library, function, 41));
            library.close().expect("dlclose returns");
            println!("mapped={}", u8::from(maps(path)));
            linger();
        }
        // The library goes while a call of it naps.
        "inside" => {
            let library: &'static _ = Box::leak(Box::new(load(path)));
            let function = function.to_owned();
            thread::spawn(move || call(library, &function, 41));
            while call(library, "plain_is_inside", 0) == 0 {
                thread::yield_now();
            }
            // SAFETY: what is looked at here is what comes of exactly this.
            let copy = unsafe { std::ptr::read(library) };
            copy.close().expect("dlclose returns");
            linger();
        }
        // Reads the address that the function gave when the library is gone.
        "stale" => {
            let library = load(path);
            let address = call(&library, function, 41);
            library.close().expect("dlclose returns");
            println!("mapped={}", u8::from(maps(path)));
            let number = std::ptr::with_exposed_provenance::<u64>(address as usize);
            // SAFETY: as above.
            println!("answer={}", unsafe { number.read_volatile() });
        }
        // Looks for a variable that the library has set; prints what is in the file that it writes at exit.
        "looks" => {
            let library = load(path);
            println!("answer={}", call(&library, function, 41));
            library.close().expect("dlclose returns");
            println!("mapped={}", u8::from(maps(path)));
            let written = std::env::var_os("AT_EXIT_FILE").map(std::fs::read_to_string);
            let lines = written.map_or(0, |text| text.unwrap_or_default().lines().count());
            println!("lines={lines}");
            println!(
                "found={}",
                u8::from(std::env::var_os("LMMS_HAZARD").is_some())
            );
        }
        // Called twice, reloaded, and called again.
        "twice" => {
            let library = load(path);
            call(&library, function, 41);
            println!("before={}", call(&library, function, 41));
            library.close().expect("dlclose returns");
            println!("after={}", call(&load(path), function, 41));
        }
        "links" => drop(load(path)),
        // Called here; then the signal comes that it handled.
        "signal" => {
            let library = load(path);
            println!("answer={}", call(&library, function, 41));
            library.close().expect("dlclose returns");
            // SAFETY: a plain system call; what the handler is now is what is looked at.
            unsafe { libc::raise(libc::SIGUSR2) };
        }
        "payload" => {
            let mut payload: Option<Box<dyn Any + Send>> = None;
            let library = load(path);
            {
                type Take = unsafe extern "C" fn(*mut Option<Box<dyn Any + Send>>);
                // SAFETY: it has this type.
                let take =
                    unsafe { library.get::<Take>(function.as_bytes()) }.expect("it is exported");
                // SAFETY: a place of that type.
                unsafe { take(&raw mut payload) };
            }
            library.close().expect("dlclose returns");
            println!("mapped={}", u8::from(maps(path)));
            drop(payload);
        }
        "reloads" => {
            let before = reload(path, function, 3);
            let open = descriptors();
            // Memory comes in blocks of 64 kB.
            const TIMES: u64 = 60;
            let after = reload(path, function, TIMES);
            let lost = after.1 as i64 - before.1 as i64;
            println!("lost={}", lost / TIMES as i64);
            println!("descriptors={}", descriptors() as i64 - open as i64);
            println!("mapped={}", u8::from(maps(path)));
        }
        "keys" => {
            let (failed_after, _) = reload(path, function, 1100);
            println!("reloads={failed_after}");
        }
        "copies" => {
            let folder = tempfile::tempdir().expect("a folder");
            let mut libraries = Vec::new();
            for number in 0..64 {
                let copy: PathBuf = folder.path().join(format!("copy-{number}.so"));
                std::fs::copy(path, &copy).expect("a copy");
                // SAFETY: as in `load`.
                match unsafe { Library::open(Some(&copy), RTLD_NOW | RTLD_LOCAL) } {
                    Ok(library) => libraries.push(library),
                    Err(error) => {
                        println!("{error:?}");
                        break;
                    }
                }
            }
            println!("copies={}", libraries.len());
            std::mem::forget(libraries);
        }
        _ => panic!("no such way: {way}"),
    }
}

/// Gives threads time to wake and find nothing: far longer than they take.
fn linger() {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        thread::yield_now();
    }
}

/// Loads, calls and closes so often, or until the function fails; gives how often, and what is resident.
fn reload(path: &Path, function: &str, times: u64) -> (u64, u64) {
    for round in 0..times {
        let library = load(path);
        let answer = thread::scope(|scope| {
            let caller = scope.spawn(|| call(&library, function, 41));
            caller.join()
        });
        library.close().expect("dlclose returns");
        if answer.ok() != Some(42) {
            return (round, resident_bytes());
        }
    }
    (times, resident_bytes())
}

fn maps(path: &Path) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    maps.contains(&*path.to_string_lossy())
}

fn with_lmms(way: &str, folder: &Path) {
    let home = open_at(folder);
    match way {
        "double-panic" => {
            tracing_subscriber::fmt()
                .with_writer(std::io::stderr)
                .init();
            let row = hazard("panic-while-unwinding");
            let _ = (row.call)(&home, 1);
        }
        "half-line" => {
            home.half_line().print("half a line").expect("it prints");
            home.unload("half-line").expect("it is known");
            assert!(!is_mapped("half-line"));
            println!(" and the rest");
        }
        "backtraces" => {
            let cycle = || {
                let error = home
                    .panics()
                    .text("with a backtrace")
                    .expect_err("it panics");
                assert!(error.to_string().contains("with a backtrace"), "{error}");
                home.unload("panics").expect("it is known");
                assert!(!is_mapped("panics"));
            };
            (0..5).for_each(|_| cycle());
            let before = resident_bytes();
            (0..20).for_each(|_| cycle());
            println!("lost={}", (resident_bytes() as i64 - before as i64) / 20);
        }
        // The program ends while a thread is inside, and another holds thread-locals.
        "ends-inside" => {
            let home: &'static _ = Box::leak(Box::new(home));
            for _ in 0..2 {
                thread::spawn(move || {
                    home.thread_local().provoke(1).expect("it answers");
                    home.waiting_call().wait()
                });
            }
            while home.waiting_call().waiting().expect("it answers") < 2 {
                thread::yield_now();
            }
            let outcome = home.unload("waiting-call").expect("it is known");
            println!("{outcome}");
        }
        // Somebody else has opened the library as well.
        "held" => {
            home.zero_sized().provoke(1).expect("it answers");
            let held = load(&folder.join("zero_sized.so"));
            let outcome = home.unload("zero-sized").expect("it is known");
            println!("{outcome}");
            let explained = home.explain("zero-sized").expect("it is known");
            println!("{}", explained.to_string().replace('\n', " | "));
            println!("mapped={}", u8::from(is_mapped("zero-sized")));
            println!(
                "answer={}",
                home.zero_sized().provoke(1).expect("a fresh copy")
            );
            let outcome = home.unload("zero-sized").expect("it is known");
            println!("{outcome}");
            println!("retired={}", home.statistics().retirements);
            drop(held);
            let outcome = home.unload("zero-sized").expect("it is known");
            println!("{outcome}");
            println!("unloads={}", home.statistics().unloads);
            println!("left={}", home.statistics().retired_bytes);
        }
        "handled" => {
            home.signal_handler().provoke(1).expect("it answers");
            let outcome = home.unload("signal-handler").expect("it is known");
            println!("{outcome}");
            // SAFETY: a plain system call. The handler is the module's.
            unsafe { libc::raise(libc::SIGUSR2) };
            println!("survived=1");
        }
        "blocked-clone" | "busy-clone" => {
            let row = hazard(way);
            (row.call)(&home, 1).expect("it starts");
            let outcome = home.unload(row.module).expect("it is known");
            println!("{outcome}");
            for _ in 0..2000 {
                thread::yield_now();
            }
            println!("survived=1");
        }
        _ => assert!(kernel::show(way, &home), "no such way: {way}"),
    }
}

fn at_exit(way: &str, folder: &Path, file: &Path) {
    let home = open_at(folder);
    home.at_exit()
        .write_to(file.to_owned())
        .expect("it registers");
    let lines = || {
        std::fs::read_to_string(file)
            .unwrap_or_default()
            .lines()
            .count()
    };
    println!("before={}", lines());
    match way {
        "at-exit-unloaded" => {
            home.unload("at-exit").expect("it is known");
            assert!(!is_mapped("at-exit"));
        }
        "at-exit-twice" => {
            home.unload("at-exit").expect("it is known");
            home.at_exit()
                .write_to(file.to_owned())
                .expect("it registers");
            home.unload("at-exit").expect("it is known");
        }
        // It is still loaded when the program ends.
        "at-exit-loaded" => std::mem::forget(home),
        _ => panic!("no such way: {way}"),
    }
    println!("after={}", lines());
}
