//! `doctor`: whether modules can be built, loaded and unloaded on this machine.

mod build;
mod files;
mod kernel;
mod limits;

use std::fmt;

use serde::Serialize;

use crate::common::screen::{Screen, Style};
use crate::common::workspace::Workspace;

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// In the order in which they matter.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `linker`.
    pub name: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do, unless all is well.
    pub advice: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// LMMS works, but something of it doesn't, or could be better.
    Limited,
    /// LMMS doesn't work so.
    Bad,
}

/// Looks at the machine, and at the folders of `workspace`.
pub fn examine(workspace: Option<&Workspace>) -> Diagnosis {
    let mut checks = vec![
        build::toolchain(workspace),
        build::linker(workspace),
        build::checkout(),
        kernel::c_library(),
        kernel::barrier(),
        limits::address_space(),
        limits::control_group(),
        files::memory_files(),
    ];
    if let Some(workspace) = workspace {
        checks.push(files::build_folder(workspace));
        checks.push(files::modules_folder(workspace));
    }
    Diagnosis { checks }
}

impl Diagnosis {
    /// Whether LMMS works here, if perhaps not all of it.
    pub fn works(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.verdict != Verdict::Bad)
    }

    /// What was found as text for a person.
    pub fn text(&self, screen: Screen) -> String {
        let mut text = String::new();
        for check in &self.checks {
            let style = match check.verdict {
                Verdict::Good => Style::Good,
                Verdict::Limited => Style::Warning,
                Verdict::Bad => Style::Bad,
            };
            let verdict = screen.paint(style, format_args!("{:<8}", check.verdict.to_string()));
            text += &format!("{verdict} {:<15} {}\n", check.name, check.found);
            if let Some(advice) = &check.advice {
                text += &format!("{:24} to do: {advice}\n", "");
            }
        }
        text
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Limited => "limited",
            Self::Bad => "bad",
        })
    }
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Good,
            found: found.into(),
            advice: None,
        }
    }

    fn limited(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Limited,
            advice: Some(advice.into()),
            ..Self::good(name, found)
        }
    }

    fn bad(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Bad,
            ..Self::limited(name, found, advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_bad_fails() {
        let limited = Check::limited("cgroup", "none", "make one");
        let mut diagnosis = Diagnosis {
            checks: vec![Check::good("linker", "cc"), limited],
        };
        assert!(diagnosis.works());
        let text = diagnosis.text(Screen::plain());
        assert!(text.contains("limited  cgroup"), "{text}");
        assert!(text.contains("to do: make one"), "{text}");
        diagnosis
            .checks
            .push(Check::bad("linker", "none", "install one"));
        assert!(!diagnosis.works());
    }
}
