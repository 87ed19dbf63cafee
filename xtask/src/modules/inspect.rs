//! `inspect`: what is in a built library, and whether it can be unloaded.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use lmms::manifest::{Finding, Manifest, ModuleFile, Profile, UnloadGrade};
use serde::Serialize;

use crate::common::caller::Caller;
use crate::common::error::Error;
use crate::common::screen::{self, Screen, Style};
use crate::common::workspace::Workspace;
use crate::elf::{self, Elf};
use crate::modules::build::{advice_on_built, grade_words, library_name, obstacles_to_built};
use crate::modules::describe::{self, Description};
use crate::modules::known::Advice;

/// All that can be said about one library.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// BLAKE3 of the file, 64 hex digits.
    pub blake3: String,
    /// Whether that is what the manifest beside it says; `None` where no manifest lists it.
    pub listed: Option<bool>,
    /// How it was compiled, if the manifest lists this file.
    pub profile: Option<Profile>,
    /// The facts in its headers.
    pub elf: Elf,
    /// What it says of itself; `None` if it can't be loaded.
    pub description: Option<Description>,
    /// Why it can't be loaded.
    pub problem: Option<String>,
    /// Whether it can be unloaded.
    pub unload: UnloadGrade,
    /// What is known about the crates that it is made of, if it is a module of the workspace and has no shutdown
    /// function.
    pub advice: Vec<Advice>,
}

/// Looks at a library: a module's by name, or any by its path.
///
/// # Errors
/// [`Error::UnknownModule`], [`Error::NotBuilt`], or [`Error::Io`] and [`Error::Elf`] when the file
/// can't be read. That it can't be *loaded* is no error but part of the answer.
pub fn inspect(workspace: &Workspace, what: &str) -> Result<Inspection, Error> {
    let modules = workspace.modules();
    let names: Vec<&str> = modules.iter().map(|module| module.name()).collect();
    let mut found = examine(&locate(workspace, what)?, &names)?;
    found.advice = match (&found.description, found.elf.entries().next()) {
        (Some(description), _) => advice_on_built(workspace, &description.name)?,
        (None, Some(entry)) => {
            let findings = &found.unload.findings;
            obstacles_to_built(workspace, elf::module_of(entry), findings)?
        }
        (None, None) => Vec::new(),
    };
    Ok(found)
}

/// Looks at the library at `path`.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_file(path: &Path) -> Result<Inspection, Error> {
    examine(path, &[])
}

/// Looks at the library at `path`, which may be of one of the modules with these names.
fn examine(path: &Path, names: &[&str]) -> Result<Inspection, Error> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let elf = Elf::read(&bytes).map_err(|source| Error::Elf {
        path: path.to_owned(),
        source,
    })?;
    let blake3 = blake3::hash(&bytes).to_hex().to_string();
    let known = manifest_entry(path);
    // Without an entry there is nothing to ask, and loading a foreign library would run its code.
    let described = match elf.entries().next() {
        Some(entry) => {
            let listed = known.as_ref().map(|known| known.name.as_str());
            let name = listed.unwrap_or_else(|| module_name(elf::module_of(entry), names));
            describe::describe(name, path).map_err(|error| error.to_string())
        }
        None => Err("it is not a module, so it was not loaded".to_owned()),
    };
    let reason = described
        .as_ref()
        .ok()
        .and_then(|found| found.unload_unsafe.as_deref());
    let mut unload = elf::grade(&elf, reason);
    let listed = known.as_ref().map(|known| known.blake3 == blake3);
    let profile = known.as_ref().map(|known| known.profile);
    let profile = profile.filter(|_| listed == Some(true));
    if listed == Some(true) {
        // The one thing that the file itself doesn't show any more.
        let mut findings = known.into_iter().flat_map(|known| known.unload.findings);
        let cleared = findings.find(|finding| finding.code == Finding::NODELETE_CLEARED);
        unload.findings.extend(cleared);
    }
    let (description, problem) = match described {
        Ok(description) => (Some(description), None),
        Err(problem) => (None, Some(problem)),
    };
    Ok(Inspection {
        path: path.to_owned(),
        listed,
        profile,
        blake3,
        elf,
        description,
        problem,
        unload,
        advice: Vec::new(),
    })
}

/// The one of `names` that `entry` stands for: it has `_` where a name may have `-`.
fn module_name<'a>(entry: &'a str, names: &[&'a str]) -> &'a str {
    let found = names.iter().find(|name| name.replace('-', "_") == entry);
    found.copied().unwrap_or(entry)
}

impl Inspection {
    /// Whether nothing is wrong with it: it loads, it unloads, and the manifest knows it.
    pub fn is_sound(&self) -> bool {
        self.problem.is_none() && self.unload.safe && self.listed != Some(false)
    }

    /// The facts as text for a person.
    pub fn text(&self, screen: Screen) -> String {
        let mut text = String::new();
        let elf = &self.elf;
        let title = match &self.description {
            Some(found) => format!("{} {}", found.name, found.version),
            None => self.path.display().to_string(),
        };
        text += &format!("{}\n", screen.paint(Style::Strong, title));
        for (name, value) in self.facts() {
            text += &format!("  {name:<16} {value}\n");
        }
        let sections = elf.segments.iter().map(|segment| {
            [
                segment.access.clone(),
                screen::size(segment.file_size),
                screen::size(segment.memory_size),
            ]
        });
        text += &format!(
            "\n{}\n",
            screen.table(["segment", "in the file", "in memory"], sections)
        );
        if let Some(found) = &self.description {
            let rows = found.operations.iter().map(|operation| {
                [
                    operation.interface.clone(),
                    operation.name.clone(),
                    operation.signature.clone(),
                    operation.fingerprint.clone(),
                ]
            });
            let head = ["interface", "operation", "signature", "fingerprint"];
            text += &format!("\n{}\n", screen.table(head, rows));
        }
        if let Some(problem) = &self.problem {
            text += &format!(
                "\n{}: {problem}\n",
                screen.paint(Style::Bad, "not loadable")
            );
        }
        text + &self.verdict(screen)
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let elf = &self.elf;
        let caller = Caller::of_this_process();
        let or_none = |list: &[String]| match list {
            [] => "none".to_owned(),
            list => list.join(", "),
        };
        let relocations = elf
            .relocations
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect::<Vec<_>>();
        let flags: Vec<String> = elf.flags.iter().cloned().collect();
        let mut facts = vec![
            ("file", self.path.display().to_string()),
            (
                "size",
                format!(
                    "{}, {} mapped when loaded",
                    screen::size(elf.file_size),
                    screen::size(elf.mapped_size())
                ),
            ),
            ("blake3", self.blake3.clone()),
            (
                "manifest",
                match self.listed {
                    Some(true) => "lists exactly this file".to_owned(),
                    Some(false) => {
                        format!("lists a file with another hash: run `{}`", caller.build())
                    }
                    None => "none lists it".to_owned(),
                },
            ),
            (
                "compiled",
                match self.profile {
                    Some(Profile::Release) => "for use".to_owned(),
                    Some(Profile::Quick) => format!(
                        "quickly, for a first look: `{}` makes it smaller and faster",
                        caller.build_release()
                    ),
                    None => "unknown how".to_owned(),
                },
            ),
            ("machine", elf.machine.clone()),
            ("needs", or_none(&elf.needed)),
            ("exports", or_none(&elf.exports)),
            (
                "imports",
                format!("{} symbols from those libraries", elf.imports.len()),
            ),
            (
                "relocations",
                format!("{} ({})", elf.relocation_count(), or_none(&relocations)),
            ),
            (
                "thread-local",
                format!(
                    "{} per thread, {} model",
                    screen::size(elf.tls_size),
                    elf.tls_model
                ),
            ),
            (
                "at load, unload",
                format!(
                    "{} and {} functions run",
                    elf.init_functions, elf.fini_functions
                ),
            ),
            ("flags", or_none(&flags)),
            (
                "built by",
                format!(
                    "{}; {}, relro {}",
                    or_none(&elf.producers),
                    if elf.symbols.is_empty() {
                        "stripped"
                    } else {
                        "not stripped"
                    },
                    if elf.relro { "on" } else { "off" },
                ),
            ),
        ];
        if let Some(found) = &self.description {
            facts.push(("toolchain", found.toolchain.clone()));
            facts.push((
                "calls run on",
                if found.dedicated_thread {
                    "a thread of its own"
                } else {
                    "the caller's thread"
                }
                .to_owned(),
            ));
        }
        facts
    }

    fn verdict(&self, screen: Screen) -> String {
        let style = if self.unload.safe {
            Style::Good
        } else {
            Style::Bad
        };
        let mut text = format!(
            "\nunloads: {}\n",
            screen.paint(style, grade_words(&self.unload))
        );
        for finding in &self.unload.findings {
            let style = if finding.blocks_unload {
                Style::Bad
            } else {
                Style::Warning
            };
            text += &format!(
                "  {}: {}\n    to do: {}\n",
                screen.paint(style, &finding.code),
                finding.what,
                finding.advice
            );
        }
        for advice in &self.advice {
            text += &format!("  {}\n", advice.text(screen));
        }
        text
    }
}

/// The file that `what` means: a path if it looks like one, else a module's library.
fn locate(workspace: &Workspace, what: &str) -> Result<PathBuf, Error> {
    if what.contains('/') || Path::new(what).extension().is_some() {
        return Ok(PathBuf::from(what));
    }
    let modules = workspace.modules();
    let folder = workspace.modules_dir();
    let path = folder.join(library_name(what));
    match (
        path.is_file(),
        modules.iter().any(|module| module.name() == what),
    ) {
        (true, _) => Ok(path),
        (false, true) => Err(Error::NotBuilt {
            module: what.to_owned(),
            folder,
        }),
        (false, false) => Err(Error::UnknownModule {
            name: what.to_owned(),
            known: modules
                .iter()
                .map(|module| module.name().to_owned())
                .collect(),
        }),
    }
}

/// What the manifest in the file's folder says of it.
fn manifest_entry(path: &Path) -> Option<ModuleFile> {
    let manifest = Manifest::read(path.parent()?).ok()?;
    let name = path.file_name()?.to_str()?;
    let mut modules = manifest.modules.into_iter();
    modules.find(|module| module.file == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_known_by_its_entry_whatever_its_name_has_in_between() {
        let names = ["moon", "sun-rise", "sun_set"];
        assert_eq!(module_name("sun_rise", &names), "sun-rise");
        assert_eq!(module_name("sun_set", &names), "sun_set");
        assert_eq!(module_name("star", &names), "star");
    }
}
