//! `guide`: the book in `docs/guide`, served to a browser or written as HTML.
//!
//! mdbook does the work. It is no dependency of the workspace: the one on `PATH` is used, else one that is installed
//! below `target/lmms/tools`.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::error::{Error, ProjectError};
use crate::common::run;
use crate::common::screen::report;
use crate::common::workspace::Workspace;

/// The version of mdbook that is installed if there is none.
pub const MDBOOK: &str = "0.5.4";

/// The book, from the repository's root.
const BOOK: &str = "docs/guide";

/// A file that mdbook leaves in each folder that it writes, and what is in it.
const MARK: (&str, &str) = (".nojekyll", "mdBook");

/// What becomes of the guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A browser shows it until the command is interrupted.
    Served,
    /// Its pages are written to a folder as HTML.
    Written(PathBuf),
}

/// Serves or writes the guide of the LMMS that `workspace` uses, else of the checkout that this program was built from.
///
/// # Errors
/// [`ProjectError::NoGuide`] when neither has the guide, [`Error::Start`] and [`Error::Failed`] when mdbook can't be
/// installed or run, [`ProjectError::OtherFiles`] when the output folder has files that are no guide, [`Error::Io`]
/// when it can't be read.
pub fn guide(workspace: Option<&Workspace>, output: &Output) -> Result<(), Error> {
    if let Output::Written(folder) = output {
        check(folder)?;
    }
    let repository = repository(workspace)?;
    let ours = match workspace {
        Some(workspace) => workspace.lmms_dir(),
        None => repository.join("target/lmms"),
    };
    let mdbook = mdbook(&ours.join("tools"))?;
    let mut command = command(&mdbook, &repository.join(BOOK), output, &ours)?;
    run::run(&mut command)
}

/// Checks that nothing is lost in `folder`, which mdbook empties.
fn check(folder: &Path) -> Result<(), Error> {
    let (name, text) = MARK;
    let is_guide = fs::read_to_string(folder.join(name)).is_ok_and(|mark| mark.contains(text));
    if is_guide || !folder.exists() {
        return Ok(());
    }
    let mut files = fs::read_dir(folder).map_err(Error::io("read", folder))?;
    if files.next().is_some() {
        return Err(ProjectError::OtherFiles {
            path: folder.to_owned(),
        }
        .into());
    }
    Ok(())
}

/// The repository with the guide.
fn repository(workspace: Option<&Workspace>) -> Result<PathBuf, ProjectError> {
    let used = workspace.and_then(|workspace| {
        let manifest = workspace.lmms().ok()?.manifest_path.as_std_path();
        Some(manifest.parent()?.parent()?.to_owned())
    });
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built_from = package.parent().unwrap_or(package).to_owned();
    let candidates = used.into_iter().chain([built_from.clone()]);
    with_guide(candidates).ok_or(ProjectError::NoGuide { path: built_from })
}

/// The first of these folders that has the guide.
fn with_guide(mut folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    folders.find(|folder| folder.join(BOOK).join("book.toml").is_file())
}

/// An mdbook that can be run, which may have to be installed in `tools` first.
fn mdbook(tools: &Path) -> Result<PathBuf, Error> {
    let path = env::var_os("PATH").unwrap_or_default();
    if let Some(found) = found(env::split_paths(&path), tools) {
        return Ok(found);
    }
    report(format_args!(
        "mdbook is not on PATH: installing version {MDBOOK} in {}, which takes a few minutes",
        tools.display()
    ));
    run::run(&mut install(tools))?;
    Ok(tools.join("bin/mdbook"))
}

/// The mdbook in one of `folders`, else the one in `tools`.
fn found(folders: impl Iterator<Item = PathBuf>, tools: &Path) -> Option<PathBuf> {
    let mut places = folders.chain([tools.join("bin")]);
    places.find_map(|folder| {
        let program = folder.join("mdbook");
        program.is_file().then_some(program)
    })
}

/// The command that installs mdbook.
fn install(tools: &Path) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["install", "mdbook", "--locked", "--version", MDBOOK])
        .arg("--root")
        .arg(tools);
    command
}

/// The command that makes the output. Nothing is written beside the book, which may be in a folder that others share.
fn command(mdbook: &Path, book: &Path, output: &Output, ours: &Path) -> Result<Command, Error> {
    let mut command = Command::new(mdbook);
    let folder = match output {
        Output::Served => {
            command.args(["serve", "--open"]);
            ours.join("guide")
        }
        Output::Written(folder) => {
            command.arg("build");
            std::path::absolute(folder).map_err(Error::io("find", folder))?
        }
    };
    command.arg("--dest-dir").arg(folder).arg(book);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_guide_of_this_repository_is_found() {
        let repository = repository(None).unwrap();
        assert!(repository.join(BOOK).join("src/SUMMARY.md").is_file());
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(with_guide([elsewhere.path().to_owned()].into_iter()), None);
    }

    #[test]
    fn an_mdbook_on_the_path_comes_before_the_installed_one() {
        let (path, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folders = || [path.path().to_owned()].into_iter();
        assert_eq!(found(folders(), tools.path()), None);

        let installed = tools.path().join("bin/mdbook");
        fs::create_dir(tools.path().join("bin")).unwrap();
        fs::write(&installed, "").unwrap();
        assert_eq!(found(folders(), tools.path()), Some(installed));

        let on_path = path.path().join("mdbook");
        fs::write(&on_path, "").unwrap();
        assert_eq!(found(folders(), tools.path()), Some(on_path));
    }

    #[test]
    fn a_folder_with_other_files_is_not_emptied() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check(&folder.path().join("new")).is_ok());
        assert!(check(folder.path()).is_ok());
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        let error = check(folder.path()).unwrap_err().to_string();
        assert!(error.contains("would be emptied"), "{error}");
        fs::write(folder.path().join(MARK.0), "Made by mdBook.").unwrap();
        assert!(check(folder.path()).is_ok());
    }

    #[test]
    fn commands_name_version_and_folders() {
        let words = |command: &Command| run::words(command);
        let installing = words(&install(Path::new("/tools")));
        assert!(
            installing.ends_with(&format!(
                "install mdbook --locked --version {MDBOOK} --root /tools"
            )),
            "{installing}"
        );
        let (mdbook, book) = (Path::new("/bin/mdbook"), Path::new("/lmms/docs/guide"));
        let ours = Path::new("/app/target/lmms");
        let serving = command(mdbook, book, &Output::Served, ours).unwrap();
        assert_eq!(
            words(&serving),
            "mdbook serve --open --dest-dir /app/target/lmms/guide /lmms/docs/guide"
        );
        let writing = command(mdbook, book, &Output::Written("/out".into()), ours).unwrap();
        assert_eq!(
            words(&writing),
            "mdbook build --dest-dir /out /lmms/docs/guide"
        );
    }
}
