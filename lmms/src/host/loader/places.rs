//! Where the built modules are, if the program doesn't say.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fs;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::manifest::FILE_NAME;
use super::trust;
use crate::boundary::error::Error;

/// The environment variable that names the modules folder.
const VARIABLE: &str = "LMMS_MODULES";

/// How far above a program its build folder is: `target/debug/program`, up to `target/TRIPLE/debug/deps/program`.
const LEVELS: RangeInclusive<usize> = 2..=4;

/// Finds the folder with the built modules, as a [`Builder`](crate::Builder) does that isn't told:
///
/// 1. the folder `modules` beside the program: one that was packed with its modules;
/// 2. the folder that the environment variable `LMMS_MODULES` names, whatever is in it;
/// 3. `lmms/modules` in the build folder that the program is in, where the build tool puts them.
///
/// The first and the last count only if they have a manifest, and if folder and manifest belong to the program's owner:
/// beside a program in `/tmp`, others can put what they like. The current folder plays no part, for the same reason.
///
/// # Errors
/// [`Error::NoModules`] when there are none in these places.
///
/// ```
/// use lmms::loader::modules_folder;
///
/// match modules_folder() {
///     Ok(folder) => println!("modules come from {}", folder.display()),
///     Err(error) => println!("{error}"),
/// }
/// ```
pub fn modules_folder() -> Result<PathBuf, Error> {
    let program = std::env::current_exe().ok();
    find(program.as_deref(), std::env::var_os(VARIABLE))
}

fn find(program: Option<&Path>, named: Option<OsString>) -> Result<PathBuf, Error> {
    let mut looked_in = Vec::new();
    let beside = program.and_then(Path::parent).map(|it| it.join("modules"));
    if let (Some(program), Some(folder)) = (program, beside) {
        if has_manifest(&folder, program) {
            return Ok(folder);
        }
        looked_in.push(folder);
    }
    // A folder that was named on purpose is not passed over, even if it has no manifest. A program that has more rights
    // than the user who started it isn't told by them where its code is.
    let named = named.filter(|_| !trust::has_more_rights());
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    if let Some(program) = program {
        let above = program.ancestors().enumerate();
        let above = above.filter(|(level, _)| LEVELS.contains(level));
        for (_, folder) in above {
            let folder = folder.join("lmms").join("modules");
            if has_manifest(&folder, program) {
                return Ok(folder);
            }
            looked_in.push(folder);
        }
    }
    Err(Error::NoModules { looked_in })
}

/// Whether there is a manifest in `folder`, and both are of the owner of `program`, as is what `folder` is in: whoever
/// owns that can put another one there. Links aren't followed: those of others could lead anywhere.
fn has_manifest(folder: &Path, program: &Path) -> bool {
    let owner = |path: &Path| {
        let metadata = fs::symlink_metadata(path).ok()?;
        (!metadata.is_symlink()).then(|| metadata.uid())
    };
    let manifest = owner(&folder.join(FILE_NAME));
    let above = folder.parent().and_then(owner);
    // The administrator's is as good as the program's owner's.
    let above = if above == Some(0) {
        owner(program)
    } else {
        above
    };
    have_one_owner([owner(program), above, owner(folder), manifest])
}

/// Whether all are there and of the same user.
fn have_one_owner<const COUNT: usize>(owners: [Option<u32>; COUNT]) -> bool {
    owners[0].is_some() && owners.iter().all(|owner| *owner == owners[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A build folder with a program, and what `find` says of it.
    struct Place {
        root: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let place = Self {
                root: tempfile::tempdir().unwrap(),
            };
            place.file("project/target/debug/deps/app");
            place
        }

        fn path(&self, path: &str) -> PathBuf {
            self.root.path().join("project").join(path)
        }

        fn file(&self, path: &str) {
            let path = self.root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }

        fn find(&self, named: Option<&str>) -> Result<PathBuf, String> {
            let program = self.path("target/debug/deps/app");
            find(Some(&program), named.map(OsString::from)).map_err(|error| error.to_string())
        }
    }

    #[test]
    fn beside_the_program_comes_first_then_the_variable_then_the_build_folder() {
        let place = Place::new();
        place.file("project/target/lmms/modules/manifest.json");
        let built = place.path("target/lmms/modules");
        assert_eq!(place.find(None), Ok(built.clone()));
        assert_eq!(place.find(Some("")), Ok(built));
        assert_eq!(place.find(Some("/named")), Ok("/named".into()));
        place.file("project/target/debug/deps/modules/manifest.json");
        let beside = place.path("target/debug/deps/modules");
        assert_eq!(place.find(Some("/named")), Ok(beside.clone()));
        assert_eq!(place.find(None), Ok(beside));
    }

    #[test]
    fn a_folder_called_modules_is_none_without_a_manifest() {
        let place = Place::new();
        fs::create_dir_all(place.path("target/debug/deps/modules")).unwrap();
        place.file("project/target/lmms/modules/manifest.json");
        assert_eq!(place.find(None), Ok(place.path("target/lmms/modules")));
    }

    #[test]
    fn the_build_folder_is_found_from_wherever_cargo_puts_programs() {
        let place = Place::new();
        place.file("project/target/lmms/modules/manifest.json");
        for program in ["debug/app", "debug/examples/app", "triple/release/deps/app"] {
            place.file(&format!("project/target/{program}"));
            let program = place.path("target").join(program);
            let found = find(Some(&program), None).unwrap();
            assert_eq!(found, place.path("target/lmms/modules"));
        }
    }

    #[test]
    fn links_are_not_followed() {
        let place = Place::new();
        place.file("elsewhere/modules/manifest.json");
        let link = place.path("target/lmms/modules");
        fs::create_dir_all(place.path("target/lmms")).unwrap();
        let elsewhere = place.root.path().join("elsewhere/modules");
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        assert!(place.find(None).unwrap_err().contains("no built modules"));
        fs::remove_file(&link).unwrap();
        place.file("project/target/lmms/modules/manifest.json");
        assert_eq!(place.find(None), Ok(link));
    }

    #[test]
    fn folders_of_another_owner_are_passed_over() {
        assert!(have_one_owner([Some(1), Some(1), Some(1)]));
        for others in [
            [Some(1), Some(2), Some(1)],
            [Some(1), Some(1), Some(2)],
            [Some(1), Some(1), None],
            [None, None, None],
        ] {
            assert!(!have_one_owner(others), "{others:?}");
        }
    }

    #[test]
    fn an_error_lists_where_it_looked_and_what_to_do() {
        let place = Place::new();
        let error = place.find(None).unwrap_err();
        for part in [
            "project/target/debug/deps/modules",
            "project/target/lmms/modules",
            "LMMS_MODULES",
            "cargo lmms build",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
