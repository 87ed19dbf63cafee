//! Which signals are handled by whose function.
//!
//! # Invariants
//! - **SIGNALS-1** `sigaction` without a new action only writes the present one to its caller's place.

use std::mem::MaybeUninit;

/// Names of the signals whose handler `is_ours`.
pub(super) fn handled(is_ours: impl Fn(usize) -> bool) -> Vec<String> {
    (1..=libc::SIGRTMAX())
        .filter(|&signal| handler(signal).is_some_and(&is_ours))
        .map(name)
        .collect()
}

/// The address of a signal's handler. `None`: it can't be asked, as with two of the C library's own.
fn handler(signal: i32) -> Option<usize> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: SIGNALS-1.
    let status = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    if status != 0 {
        return None;
    }
    // SAFETY: it was zeroed, which is valid, and then written by the call.
    let action = unsafe { action.assume_init() };
    Some(action.sa_sigaction)
}

fn name(signal: i32) -> String {
    let known = match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGCHLD => "SIGCHLD",
        libc::SIGCONT => "SIGCONT",
        libc::SIGTSTP => "SIGTSTP",
        libc::SIGTTIN => "SIGTTIN",
        libc::SIGTTOU => "SIGTTOU",
        libc::SIGURG => "SIGURG",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGVTALRM => "SIGVTALRM",
        libc::SIGPROF => "SIGPROF",
        libc::SIGWINCH => "SIGWINCH",
        libc::SIGIO => "SIGIO",
        libc::SIGPWR => "SIGPWR",
        libc::SIGSYS => "SIGSYS",
        _ => return format!("signal {signal}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn nothing(_: i32) {}

    #[test]
    fn a_handler_is_found_by_its_address() {
        let signal = libc::SIGRTMAX() - 1;
        let ours = |address| address == nothing as extern "C" fn(i32) as usize;
        assert_eq!(handled(ours), [""; 0]);
        let handler = nothing as extern "C" fn(i32) as libc::sighandler_t;
        // SAFETY: the handler does nothing, and nobody sends this signal.
        let former = unsafe { libc::signal(signal, handler) };
        assert_eq!(handled(ours), [format!("signal {signal}")]);
        // SAFETY: puts back what was there.
        unsafe { libc::signal(signal, former) };
        assert_eq!(handled(ours), [""; 0]);
    }
}
