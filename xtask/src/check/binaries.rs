//! The import rule on the built programs: nothing of a module is linked in.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use cargo_metadata::TargetKind;

use super::{CheckOptions, Part, PartReport, Problem};
use crate::common::caller::Caller;
use crate::common::error::Error;
use crate::common::run;
use crate::common::workspace::{Application, Workspace};
use crate::elf::{self, Elf};
use crate::modules::build::library_name;
use crate::modules::freshness;

pub(super) fn check(workspace: &Workspace, options: &CheckOptions) -> Result<PartReport, Error> {
    let traces = Traces::of(workspace);
    let mut report = PartReport::new(Part::Binaries, String::new());
    let mut looked_at = Vec::new();
    for application in workspace.applications() {
        // The others only use the host side, as this tool does, and have no modules to contain.
        if !application.has_gateway {
            continue;
        }
        for name in programs(&application) {
            let built = built(workspace, &application, name, options, &mut report)?;
            for program in built {
                let bytes = fs::read(&program).map_err(Error::io("read", &program))?;
                let elf = Elf::read(&bytes).map_err(|source| Error::Elf {
                    path: program.clone(),
                    source,
                })?;
                let place = workspace.relative(&program).display().to_string();
                let ambiguous = same_names(workspace, &application, &traces);
                for name in &ambiguous {
                    report.notes.push(format!(
                        "{place}: its own crate `{name}` is called like a module, so that name \
                         proves nothing"
                    ));
                }
                report
                    .problems
                    .extend(traces.find(&bytes, &elf, &place, &ambiguous));
                let how = if elf.symbols.is_empty() {
                    "stripped"
                } else {
                    "by its symbols"
                };
                looked_at.push(format!("{place} {how}"));
            }
        }
    }
    report.scope = if looked_at.is_empty() {
        "no program of an application was looked at".to_owned()
    } else {
        looked_at.join(", ")
    };
    Ok(report)
}

/// What a module would leave in a program.
#[derive(Debug, Default)]
struct Traces {
    /// Crate names, with the module's.
    crates: BTreeMap<String, String>,
    /// Library names, with the module's.
    libraries: BTreeMap<String, String>,
    /// Beginnings of source paths, as they stand in panic messages, with the module's name.
    paths: Vec<(String, String)>,
}

impl Traces {
    fn of(workspace: &Workspace) -> Self {
        let mut traces = Self::default();
        for module in workspace.modules() {
            let name = module.name().to_owned();
            let library = library_name(module.name());
            traces
                .crates
                .insert(module.crate_name().to_owned(), name.clone());
            traces
                .libraries
                .insert(format!("lib{library}"), name.clone());
            traces.libraries.insert(library, name.clone());
            let folder = workspace.relative(module.folder()).join("src");
            traces.paths.push((format!("{}/", folder.display()), name));
        }
        traces
    }

    fn find(
        &self,
        bytes: &[u8],
        elf: &Elf,
        place: &str,
        ambiguous: &BTreeSet<String>,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for needed in &elf.needed {
            let file = needed.rsplit('/').next().unwrap_or(needed);
            if let Some(module) = self.libraries.get(file) {
                problems.push(Problem {
                    code: "module-linked",
                    place: place.to_owned(),
                    what: format!(
                        "it needs the library `{needed}` of the module `{module}` (DT_NEEDED)"
                    ),
                    advice:
                        "remove the `-l` or `#[link]` that names it: the gateway loads modules by \
                             itself"
                            .to_owned(),
                });
            }
        }
        let all = || elf.symbols.iter().chain(&elf.exports).chain(&elf.imports);
        let entries: BTreeSet<&String> = all().filter(|name| elf::is_entry(name)).collect();
        for entry in entries {
            problems.push(Problem {
                code: "module-entry",
                place: place.to_owned(),
                what: format!("it has the symbol `{entry}`, the entry of a module"),
                advice: advice(elf::module_of(entry)),
            });
        }
        let mut found: BTreeMap<&str, (usize, String)> = BTreeMap::new();
        for symbol in all() {
            let readable = format!("{:#}", rustc_demangle::demangle(symbol));
            for root in crate_roots(&readable) {
                if let Some(module) = self.crates.get(root)
                    && !ambiguous.contains(root)
                {
                    let entry = found.entry(module).or_insert_with(|| (0, readable.clone()));
                    entry.0 += 1;
                    break;
                }
            }
        }
        for (module, (count, example)) in found {
            problems.push(Problem {
                code: "module-code",
                place: place.to_owned(),
                what: format!(
                    "it contains {count} symbol(s) of the module `{module}`, such as `{example}`"
                ),
                advice: advice(module),
            });
        }
        if elf.symbols.is_empty() {
            problems.extend(self.find_paths(bytes, place));
        }
        problems
    }

    /// The second opinion where no symbols are left: source paths in panic messages.
    fn find_paths(&self, bytes: &[u8], place: &str) -> Vec<Problem> {
        let mut found: BTreeMap<&str, String> = BTreeMap::new();
        for text in texts(bytes).filter(|text| text.contains("/src/")) {
            for (path, module) in &self.paths {
                if let Some(at) = text.find(path.as_str()) {
                    let example = text[at..].split(".rs").next().unwrap_or_default();
                    found
                        .entry(module)
                        .or_insert_with(|| format!("{example}.rs"));
                }
            }
        }
        found
            .into_iter()
            .map(|(module, example)| Problem {
                code: "module-path",
                place: place.to_owned(),
                what: format!(
                    "it has no symbols, but names `{example}`, a source of the module `{module}`"
                ),
                advice: advice(module),
            })
            .collect()
    }
}

fn advice(module: &str) -> String {
    format!(
        "find what links the module (`{}`, `#[path]` and `include!` of its sources), remove that, and call `{module}` \
         through the gateway",
        Caller::of_this_process().command("check imports")
    )
}

/// The names of an application's programs.
fn programs<'a>(application: &Application<'a>) -> impl Iterator<Item = &'a str> {
    let package = application.package;
    package
        .targets
        .iter()
        .filter(|target| target.is_kind(TargetKind::Bin))
        .map(|target| target.name.as_str())
}

/// The built programs of that name; one is built if none is up to date.
fn built(
    workspace: &Workspace,
    application: &Application<'_>,
    name: &str,
    options: &CheckOptions,
    report: &mut PartReport,
) -> Result<Vec<PathBuf>, Error> {
    let folders = ["release", "debug"].map(|folder| workspace.target_dir().join(folder));
    let mut fresh = Vec::new();
    let mut outdated = Vec::new();
    for program in folders.iter().map(|folder| folder.join(name)) {
        if program.is_file() {
            match freshness::newer_source(&program) {
                None => fresh.push(program),
                Some(source) => outdated.push((program, source)),
            }
        }
    }
    if !fresh.is_empty() {
        return Ok(fresh);
    }
    if !options.no_build {
        let package = application.package.name.as_str();
        run::run(
            workspace
                .cargo("build")
                .args(["-p", package, "--bin", name]),
        )?;
        return Ok(vec![workspace.target_dir().join("debug").join(name)]);
    }
    if outdated.is_empty() {
        report.notes.push(format!(
            "the program `{name}` is not built, so it was not checked"
        ));
    }
    let programs = outdated.into_iter().map(|(program, source)| {
        report.notes.push(format!(
            "{} is older than {}",
            workspace.relative(&program).display(),
            workspace.relative(&source).display()
        ));
        program
    });
    Ok(programs.collect())
}

/// Crates of the application that are no module but called like one.
fn same_names(
    workspace: &Workspace,
    application: &Application<'_>,
    traces: &Traces,
) -> BTreeSet<String> {
    let modules = workspace.modules();
    let own = application
        .package
        .targets
        .iter()
        .map(|target| target.name.replace('-', "_"));
    let others = workspace
        .reached(&application.package.id, &[])
        .into_iter()
        .filter(|package| !modules.iter().any(|module| module.package.id == package.id))
        .flat_map(|package| {
            package
                .targets
                .iter()
                .filter(|target| target.is_kind(TargetKind::Lib))
                .map(|target| target.name.replace('-', "_"))
        });
    own.chain(others)
        .filter(|name| traces.crates.contains_key(name))
        .collect()
}

/// The crate names in a demangled symbol: identifiers that begin a path.
fn crate_roots(symbol: &str) -> impl Iterator<Item = &str> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let bytes = symbol.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            if !is_word(bytes[at]) {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && is_word(bytes[at]) {
                at += 1;
            }
            let begins = !symbol[..start].ends_with("::");
            if begins && symbol[at..].starts_with("::") {
                return Some(&symbol[start..at]);
            }
        }
        None
    })
}

/// Runs of printable ASCII, as `strings` shows them.
fn texts(bytes: &[u8]) -> impl Iterator<Item = &str> {
    bytes
        .split(|byte| !matches!(byte, 0x20..=0x7e))
        .filter(|run| run.len() >= 8)
        .filter_map(|run| std::str::from_utf8(run).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(symbol: &str) -> Vec<&str> {
        crate_roots(symbol).collect()
    }

    #[test]
    fn only_the_beginning_of_a_path_is_a_crate() {
        assert_eq!(roots("images::thumbnail::scale"), ["images"]);
        assert_eq!(
            roots("<images::Size as core::fmt::Debug>::fmt"),
            ["images", "core"]
        );
        assert_eq!(
            roots("core::ptr::drop_in_place<alloc::vec::Vec<&cache::Entry>>"),
            ["core", "alloc", "cache"]
        );
        assert_eq!(roots("lmms::cache::Cache::get"), ["lmms"]);
        assert!(roots("main").is_empty());
    }

    #[test]
    fn both_manglings_show_their_crate() {
        let legacy = "_ZN6images9thumbnail17h0123456789abcdefE";
        let v0 = "_RNvCs15kBYyAo9fc_6images9thumbnail";
        for symbol in [legacy, v0] {
            let readable = format!("{:#}", rustc_demangle::demangle(symbol));
            assert_eq!(roots(&readable), ["images"], "{readable}");
        }
    }

    fn traces() -> Traces {
        Traces {
            crates: BTreeMap::from([("images".to_owned(), "images".to_owned())]),
            libraries: BTreeMap::from([("images.so".to_owned(), "images".to_owned())]),
            paths: vec![("modules/images/src/".to_owned(), "images".to_owned())],
        }
    }

    fn codes(bytes: &[u8], elf: &Elf) -> Vec<&'static str> {
        let problems = traces().find(bytes, elf, "app", &BTreeSet::new());
        problems.into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn each_trace_is_found() {
        let clean = Elf {
            symbols: vec![
                "main".to_owned(),
                "_ZN4lmms6images3get17h0123456789abcdefE".to_owned(),
            ],
            ..Elf::default()
        };
        assert!(codes(b"", &clean).is_empty());
        let needing = Elf {
            needed: vec!["$ORIGIN/images.so".to_owned()],
            ..clean.clone()
        };
        assert_eq!(codes(b"", &needing), ["module-linked"]);
        let mut entering = clean.clone();
        entering.symbols.push("lmms_module_images".to_owned());
        assert_eq!(codes(b"", &entering), ["module-entry"]);
        let mut containing = clean.clone();
        containing
            .symbols
            .push("_ZN6images9thumbnail17h0123456789abcdefE".to_owned());
        assert_eq!(codes(b"", &containing), ["module-code"]);
    }

    #[test]
    fn a_stripped_program_is_judged_by_its_paths() {
        let bytes = b"\0\x01modules/images/src/scale.rs\0called `Option::unwrap()`";
        let stripped = Elf::default();
        assert_eq!(codes(bytes, &stripped), ["module-path"]);
        assert!(codes(b"\0modules/imagesque/src/lib.rs\0", &stripped).is_empty());
    }

    #[test]
    fn an_ambiguous_name_proves_nothing() {
        let elf = Elf {
            symbols: vec!["_ZN6images9thumbnail17h0123456789abcdefE".to_owned()],
            ..Elf::default()
        };
        let ambiguous = BTreeSet::from(["images".to_owned()]);
        assert!(traces().find(b"", &elf, "app", &ambiguous).is_empty());
    }
}
