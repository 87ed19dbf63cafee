//! Clippy on what the workspace's own run doesn't see: there `lmms` has its host side, which uses what a
//! module's library may leave unused.

#![forbid(unsafe_code)]

use crate::common::error::Error;
use crate::common::run;
use crate::common::workspace::Workspace;

/// The features that `build-modules` gives to `lmms`, and those that a module's own tests see.
const MODULE_SIDE: &[&str] = &[
    "",
    "tracing,log",
    "carrier",
    "carrier,log",
    "carrier,tracing",
    "carrier,tracing,log",
];

/// The workspaces whose modules only tests build.
const FIXTURES: &[&str] = &["tests/libraries/fixtures", "tests/hazards/fixtures"];

/// Lints the module side of `lmms`, and the modules that only tests build; warnings are errors.
pub(crate) fn module_side(workspace: &Workspace) -> Result<(), Error> {
    for features in MODULE_SIDE {
        let mut command = workspace.cargo("clippy");
        command.args(["--package", "lmms", "--lib", "--no-default-features"]);
        command.args(["--features", features, "--", "-D", "warnings"]);
        run::run(&mut command)?;
    }
    for folder in FIXTURES {
        let mut command = workspace.cargo("clippy");
        command.args(["--workspace", "--lib", "--", "-D", "warnings"]);
        run::run(command.current_dir(workspace.root().join(folder)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_feature_of_a_modules_library_is_linted() {
        let workspace = Workspace::find(Some(env!("CARGO_MANIFEST_DIR").as_ref())).unwrap();
        let known: BTreeSet<&str> = workspace
            .lmms()
            .unwrap()
            .features
            .keys()
            .map(String::as_str)
            .collect();
        let linted = MODULE_SIDE.iter().flat_map(|features| features.split(','));
        let linted: BTreeSet<&str> = linted.filter(|name| !name.is_empty()).collect();
        assert_eq!(linted, &known - &BTreeSet::from(["default", "gateway"]));
    }

    #[test]
    fn every_workspace_of_modules_that_tests_build_is_linted() {
        let workspace = Workspace::find(Some(env!("CARGO_MANIFEST_DIR").as_ref())).unwrap();
        let tests = std::fs::read_dir(workspace.root().join("tests")).unwrap();
        let names = tests.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let fixtures = names.map(|name| format!("tests/{name}/fixtures"));
        for folder in fixtures.filter(|folder| workspace.root().join(folder).is_dir()) {
            assert!(FIXTURES.contains(&&*folder), "{folder}");
        }
    }
}
