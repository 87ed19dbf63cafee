//! `build-modules`: makes a library of every module and writes the manifest beside them.
//!
//! Module crates are ordinary libraries. For each one a *carrier* crate is generated, which only
//! links it into a dynamic library with the flags that unloading needs; carriers form a workspace
//! of their own below the target folder, so that neither the modules nor the user's workspace have
//! to know about them.

#![forbid(unsafe_code)]

mod advice;
pub(crate) mod carriers;
mod compile;
mod install;
mod profile;

pub use install::BuiltModule;
pub(crate) use install::{create_folder, library_name, quick};
pub use lmms::manifest::Profile;
pub use profile::for_a_first_look;
pub(crate) use profile::library;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cargo_metadata::Metadata;
use lmms::manifest::{Finding, Manifest};
use lmms_source::{Naming, read_module};
use serde::Serialize;

use crate::common::caller::Caller;
use crate::common::error::{BuildError, Error};
use crate::common::screen::{self, Screen, Style};
use crate::common::workspace::{ModuleCrate, Workspace};
use crate::elf::{self, Elf};
use crate::modules::known;
use crate::modules::outdated::{self, Outdated};

/// What to build, and how loudly.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Names of modules; empty: all of them.
    pub modules: Vec<String>,
    /// Print nothing; what cargo says is part of the error.
    pub quiet: bool,
    /// Show cargo's commands.
    pub verbose: bool,
    /// Compile well, or quickly: for a first look, and for tests of what modules do.
    pub profile: Profile,
}

/// What was built.
#[derive(Clone, Debug, Serialize)]
pub struct BuildReport {
    /// The folder with the libraries and the manifest.
    pub folder: PathBuf,
    /// The toolchain, in words.
    pub toolchain: String,
    /// BLAKE3 of the manifest, for `Builder::manifest_digest`.
    pub manifest_digest: String,
    /// The modules that were asked for, sorted by name.
    pub modules: Vec<BuiltModule>,
    /// Modules that are gone from the workspace; their libraries were removed.
    pub removed: Vec<String>,
    /// All modules there, of this build and of earlier ones, that are quick builds.
    pub quick: Vec<String>,
    /// Programs that were built before a module was there.
    pub outdated: Vec<Outdated>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// Builds modules and replaces their libraries and the manifest, each by rename.
///
/// May run in several processes at once: they take turns. After an error the libraries of the last
/// good build still stand.
///
/// # Errors
/// [`BuildError`]: an unknown module, code that does not compile, a library that can't be loaded, a
/// full disk.
pub fn build_modules(
    workspace: &Workspace,
    options: &BuildOptions,
) -> Result<BuildReport, BuildError> {
    let started = Instant::now();
    if let Some(package) = workspace.unlinkable_module() {
        return Err(Error::NoRustLibrary {
            module: package.name.to_string(),
            path: package.manifest_path.clone().into_std_path_buf(),
        });
    }
    let all = workspace.modules();
    if all.is_empty() {
        return Err(Error::NoModules {
            root: workspace.root().to_owned(),
        });
    }
    reject_same_libraries(&all)?;
    let _turn = take_turn(workspace, options.quiet)?;
    let old = last_build(workspace);
    let chosen = choose(&all, &options.modules, old.as_ref())?;

    carriers::generate(workspace, &all)?;
    let libraries = compile::compile(workspace, &chosen, options)?;
    let kept = old.filter(is_current);
    let mut installed = install::install(workspace, &all, &libraries, kept, options)
        .map_err(|error| explained(workspace, error))?;
    let graph = carriers::graph(workspace)?;
    for built in &mut installed.modules {
        let module = all.iter().find(|module| module.name() == built.file.name);
        built.advice = module.map_or_else(Vec::new, |module| advice_on(&graph, module));
    }
    Ok(BuildReport {
        outdated: outdated::find(workspace).0,
        folder: workspace.modules_dir(),
        toolchain: lmms::TOOLCHAIN.to_owned(),
        manifest_digest: installed.manifest_digest,
        modules: installed.modules,
        removed: installed.removed,
        quick: installed.quick,
        milliseconds: started.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
    })
}

/// The error with what speaks against a library that can't be loaded.
fn explained(workspace: &Workspace, error: Error) -> Error {
    let Error::Describe {
        module,
        path,
        problem,
        ..
    } = error
    else {
        return error;
    };
    let advice = obstacles(workspace, &module, &path);
    Error::Describe {
        module,
        path,
        problem,
        advice,
    }
}

/// What speaks against loading the library of `module` at `path`, each in a line: findings in its file, and known
/// crates in it.
fn obstacles(workspace: &Workspace, module: &str, path: &Path) -> Vec<String> {
    let elf = fs::read(path).ok().and_then(|bytes| Elf::read(&bytes).ok());
    let mut findings = elf.map_or_else(Vec::new, |elf| elf::grade(&elf, None).findings);
    findings.retain(|finding| finding.blocks_unload);
    // Whatever is wrong with the graph is not what the error is about.
    let crates = obstacles_to_built(workspace, module, &findings).unwrap_or_default();
    let screen = Screen::stderr();
    let crates = crates.iter().map(|advice| advice.text(screen));
    findings
        .iter()
        .map(|finding| format!("{}: {}; {}", finding.code, finding.what, finding.advice))
        .chain(crates)
        .collect()
}

/// What is known about the crates that a module is made of; nothing if it has a shutdown function.
fn advice_on(graph: &Metadata, module: &ModuleCrate<'_>) -> Vec<known::Advice> {
    let read = read_module(module.folder(), &Naming::AsModule).module;
    if read.is_some_and(|read| read.declaration.shutdown.is_some()) {
        return Vec::new();
    }
    known::advice(graph, &carriers::carrier_package(module.name()))
}

/// The same, of a module that was built before.
pub(crate) fn advice_on_built(
    workspace: &Workspace,
    module: &str,
) -> Result<Vec<known::Advice>, Error> {
    let modules = workspace.modules();
    match modules.iter().find(|known| known.name() == module) {
        Some(module) if carriers::folder(workspace).is_dir() => {
            Ok(advice_on(&carriers::graph(workspace)?, module))
        }
        _ => Ok(Vec::new()),
    }
}

/// What is known about the crates of a module whose library, with these `findings`, can't be loaded; `-` in its name
/// may be `_`.
pub(crate) fn obstacles_to_built(
    workspace: &Workspace,
    module: &str,
    findings: &[Finding],
) -> Result<Vec<known::Advice>, Error> {
    let library = install::library_name(module);
    let modules = workspace.modules();
    let module = modules
        .iter()
        .find(|known| install::library_name(known.name()) == library);
    match module {
        Some(module) if carriers::folder(workspace).is_dir() => Ok(known::obstacles(
            &carriers::graph(workspace)?,
            &carriers::carrier_package(module.name()),
            findings,
        )),
        _ => Ok(Vec::new()),
    }
}

impl BuildReport {
    /// The report as a table.
    pub fn table(&self, screen: Screen) -> String {
        let rows = self.modules.iter().map(|built| {
            let file = &built.file;
            [
                file.name.clone(),
                screen::size(file.size),
                file.blake3.chars().take(12).collect(),
                file.operations.len().to_string(),
                grade_words(&file.unload),
                if built.replaced { "new" } else { "unchanged" }.to_owned(),
            ]
        });
        let head = ["module", "size", "blake3", "operations", "unloads", "file"];
        let mut text = screen.table(head, rows);
        for built in &self.modules {
            for finding in &built.file.unload.findings {
                let style = if finding.blocks_unload {
                    Style::Bad
                } else {
                    Style::Warning
                };
                let name =
                    screen.paint(style, format_args!("{}: {}", built.file.name, finding.code));
                text += &format!("\n{name}: {}; {}", finding.what, finding.advice);
            }
            for advice in &built.advice {
                text += &format!("\n{}: {}", built.file.name, advice.text(screen));
            }
        }
        for outdated in &self.outdated {
            let name = screen.paint(Style::Warning, "outdated program");
            text += &format!("\n{name}: {outdated}; {}", outdated.advice());
        }
        if !self.removed.is_empty() {
            text += &format!(
                "\nremoved, because they are no modules any more: {}",
                self.removed.join(", ")
            );
        }
        if !self.quick.is_empty() {
            let name = screen.paint(Style::Warning, "quick builds");
            text += &format!("\n{name}: {}", quick_words(&self.quick));
        }
        let operations: usize = self
            .modules
            .iter()
            .map(|built| built.file.operations.len())
            .sum();
        text += &format!(
            "\n{} module(s), {operations} operation(s), in {} ({})",
            self.modules.len(),
            self.folder.display(),
            screen::duration(Duration::from_millis(self.milliseconds)),
        );
        text += &format!("\nmanifest digest: {}", self.manifest_digest);
        text
    }
}

/// An unload grade in a word or two.
pub(crate) fn grade_words(grade: &lmms::manifest::UnloadGrade) -> String {
    match (grade.safe, grade.findings.len()) {
        (true, 0) => "yes".to_owned(),
        (true, _) => "yes, with remarks".to_owned(),
        (false, _) => "never".to_owned(),
    }
}

/// What to know about modules that are quick builds.
pub(crate) fn quick_words(modules: &[String]) -> String {
    format!(
        "{}; larger and slower than what you ship or measure, which `{}` makes",
        modules.join(", "),
        Caller::of_this_process().build_release()
    )
}

/// Two packages such as `a-b` and `a_b` have one crate name, so one library name.
fn reject_same_libraries(modules: &[ModuleCrate<'_>]) -> Result<(), Error> {
    let mut names: Vec<_> = modules
        .iter()
        .map(|module| (install::library_name(module.name()), module.name()))
        .collect();
    names.sort();
    match names.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(Error::SameLibrary {
            first: pair[0].1.to_owned(),
            second: pair[1].1.to_owned(),
        }),
        None => Ok(()),
    }
}

/// The file in [`Workspace::lmms_dir`] that whoever builds has locked.
pub(crate) const LOCK: &str = "build.lock";

/// Waits until nobody else builds modules in this workspace, and keeps others from it until the result is dropped.
pub(crate) fn take_turn(workspace: &Workspace, quiet: bool) -> Result<File, Error> {
    let folder = workspace.lmms_dir();
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(Error::io("create", &path))?;
    if file.try_lock().is_err() {
        if !quiet {
            screen::report("waiting for another build of these modules");
        }
        file.lock().map_err(Error::io("lock", &path))?;
    }
    Ok(file)
}

/// The manifest of the last build, if there is one that can be read.
fn last_build(workspace: &Workspace) -> Option<Manifest> {
    Manifest::read(&workspace.modules_dir()).ok()
}

/// Whether the libraries of a build can stand beside those of this one.
fn is_current(manifest: &Manifest) -> bool {
    manifest.toolchain == lmms::TOOLCHAIN
}

/// The modules to build: those asked for, and after a change of the toolchain also those that would
/// otherwise be left behind.
fn choose<'a>(
    all: &[ModuleCrate<'a>],
    names: &[String],
    old: Option<&Manifest>,
) -> Result<Vec<ModuleCrate<'a>>, Error> {
    if let Some(name) = names
        .iter()
        .find(|name| !all.iter().any(|module| module.name() == *name))
    {
        return Err(Error::UnknownModule {
            name: name.clone(),
            known: all.iter().map(|module| module.name().to_owned()).collect(),
        });
    }
    let outdated = old.filter(|manifest| !is_current(manifest));
    Ok(all
        .iter()
        .filter(|module| {
            names.is_empty()
                || names.iter().any(|name| name == module.name())
                || outdated.is_some_and(|old| old.module(module.name()).is_some())
        })
        .copied()
        .collect())
}
