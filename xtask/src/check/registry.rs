//! The built modules against their sources.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lmms::manifest::{FILE_NAME, Manifest, ModuleFile};

use super::{CheckOptions, Part, PartReport, Problem};
use crate::common::caller::Caller;
use crate::common::error::{Difference, Error};
use crate::common::workspace::{ModuleCrate, Workspace};
use crate::modules::agreement::{self, Built};
use crate::modules::build::{self, BuildOptions};
use crate::modules::describe::{self, DescribedOperation};
use crate::modules::freshness;
use crate::modules::operations::{self, Operation};
use crate::modules::outdated;

pub(super) fn check(workspace: &Workspace, options: &CheckOptions) -> Result<PartReport, Error> {
    let modules = workspace.modules();
    let folder = workspace.modules_dir();
    let operations = operations::of_modules(&modules)?;
    let mut report = PartReport::new(Part::Registry, String::new());
    let missing = !folder.join(FILE_NAME).exists();
    if missing && !options.no_build && !modules.is_empty() {
        build::build_modules(workspace, &BuildOptions::default())?;
    }
    let manifest = match Manifest::read(&folder) {
        Ok(manifest) => manifest,
        Err(_) if modules.is_empty() => {
            report.scope = "the workspace has no module".to_owned();
            return Ok(report);
        }
        Err(error) => {
            report.scope = "no manifest could be read".to_owned();
            report
                .problems
                .push(problem("manifest", FILE_NAME, error.to_string()));
            return Ok(report);
        }
    };
    report.scope = format!(
        "{} operation(s) of {} module(s) against {}",
        operations.len(),
        modules.len(),
        workspace.relative(&folder.join(FILE_NAME)).display()
    );
    report.problems = compare(&modules, &operations, &manifest, &folder);
    for entry in &manifest.modules {
        report.problems.extend(file_problem(&folder, entry));
    }
    report
        .problems
        .extend(stale(workspace, &modules, &manifest));
    let quick = build::quick(&manifest);
    if !quick.is_empty() {
        let quick = build::quick_words(&quick);
        report.notes.push(format!("quick builds: {quick}"));
    }
    let (outdated, foreign) = outdated::find(workspace);
    report.notes.extend(foreign);
    report
        .problems
        .extend(outdated.iter().map(|outdated| Problem {
            code: "outdated-program",
            place: outdated.program.display().to_string(),
            what: outdated.to_string(),
            advice: outdated.advice(),
        }));
    Ok(report)
}

fn problem(code: &'static str, place: &str, what: String) -> Problem {
    Problem {
        code,
        place: place.to_owned(),
        what,
        advice: format!("run `{}`", Caller::of_this_process().build()),
    }
}

fn compare(
    modules: &[ModuleCrate<'_>],
    operations: &[Operation],
    manifest: &Manifest,
    folder: &Path,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if manifest.toolchain != lmms::TOOLCHAIN {
        problems.push(problem(
            "toolchain",
            FILE_NAME,
            format!(
                "the modules were built with `{}`, this workspace uses `{}`",
                manifest.toolchain,
                lmms::TOOLCHAIN
            ),
        ));
    }
    for module in modules {
        let name = module.name();
        match manifest.module(name) {
            Some(entry) => {
                let declared = operations
                    .iter()
                    .filter(|operation| operation.module == name);
                let declared: Vec<&Operation> = declared.collect();
                problems.extend(differences(folder, entry, &declared));
            }
            None => problems.push(problem(
                "missing-module",
                name,
                "the module is in the workspace but was not built".to_owned(),
            )),
        }
    }
    for entry in &manifest.modules {
        if !modules.iter().any(|module| module.name() == entry.name) {
            problems.push(problem(
                "extra-module",
                &entry.name,
                "the manifest lists a module that is not in the workspace".to_owned(),
            ));
        }
    }
    problems
}

/// How the library of a module differs from its sources.
fn differences(folder: &Path, entry: &ModuleFile, declared: &[&Operation]) -> Vec<Problem> {
    // A file that the manifest doesn't name as it is has a problem of its own.
    let described = match file_problem(folder, entry) {
        None => describe::describe(&entry.name, &folder.join(&entry.file)).ok(),
        Some(_) => None,
    };
    let signature = |interface: &str, name: &str| {
        let described = described.as_ref()?;
        let of_name =
            |found: &&DescribedOperation| found.interface == interface && found.name == name;
        let found = described.operations.iter().find(of_name)?;
        Some(found.signature.as_str())
    };
    let built = entry.operations.iter().map(|operation| Built {
        interface: &operation.interface,
        name: &operation.name,
        signature: signature(&operation.interface, &operation.name),
    });
    agreement::differences(declared.iter().copied(), built)
        .into_iter()
        .map(|difference| difference_problem(&entry.name, &difference))
        .collect()
}

fn difference_problem(module: &str, difference: &Difference) -> Problem {
    let operation = &difference.operation;
    let (code, what) = match (&difference.in_sources, &difference.in_library) {
        (Some(_), None) => (
            "missing-operation",
            format!("the sources declare `{operation}`, the built library lacks it"),
        ),
        (None, _) => (
            "extra-operation",
            format!("the built library has `{operation}`, which no source declares"),
        ),
        (Some(sources), Some(library)) => (
            "other-signature",
            format!(
                "the sources declare `{operation}{sources}`, the built library has `{operation}{library}`"
            ),
        ),
    };
    let mut problem = problem(code, module, what);
    problem.advice = format!(
        "{}; if that changes nothing: {}",
        problem.advice,
        difference.advice()
    );
    problem
}

fn file_problem(folder: &Path, entry: &ModuleFile) -> Option<Problem> {
    let path = folder.join(&entry.file);
    match fs::read(&path) {
        Err(error) => Some(problem(
            "missing-file",
            &entry.name,
            format!(
                "the manifest lists {}, which can't be read: {error}",
                entry.file
            ),
        )),
        Ok(bytes) => {
            let found = blake3::hash(&bytes).to_hex().to_string();
            (found != entry.blake3).then(|| {
                problem(
                    "hash",
                    &entry.name,
                    format!(
                        "{} has {} bytes with BLAKE3 {}…, the manifest says {} bytes with {}…: the \
                         loader will refuse it",
                        entry.file,
                        bytes.len(),
                        &found[..12],
                        entry.size,
                        &entry.blake3[..12]
                    ),
                )
            })
        }
    }
}

/// Modules whose sources changed after they were built: their fingerprints may no longer be those
/// that the application is compiled with. One problem per changed source.
fn stale(workspace: &Workspace, modules: &[ModuleCrate<'_>], manifest: &Manifest) -> Vec<Problem> {
    let mut changed: BTreeMap<PathBuf, Vec<&str>> = BTreeMap::new();
    for module in modules {
        let Some(entry) = manifest.module(module.name()) else {
            continue;
        };
        let library = build::library(workspace, module, entry.profile);
        if let Some(source) = freshness::newer_source(&library) {
            changed.entry(source).or_default().push(module.name());
        }
    }
    changed
        .into_iter()
        .map(|(source, modules)| {
            problem(
                "stale",
                &modules.join(", "),
                format!(
                    "{} changed after the build: the operations' fingerprints may differ from the \
                     application's",
                    workspace.relative(&source).display()
                ),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use lmms::manifest::{OperationEntry, Profile, UnloadGrade};

    use super::*;

    fn entry(names: &[&str]) -> ModuleFile {
        ModuleFile {
            name: "sample".to_owned(),
            version: "1.0.0".to_owned(),
            file: "sample.so".to_owned(),
            size: 3,
            blake3: blake3::hash(b"abc").to_hex().to_string(),
            operations: names
                .iter()
                .map(|name| OperationEntry {
                    interface: "samples".to_owned(),
                    name: (*name).to_owned(),
                    fingerprint: "0".repeat(16),
                })
                .collect(),
            unload: UnloadGrade::default(),
            profile: Profile::default(),
        }
    }

    fn operation(name: &str) -> Operation {
        Operation {
            module: "sample".to_owned(),
            interface: "samples".to_owned(),
            name: name.to_owned(),
            ..Operation::default()
        }
    }

    fn codes(problems: &[Problem]) -> Vec<&'static str> {
        problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn differences_are_found_on_both_sides() {
        let declared = [operation("one"), operation("two")];
        let declared: Vec<&Operation> = declared.iter().collect();
        let nowhere = Path::new("/nowhere");
        assert!(differences(nowhere, &entry(&["one", "two"]), &declared).is_empty());
        let problems = differences(nowhere, &entry(&["two", "three"]), &declared);
        assert_eq!(codes(&problems), ["missing-operation", "extra-operation"]);
        // In the order of their names.
        assert!(problems[0].what.contains("samples.one"), "{problems:?}");
        assert!(problems[1].what.contains("samples.three"), "{problems:?}");
    }

    #[test]
    fn another_signature_is_shown_as_both_sides_have_it() {
        let difference = Difference {
            operation: "samples.one".to_owned(),
            in_sources: Some("(a: u8)".to_owned()),
            in_library: Some("(a: u16)".to_owned()),
        };
        let problem = difference_problem("sample", &difference);
        assert_eq!(problem.code, "other-signature");
        assert!(problem.what.contains("`samples.one(a: u8)`"), "{problem:?}");
        assert!(
            problem.what.contains("`samples.one(a: u16)`"),
            "{problem:?}"
        );
        assert!(
            problem.advice.contains("opposite conditions"),
            "{problem:?}"
        );
    }

    #[test]
    fn files_are_hashed_again() {
        let folder = tempfile::tempdir().unwrap();
        let listed = entry(&[]);
        assert_eq!(
            file_problem(folder.path(), &listed).unwrap().code,
            "missing-file"
        );
        fs::write(folder.path().join("sample.so"), "abc").unwrap();
        assert_eq!(file_problem(folder.path(), &listed), None);
        fs::write(folder.path().join("sample.so"), "abd").unwrap();
        assert_eq!(file_problem(folder.path(), &listed).unwrap().code, "hash");
    }

    #[test]
    fn another_toolchain_is_a_problem() {
        let manifest = Manifest {
            format: lmms::manifest::FORMAT,
            toolchain: "rustc 1.0.0".to_owned(),
            modules: vec![entry(&[])],
        };
        let problems = compare(&[], &[], &manifest, Path::new("/nowhere"));
        assert_eq!(codes(&problems), ["toolchain", "extra-module"]);
        assert!(problems[0].what.contains("rustc 1.0.0"), "{problems:?}");
    }
}
