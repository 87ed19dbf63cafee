//! Who may change the files that code is loaded from.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::boundary::error::Error;

/// Whether somebody else than the owner and the process's own group may write there: then whoever
/// may do that could run code in this process.
///
/// The group of an access control list counts as the file's group, as its mode shows it.
pub fn others_may_write(metadata: &Metadata) -> bool {
    let mode = metadata.mode();
    let group = mode & 0o020 != 0 && metadata.gid() != effective_group();
    mode & 0o002 != 0 || group
}

/// Refuses what others may write to. `module` is empty for the folder and the manifest.
pub(super) fn check(module: &str, path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if !others_may_write(metadata) {
        return Ok(());
    }
    Err(Error::Untrusted {
        module: module.to_owned(),
        path: path.to_owned(),
        mode: metadata.mode() & 0o7777,
        group: metadata.gid(),
    })
}

/// Whether the program runs with more rights than the user who started it has, as one that is set-user-ID does.
pub(super) fn has_more_rights() -> bool {
    // SAFETY: takes a number.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

fn effective_group() -> u32 {
    // SAFETY: takes nothing and can't fail.
    unsafe { libc::getegid() }
}
