//! Folders that libraries are loaded from.

#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Check;
use crate::common::workspace::Workspace;

/// Copies of libraries are loaded from files in memory.
pub(super) fn memory_files() -> Check {
    judge_memory_files(
        fs::read_to_string("/proc/sys/vm/memfd_noexec")
            .ok()
            .as_deref(),
    )
}

fn judge_memory_files(setting: Option<&str>) -> Check {
    const NAME: &str = "memory files";
    // 2: whoever asks for an executable one is refused.
    if setting.map(str::trim) == Some("2") {
        return Check::limited(
            NAME,
            "may not be executed (vm.memfd_noexec is 2)",
            "run `sysctl vm.memfd_noexec=1`: a module that is replaced while a copy of it waits, and sealed copies, can't be \
             loaded otherwise",
        );
    }
    Check::good(NAME, "may be executed")
}

/// Libraries are loaded from the build folder.
pub(super) fn build_folder(workspace: &Workspace) -> Check {
    const NAME: &str = "build folder";
    let folder = workspace.target_dir();
    let shown = folder.display();
    let there = nearest(folder);
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    if let Some(mount) = unexecutable(&mounts, &there) {
        return Check::bad(
            NAME,
            format!(
                "{shown} is on {}, which is mounted with `noexec`",
                mount.display()
            ),
            "set CARGO_TARGET_DIR to a folder on another file system",
        );
    }
    let probe = there.join(format!(".lmms-doctor-{}", std::process::id()));
    match fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)) {
        Ok(()) => Check::good(NAME, shown.to_string()),
        Err(error) => Check::bad(
            NAME,
            format!("{} can't be written to: {error}", there.display()),
            "change its permissions, or set CARGO_TARGET_DIR to a folder of yours",
        ),
    }
}

/// Modules that others may change are refused when they are loaded.
pub(super) fn modules_folder(workspace: &Workspace) -> Check {
    judge_modules_folder(&workspace.modules_dir())
}

fn judge_modules_folder(folder: &Path) -> Check {
    const NAME: &str = "modules folder";
    let shown = folder.display();
    let Ok(entries) = fs::read_dir(folder) else {
        return Check::good(
            NAME,
            format!("{shown} is not there yet: `cargo lmms build` makes it"),
        );
    };
    let mut paths = vec![folder.to_owned()];
    paths.extend(entries.flatten().map(|entry| entry.path()));
    let open = paths.iter().find_map(|path| {
        let metadata = fs::metadata(path).ok()?;
        lmms::loader::others_may_write(&metadata).then_some((path, metadata.permissions().mode()))
    });
    match open {
        Some((path, mode)) => Check::bad(
            NAME,
            format!(
                "others may write to {} (mode {:04o}), so modules are refused",
                path.display(),
                mode & 0o7777
            ),
            format!("run `chmod -R go-w {shown}`"),
        ),
        None => Check::good(NAME, shown.to_string()),
    }
}

/// The folder, or the nearest above it that is there.
fn nearest(folder: &Path) -> PathBuf {
    let mut above = folder.ancestors();
    let there = above.find(|path| path.is_dir());
    there.unwrap_or(Path::new("/")).to_owned()
}

/// The mount that `path` is on, if nothing can be executed there.
fn unexecutable(mounts: &str, path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let place = PathBuf::from(unescaped(fields.next()?));
        let options = fields.nth(1)?;
        Some((place, options.split(',').any(|option| option == "noexec")))
    });
    // The last of the longest: later mounts lie over earlier ones.
    let (place, noexec) = mounts
        .filter(|(place, _)| path.starts_with(place))
        .max_by_key(|(place, _)| place.as_os_str().len())?;
    noexec.then_some(place)
}

/// Blanks and the like stand there as octal numbers.
fn unescaped(field: &str) -> String {
    let escapes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    let mut text = field.to_owned();
    for (escape, letter) in escapes {
        text = text.replace(escape, letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;
    use crate::project::doctor::Verdict;

    #[test]
    fn the_mount_of_a_path_is_the_last_of_the_longest() {
        let mounts = "/dev/a / ext4 rw,noexec 0 0\n\
                      /dev/b /data ext4 rw 0 0\n\
                      /dev/c /data/my\\040files ext4 rw,noexec,nosuid 0 0\n\
                      /dev/d /over ext4 rw,noexec 0 0\n\
                      /dev/e /over ext4 rw 0 0\n";
        let found = |path: &str| unexecutable(mounts, Path::new(path));
        assert_eq!(found("/home-less/x"), Some("/".into()));
        assert_eq!(found("/data/x"), None);
        assert_eq!(found("/data/my files/x"), Some("/data/my files".into()));
        assert_eq!(found("/over/x"), None);
        assert_eq!(unexecutable("", Path::new("/data")), None);
    }

    #[test]
    fn a_modules_folder_that_others_may_change_is_bad() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("modules");
        assert_eq!(judge_modules_folder(&folder).verdict, Verdict::Good);
        fs::create_dir(&folder).unwrap();
        let file = folder.join("a.so");
        fs::write(&file, "").unwrap();
        for path in [&folder, &file] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        assert_eq!(judge_modules_folder(&folder).verdict, Verdict::Good);
        fs::set_permissions(&file, Permissions::from_mode(0o757)).unwrap();
        let found = judge_modules_folder(&folder);
        assert_eq!(found.verdict, Verdict::Bad);
        assert!(found.found.contains("a.so (mode 0757)"), "{found:?}");
    }

    #[test]
    fn memory_files_that_may_not_be_executed_are_found() {
        assert_eq!(judge_memory_files(Some("2\n")).verdict, Verdict::Limited);
        assert_eq!(judge_memory_files(Some("1\n")).verdict, Verdict::Good);
        assert_eq!(judge_memory_files(None).verdict, Verdict::Good);
    }
}
