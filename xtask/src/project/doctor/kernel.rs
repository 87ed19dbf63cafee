//! What the C library and the kernel must be able to do.

use std::process::Command;

use lmms::statistics::Support;

use super::Check;

/// Libraries can only be unloaded, and proven to be gone, with glibc.
pub(super) fn c_library() -> Check {
    const NAME: &str = "C library";
    let advice = "build for a target such as x86_64-unknown-linux-gnu";
    if lmms::loader::support() != Support::Full {
        let found = "not glibc: modules are loaded, but never unloaded";
        return Check::limited(NAME, found, advice);
    }
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let version = output.ok().filter(|output| output.status.success());
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    Check::good(NAME, version.unwrap_or_else(|| "glibc".to_owned()))
}

/// Without `membarrier` each call has a barrier of its own.
pub(super) fn barrier() -> Check {
    judge(supported_commands())
}

/// What `membarrier(2)` says that it can do, as a mask; negative: it is refused.
#[cfg(target_os = "linux")]
fn supported_commands() -> libc::c_long {
    const QUERY: libc::c_int = 0;
    // SAFETY: the command takes no pointer and changes nothing.
    unsafe { libc::syscall(libc::SYS_membarrier, QUERY, 0, 0) }
}

#[cfg(not(target_os = "linux"))]
fn supported_commands() -> libc::c_long {
    -1
}

fn judge(commands: libc::c_long) -> Check {
    const NAME: &str = "membarrier";
    /// Both commands that LMMS uses: to register, and to act.
    const PRIVATE_EXPEDITED: libc::c_long = 1 << 3 | 1 << 4;
    if commands >= 0 && commands & PRIVATE_EXPEDITED == PRIVATE_EXPEDITED {
        return Check::good(NAME, "calls need no barrier of their own");
    }
    let found = if commands < 0 {
        "refused, so each call takes the slow path"
    } else {
        "the kernel has no private expedited barrier, so each call takes the slow path"
    };
    let advice = "use Linux 4.14 or later, and allow the system call `membarrier` in the container's seccomp profile";
    Check::limited(NAME, found, advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::doctor::Verdict;

    #[test]
    fn both_commands_are_needed() {
        assert_eq!(judge(0b11111).verdict, Verdict::Good);
        for commands in [-1, 0, 0b01111, 0b10111] {
            assert_eq!(judge(commands).verdict, Verdict::Limited, "{commands}");
        }
    }
}
