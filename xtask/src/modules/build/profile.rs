//! The two ways to compile modules: well, and quickly for a first look.
//!
//! | | release | quick |
//! |---|---|---|
//! | settings | opt-level 3, fat LTO, one codegen unit | opt-level 1, no LTO |
//! | cargo's profile | `release` | `dev` |
//! | crates for the compiler's side | of its own | shared with the workspace's `dev` builds, so with this tool's |
//! | folder below `target/lmms` | `build` | `quick` |
//!
//! A quick build compiles into the workspace's own build folder: the macros and build scripts of a first build, and
//! what these are made of, are there already, because the tool itself needed them. Only its libraries are put
//! elsewhere, so that no program finds them where it looks for those that are shipped.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::Command;

use lmms::manifest::Profile;
use toml::{Table, Value};

use super::{BuildOptions, carriers, is_current, last_build};
use crate::common::workspace::{ModuleCrate, Workspace};
use crate::modules::freshness;

/// What cargo calls the profile that quick builds use, and its folder.
const DEV: (&str, &str) = ("dev", "debug");

/// The profiles of the carriers' workspace.
pub(super) fn tables(members: &[&str]) -> Table {
    let release = Table::from_iter([
        ("opt-level".to_owned(), Value::from(3)),
        ("lto".to_owned(), "fat".into()),
        ("codegen-units".to_owned(), 1.into()),
        ("strip".to_owned(), "symbols".into()),
        ("panic".to_owned(), "unwind".into()),
        ("debug".to_owned(), false.into()),
    ]);
    // Macros and build scripts keep cargo's defaults, which the workspace's own `dev` builds have: else they would be
    // compiled again. They inherit checks; optimisation they don't.
    let checks = |on: bool| {
        ["debug-assertions", "overflow-checks"].map(|name| (name.to_owned(), Value::from(on)))
    };
    let mut quick = Table::from_iter([
        ("opt-level".to_owned(), Value::from(1)),
        ("codegen-units".to_owned(), QUICK_UNITS.into()),
        ("debug".to_owned(), false.into()),
        ("incremental".to_owned(), false.into()),
        (
            "build-override".to_owned(),
            Table::from_iter(checks(true)).into(),
        ),
    ]);
    quick.extend(checks(false));
    let stripped = |member: &&str| {
        let strip = Table::from_iter([("strip".to_owned(), Value::from("symbols"))]);
        (carriers::carrier_package(member), Value::from(strip))
    };
    let packages: Table = members.iter().map(stripped).collect();
    quick.insert("package".to_owned(), packages.into());
    Table::from_iter([
        ("release".to_owned(), Value::from(release)),
        (DEV.0.to_owned(), quick.into()),
    ])
}

/// Two cores are kept busy by the crates there are; more units only repeat work.
const QUICK_UNITS: i64 = 1;

/// Has a `cargo build` of the carriers build that profile.
pub(super) fn set(command: &mut Command, workspace: &Workspace, profile: Profile) {
    command.arg("--target-dir").arg(folder(workspace, profile));
    match profile {
        // With --target, the user's flags for the target reach no build script and no macro.
        Profile::Release => command.args(["--release", "--target", workspace.host()]),
        Profile::Quick => command.env("CARGO_BUILD_BUILD_DIR", workspace.build_dir()),
    };
}

/// Where cargo leaves the library of a module.
pub(crate) fn library(
    workspace: &Workspace,
    module: &ModuleCrate<'_>,
    profile: Profile,
) -> PathBuf {
    let carrier = carriers::carrier_package(module.name());
    let name = format!("lib{}", super::library_name(&carrier));
    let folder = folder(workspace, profile);
    let for_target = folder.join(workspace.host());
    match profile {
        Profile::Release => for_target.join("release").join(name),
        // Below the target's name where the user's configuration names it.
        Profile::Quick => {
            let folders = [&folder, &for_target].map(|folder| folder.join(DEV.1));
            let [here, there] = folders.map(|folder| folder.join(&name));
            if there.is_file() && !here.is_file() {
                there
            } else {
                here
            }
        }
    }
}

fn folder(workspace: &Workspace, profile: Profile) -> PathBuf {
    workspace.lmms_dir().join(match profile {
        Profile::Release => "build",
        Profile::Quick => "quick",
    })
}

/// What to build for a first look: modules that are there from a release build, and newer than their sources, stay such
/// ones; all others are built quickly.
pub fn for_a_first_look(workspace: &Workspace) -> Vec<BuildOptions> {
    let modules = workspace.modules();
    let built = last_build(workspace).filter(is_current);
    let is_good = |module: &&ModuleCrate<'_>| {
        let entry = built.as_ref().and_then(|built| built.module(module.name()));
        let library = library(workspace, module, Profile::Release);
        entry.is_some_and(|entry| entry.profile == Profile::Release)
            && library.is_file()
            && freshness::newer_source(&library).is_none()
    };
    let (good, others): (Vec<&ModuleCrate<'_>>, Vec<_>) = modules.iter().partition(is_good);
    [(Profile::Release, good), (Profile::Quick, others)]
        .into_iter()
        .filter(|(_, modules)| !modules.is_empty())
        .map(|(profile, modules)| BuildOptions {
            modules: modules
                .iter()
                .map(|module| module.name().to_owned())
                .collect(),
            profile,
            ..BuildOptions::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_runs_itself_is_set_as_cargo_sets_it() {
        let tables = tables(&["sun"]);
        let quick = tables["dev"].as_table().unwrap();
        for check in ["debug-assertions", "overflow-checks"] {
            assert_eq!(quick[check].as_bool(), Some(false));
            assert_eq!(quick["build-override"][check].as_bool(), Some(true));
        }
        // These would be inherited, and can't be set back.
        for inherited in ["lto", "strip", "rpath", "split-debuginfo"] {
            assert!(!quick.contains_key(inherited), "{inherited}");
        }
        let carrier = &quick["package"]["lmms-carrier-sun"];
        assert_eq!(carrier["strip"].as_str(), Some("symbols"));
    }
}
