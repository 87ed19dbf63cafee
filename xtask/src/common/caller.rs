//! How this program was called, for advice that names its commands.
//!
//! One program is `cargo lmms` in projects and `cargo xtask` in this repository, and their commands differ. Advice that
//! is kept in files, such as a manifest's findings, names no command: a file mustn't depend on who made it.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

/// The name under which cargo called this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Lmms,
    Xtask,
}

static IS_XTASK: AtomicBool = AtomicBool::new(false);

impl Caller {
    /// The one of this process; [`Lmms`](Self::Lmms) where the functions are used as a library.
    pub(crate) fn of_this_process() -> Self {
        if IS_XTASK.load(Ordering::Relaxed) {
            Self::Xtask
        } else {
            Self::Lmms
        }
    }

    /// Makes this caller the one of this process.
    pub(crate) fn is_of_this_process(self) {
        IS_XTASK.store(self == Self::Xtask, Ordering::Relaxed);
    }

    /// What is typed: `cargo lmms`.
    pub(crate) const fn program(self) -> &'static str {
        match self {
            Self::Lmms => "cargo lmms",
            Self::Xtask => "cargo xtask",
        }
    }

    /// The command that builds all modules.
    pub(crate) fn build(self) -> String {
        self.command(match self {
            Self::Lmms => "build",
            Self::Xtask => "build-modules",
        })
    }

    /// The command that builds one module.
    pub(crate) fn build_one(self, module: &str) -> String {
        format!("{} {module}", self.build())
    }

    /// The command that builds all modules as they are shipped.
    pub(crate) fn build_release(self) -> String {
        match self {
            Self::Lmms => self.command("build --release"),
            Self::Xtask => self.build(),
        }
    }

    /// A command that both programs have.
    pub(crate) fn command(self, words: &str) -> String {
        format!("{} {words}", self.program())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::common::sources;

    /// Where commands of one program may be named: in their own help and output, and in pages and advice about them.
    const NAMED: &[(&str, &[&str])] = &[
        (
            "cargo lmms",
            &["cli", "common/caller.rs", "modules/known.rs", "project"],
        ),
        (
            "cargo xtask",
            &[
                "cli",
                "common/caller.rs",
                "measure",
                "modules/known.rs",
                "project/demo.rs",
                "quality",
            ],
        ),
    ];

    #[test]
    fn the_commands_are_those_of_the_program() {
        assert_eq!(Caller::Lmms.build_one("sun"), "cargo lmms build sun");
        assert_eq!(
            Caller::Xtask.build_one("sun"),
            "cargo xtask build-modules sun"
        );
        assert_eq!(Caller::Lmms.build_release(), "cargo lmms build --release");
        assert_eq!(Caller::Xtask.build_release(), "cargo xtask build-modules");
        assert_eq!(
            Caller::Xtask.command("check tidy"),
            "cargo xtask check tidy"
        );
    }

    #[test]
    fn advice_elsewhere_asks_who_called() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut wrong = Vec::new();
        for file in sources::rust_files(&source).unwrap() {
            let below = file.strip_prefix(&source).unwrap();
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in code.lines().enumerate() {
                let is_comment = line.trim_start().starts_with("//");
                let misplaced = NAMED.iter().any(|(program, places)| {
                    let may = |place| {
                        below.with_extension("").starts_with(place) || below.starts_with(place)
                    };
                    line.contains(program) && !places.iter().any(may)
                });
                if misplaced && !is_comment {
                    wrong.push(format!(
                        "{}:{}: {}",
                        below.display(),
                        number + 1,
                        line.trim()
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "use `Caller`: {wrong:#?}");
    }
}
