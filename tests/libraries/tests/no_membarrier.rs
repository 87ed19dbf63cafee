//! A seccomp filter that forbids membarrier(2) after the gateway was opened. In a process of its own, whose filter it
//! is.

use std::thread;

use lmms::outcome::UnloadOutcome;
use lmms_library_tests::{Fixtures, child, modules};

#[test]
fn without_membarrier_nothing_is_unloaded_and_everything_serves() {
    modules();
    child::run("in_the_child", "forbid membarrier");
}

/// Forbids membarrier(2) to this thread and those that it starts.
fn forbid_membarrier() {
    let step = |code: u32, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let refuse = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    let program = [
        // The number of the system call.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            1,
            libc::SYS_membarrier as u32,
        ),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, refuse),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: takes numbers only.
    let status = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(status, 0);
    // SAFETY: the kernel copies the filter, which lives through the call.
    let status = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            &raw const filter,
        )
    };
    assert_eq!(status, 0, "{}", std::io::Error::last_os_error());
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn in_the_child() {
    let builder = Fixtures::builder().modules(modules()).cache_bytes(20_000);
    let fixtures = builder.background_sweeps(false).open().unwrap();
    fixtures.probe().add(1, 2).unwrap();
    assert_eq!(fixtures.probe().remembered("one").unwrap(), Some(0));
    forbid_membarrier();
    let outcome = fixtures.unload("probe").unwrap();
    let UnloadOutcome::Refused { reason } = outcome else {
        panic!("{outcome}");
    };
    assert!(reason.to_string().contains("membarrier"), "{reason}");
    fixtures.sweep();
    thread::scope(|scope| {
        for number in 0..4 {
            let fixtures = &fixtures;
            scope.spawn(move || assert_eq!(fixtures.probe().add(number, 1).unwrap(), number + 1));
        }
    });
    // The cache answers what it knows; what it can't drop it keeps, within its bytes.
    assert_eq!(fixtures.probe().remembered("one").unwrap(), Some(0));
    for number in 0..1000 {
        fixtures
            .probe()
            .remembered(&format!("number {number}"))
            .unwrap();
    }
    let cache = fixtures.statistics().cache;
    assert!(cache.bytes <= cache.budget, "{cache:?}");
    fixtures.invalidate_module("probe").unwrap();
    assert!(
        fixtures.probe().remembered("one").unwrap() > Some(0),
        "forgotten all the same"
    );
    drop(fixtures);
}
