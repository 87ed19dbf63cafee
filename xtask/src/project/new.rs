//! `new` and `new-module`: projects and modules that begin with something that works.
//!
//! What they are made of stands as files in `xtask/templates`. A folder is filled beside its place and then renamed, so
//! that none is ever half made.

#![forbid(unsafe_code)]

mod name;
mod source;
mod templates;

pub use source::LmmsSource;
pub use templates::Template;

use std::fs;
use std::path::{Path, PathBuf};

use lmms_source::{Naming, find_modules, read_module};
use serde::Serialize;

use crate::common::error::{Error, ProjectError};
use crate::common::screen::{Screen, Style};
use crate::common::sources;
use crate::common::workspace::{self, Workspace};
use crate::modules::build::carriers;
use crate::modules::outdated::same;
use name::Name;
use templates::{Contents, GREETINGS, MODULE};

/// What to make a project of.
#[derive(Clone, Debug)]
pub struct NewProject {
    /// The folder to make; its name is the project's.
    pub folder: PathBuf,
    /// What kind of application.
    pub template: Template,
    /// Where it takes LMMS from; `None`: the checkout that this program was installed from.
    pub lmms: Option<LmmsSource>,
}

/// What to make a module of.
#[derive(Clone, Debug)]
pub struct NewModule {
    /// Its name.
    pub name: String,
}

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct Created {
    /// The folder.
    pub folder: PathBuf,
    /// The files in it, from there.
    pub files: Vec<PathBuf>,
    /// What is left to do by hand.
    pub notes: Vec<String>,
    /// Commands that come next.
    pub next: Vec<String>,
}

/// Makes a project in a folder of its own.
///
/// # Errors
/// [`ProjectError`]: a name that cargo or the compiler would not take, a folder that exists, no LMMS where it should
/// be; or [`Error::Io`].
pub fn project(wanted: &NewProject) -> Result<Created, Error> {
    let folder = std::path::absolute(&wanted.folder).map_err(Error::io("find", &wanted.folder))?;
    let name = Name::of_project(&folder)?;
    let lmms = match &wanted.lmms {
        Some(source) => source.clone(),
        None => LmmsSource::of_this_program()?,
    };
    refuse_existing(&folder)?;
    let contents = Contents {
        name: name.text(),
        crate_name: &name.crate_name(),
        lmms: &lmms.dependency(),
    };
    let module = Path::new("modules").join(GREETINGS.name);
    let mut files = wanted.template.files(&contents);
    files.extend(GREETINGS.files(&contents, &module));
    // With the versions that LMMS is tested with; cargo takes out what isn't needed.
    if let Some(lock) = lmms.lock_file() {
        files.push((PathBuf::from("Cargo.lock"), lock));
    }
    let files = make(&folder, files)?;
    Ok(Created {
        next: vec![
            format!("cd {}", shown(&wanted.folder)),
            "cargo lmms run".to_owned(),
        ],
        folder,
        files,
        notes: Vec::new(),
    })
}

/// Adds a module to a workspace.
///
/// # Errors
/// [`ProjectError`]: a name that cargo, the compiler or a gateway would not take, or that is taken; or [`Error::Io`].
pub fn module(workspace: &Workspace, wanted: &NewModule) -> Result<Created, Error> {
    let name = Name::of_module(&wanted.name)?;
    name.refuse_taken(workspace.metadata())?;
    let folder = modules_folder(workspace).join(name.text());
    refuse_existing(&folder)?;
    let lmms = source::inherited(workspace)?;
    let contents = Contents {
        name: name.text(),
        crate_name: &name.crate_name(),
        lmms: &lmms,
    };
    let files = make(&folder, MODULE.files(&contents, Path::new("")))?;
    // What a gateway would not take is better said now than at its next build.
    let reading = read_module(&folder, &Naming::AsModule);
    if let Some(error) = reading.errors.first() {
        let problem = error.to_string();
        fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
        return Err(ProjectError::Module { problem }.into());
    }
    Ok(Created {
        notes: notes(workspace, &folder)?,
        next: vec![
            "cargo lmms test".to_owned(),
            format!("cargo lmms operations {}", name.text()),
        ],
        folder,
        files,
    })
}

impl Created {
    /// What was made as text for a person.
    pub fn text(&self, screen: Screen) -> String {
        let mut text = format!(
            "{} {}\n",
            screen.paint(Style::Good, "created"),
            self.folder.display()
        );
        for file in &self.files {
            text += &format!("  {}\n", file.display());
        }
        for note in &self.notes {
            text += &format!("{}: {note}\n", screen.paint(Style::Warning, "to do"));
        }
        text += "next:\n";
        for command in &self.next {
            text += &format!("  {}\n", screen.paint(Style::Strong, command));
        }
        text
    }
}

/// Where modules of the workspace are: in the folder of those that there are, if it is one, else in `modules`.
fn modules_folder(workspace: &Workspace) -> PathBuf {
    let modules = workspace.modules();
    let mut parents = modules.iter().filter_map(|it| it.folder().parent());
    match parents.next() {
        // A module that is the workspace itself lies in none of its folders.
        Some(first) if first.starts_with(workspace.root()) && parents.all(|it| it == first) => {
            first.to_owned()
        }
        _ => workspace.root().join("modules"),
    }
}

/// What is left to do so that the module in `folder` is built and served.
fn notes(workspace: &Workspace, folder: &Path) -> Result<Vec<String>, Error> {
    let shown = workspace.relative(folder).display().to_string();
    let workspace = Workspace::find(Some(workspace.root()))?;
    let mut notes = Vec::new();
    if !workspace
        .modules()
        .iter()
        .any(|it| same(it.folder(), folder))
    {
        notes.push(format!(
            "add \"{shown}\" to the `members` in {}: the workspace doesn't have it yet",
            workspace.root().join("Cargo.toml").display()
        ));
    }
    let applications = workspace.applications();
    let served = applications.iter().any(|application| {
        let base = workspace::folder(application.package);
        sources::gateways(application.package)
            .iter()
            .any(|gateway| {
                let found = find_modules(base, &gateway.patterns, &Naming::AsModule);
                let mut modules = found.modules.iter();
                modules.any(|module| same(&module.manifest.directory, folder))
            })
    });
    if !served {
        notes.push(format!(
            "no gateway serves it: add its folder, {shown}, to the `modules` of a `lmms::gateway!`"
        ));
    }
    Ok(notes)
}

fn refuse_existing(folder: &Path) -> Result<(), ProjectError> {
    if folder.symlink_metadata().is_ok() {
        return Err(ProjectError::Exists {
            path: folder.to_owned(),
        });
    }
    Ok(())
}

/// Makes `folder` with these files; gives their paths, sorted.
fn make(folder: &Path, files: Vec<(PathBuf, String)>) -> Result<Vec<PathBuf>, Error> {
    let parent = folder.parent().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let beside = parent.join(format!(".{name}.{}", std::process::id()));
    let filled = fill(&beside, &files);
    let made = filled.and_then(|()| fs::rename(&beside, folder).map_err(Error::io("make", folder)));
    if let Err(error) = made {
        // What can't be removed either is not what went wrong.
        let _ = fs::remove_dir_all(&beside);
        return Err(error);
    }
    let mut paths: Vec<PathBuf> = files.into_iter().map(|(path, _)| path).collect();
    paths.sort();
    Ok(paths)
}

fn fill(folder: &Path, files: &[(PathBuf, String)]) -> Result<(), Error> {
    for (path, text) in files {
        let path = folder.join(path);
        carriers::write_if_changed(&path, text)?;
        if path.extension().is_some_and(|extension| extension == "sh") {
            make_executable(&path)?;
        }
    }
    Ok(())
}

fn make_executable(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let change = || {
        let mut permissions = fs::metadata(path)?.permissions();
        permissions.set_mode(permissions.mode() | 0o111);
        fs::set_permissions(path, permissions)
    };
    change().map_err(Error::io("change the mode of", path))
}

/// A path as an argument in a shell.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(folder: PathBuf) -> NewProject {
        NewProject {
            folder,
            template: Template::Cli,
            lmms: Some(LmmsSource::Version("0.1".to_owned())),
        }
    }

    #[test]
    fn a_project_is_made_whole_or_not_at_all() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("deep/my-app");
        let created = project(&wanted(folder.clone())).unwrap();
        for file in ["Cargo.toml", "src/main.rs", "modules/greetings/src/lib.rs"] {
            assert!(created.files.contains(&PathBuf::from(file)), "{file}");
            assert!(folder.join(file).is_file(), "{file}");
        }
        let error = project(&wanted(folder.clone())).unwrap_err().to_string();
        assert!(error.contains("already exists"), "{error}");
        // Something has come in its way meanwhile.
        let files = vec![(PathBuf::from("deep/file"), "text".to_owned())];
        let error = make(&folder, files).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
        let left = fs::read_dir(parent.path().join("deep")).unwrap().count();
        assert_eq!(left, 1, "something half made was left");
    }

    #[test]
    fn paths_can_be_pasted_into_a_shell() {
        assert_eq!(shown(Path::new("apps/my-app")), "apps/my-app");
        assert_eq!(shown(Path::new("größe")), "größe");
        assert_eq!(shown(Path::new("my apps")), "'my apps'");
        assert_eq!(shown(Path::new("my apps/it's")), r"'my apps/it'\''s'");
    }
}
