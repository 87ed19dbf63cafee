//! Names that a project or a module can have.

#![forbid(unsafe_code)]

use std::path::Path;

use cargo_metadata::Metadata;
use lmms_source::{is_callable_name, needs_raw};

use crate::common::error::ProjectError;
use crate::modules::build::library_name;

/// A name that cargo takes for a package, and the compiler for a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

/// Crates that every program has, and those that a project is made of.
const TAKEN: &[(&str, &str)] = &[
    ("alloc", "a crate of the standard library"),
    ("core", "a crate of the standard library"),
    ("proc_macro", "a crate of the standard library"),
    ("std", "a crate of the standard library"),
    ("test", "a crate of the compiler"),
    ("lmms", "the framework itself"),
    ("lmms_macros", "a part of the framework"),
    ("lmms_source", "a part of the framework"),
];

/// Folders that cargo makes beside a program, and the one that modules are in there.
const BESIDE_PROGRAMS: &[&str] = &["build", "deps", "examples", "incremental", "modules"];

/// Longer names are refused by the registry, and file names have an end, too.
const LONGEST: usize = 64;

impl Name {
    /// The name of the project in `folder`.
    pub(super) fn of_project(folder: &Path) -> Result<Self, ProjectError> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let check = || {
            crate_problem(&name)?;
            if BESIDE_PROGRAMS.contains(&&*name) {
                return Err("a folder beside the built program is called so".to_owned());
            }
            if *name == *super::GREETINGS.name {
                return Err("its first module is called so".to_owned());
            }
            Ok(())
        };
        Self::checked("project", &name, check())
    }

    /// The name of a module.
    pub(super) fn of_module(name: &str) -> Result<Self, ProjectError> {
        let check = || {
            crate_problem(name)?;
            if !is_callable_name(&name.replace('-', "_")) {
                return Err(
                    "it is also the name of a method, so it begins with a small letter and has only small letters, \
                     digits, `-` and `_`"
                        .to_owned(),
                );
            }
            Ok(())
        };
        Self::checked("module", name, check())
    }

    fn checked(
        what: &'static str,
        name: &str,
        problem: Result<(), String>,
    ) -> Result<Self, ProjectError> {
        problem.map(|()| Self(name.to_owned())).map_err(|problem| {
            let better = near(name);
            let good = better != name && crate_problem(&better).is_ok();
            ProjectError::Name {
                what,
                name: name.to_owned(),
                problem,
                better: good.then_some(better),
            }
        })
    }

    /// The name as it is.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The name in code.
    pub(super) fn crate_name(&self) -> String {
        self.0.replace('-', "_")
    }

    /// Refuses a name that a package has, whether the workspace's or one that it depends on: commands take packages by
    /// name.
    pub(super) fn refuse_taken(&self, metadata: &Metadata) -> Result<(), ProjectError> {
        let library = library_name(&self.0);
        let mut packages = metadata.packages.iter();
        let Some(package) = packages.find(|package| library_name(package.name.as_str()) == library)
        else {
            return Ok(());
        };
        let whose = if metadata.workspace_members.contains(&package.id) {
            "the workspace has a package"
        } else {
            "the workspace depends on a package"
        };
        Err(ProjectError::Name {
            what: "module",
            name: self.0.clone(),
            problem: format!("{whose} `{}`", package.name),
            better: None,
        })
    }
}

/// Why no crate can have that name.
fn crate_problem(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() {
        return Err("it is empty".to_owned());
    }
    if let Some(odd) = name.chars().find(|c| !allowed(*c)) {
        return Err(format!(
            "it contains {odd:?}, and names of crates have only ASCII letters, digits, `-` and `_`"
        ));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("it doesn't begin with a letter".to_owned());
    }
    if name.len() > LONGEST {
        return Err(format!(
            "it has {} letters, more than {LONGEST}",
            name.len()
        ));
    }
    let crate_name = name.replace('-', "_");
    if needs_raw(&crate_name) || ["Self", "crate", "self", "super"].contains(&&*crate_name) {
        return Err("it is a keyword of Rust".to_owned());
    }
    match TAKEN.iter().find(|(taken, _)| *taken == crate_name) {
        Some((_, what)) => Err(format!("that is {what}")),
        None => Ok(()),
    }
}

/// A name like this one, without what names can't have.
fn near(name: &str) -> String {
    let mut near = String::new();
    for letter in name.chars() {
        match letter {
            'a'..='z' | '0'..='9' | '_' => near.push(letter),
            'A'..='Z' => near.push(letter.to_ascii_lowercase()),
            _ if near.ends_with(['-', '_']) => {}
            _ => near.push('-'),
        }
    }
    let begin = near.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    begin.trim_end_matches(['-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(name: &str) -> Result<String, String> {
        let name = Name::of_project(&Path::new("/somewhere").join(name));
        name.map(|name| name.0).map_err(|error| error.to_string())
    }

    fn module(name: &str) -> Result<String, String> {
        let name = Name::of_module(name);
        name.map(|name| name.0).map_err(|error| error.to_string())
    }

    #[test]
    fn ordinary_names_are_taken() {
        for name in ["app", "my-app", "my_app2", "A"] {
            assert_eq!(project(name), Ok(name.to_owned()));
        }
        for name in ["weather", "sun-rise", "x_1"] {
            assert_eq!(module(name), Ok(name.to_owned()));
        }
    }

    #[test]
    fn what_is_wrong_with_a_name_is_said_with_one_that_would_do() {
        for (name, problem, better) in [
            ("my app", "' '", Some("`my-app`")),
            ("größe", "'ö'", Some("`gr-e`")),
            ("2fast", "letter", Some("`fast`")),
            ("-x", "letter", Some("`x`")),
            ("a.b", "'.'", Some("`a-b`")),
            ("async", "keyword", None),
            ("std", "standard library", None),
            ("proc-macro", "standard library", None),
            ("test", "compiler", None),
            ("lmms", "framework", None),
            ("deps", "beside the built program", None),
            ("greetings", "first module", None),
        ] {
            let error = project(name).unwrap_err();
            assert!(error.contains(&format!("`{name}`")), "{error}");
            assert!(error.contains(problem), "{name}: {error}");
            match better {
                Some(better) => assert!(error.contains(better), "{error}"),
                None => assert!(error.ends_with("choose another name"), "{error}"),
            }
        }
        assert!(project(&"a".repeat(65)).unwrap_err().contains("65"));
        assert!(module("").unwrap_err().contains("empty"));
        assert!(
            module("Weather")
                .unwrap_err()
                .contains("`weather` would do")
        );
    }
}
