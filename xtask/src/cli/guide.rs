//! The guide as a command.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Place;
use crate::common::error::Error;
use crate::common::screen::report;
use crate::project::guide::{self, Output};

/// Show the guide in a browser, or write it as HTML.
///
/// Uses mdbook from PATH, else installs it below target/lmms/tools. The guide is that of the LMMS which the project
/// uses, or of the checkout that this program was installed from; without mdbook, read docs/guide/src there.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms guide                            serves it until interrupted, and opens a browser\n  \
    cargo lmms guide --build ./guide            writes ./guide/index.html")]
pub(super) struct Guide {
    /// Write the pages to this folder, new, empty or with an older guide, and serve nothing.
    #[arg(long, value_name = "DIR")]
    build: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl Guide {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find_if_named()?;
        let output = self.build.map_or(Output::Served, Output::Written);
        guide::guide(workspace.as_ref(), &output)?;
        if let Output::Written(folder) = output {
            report(format_args!(
                "{} is written",
                folder.join("index.html").display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use clap::Parser;
    use clap::error::ErrorKind;

    use super::super::{Lmms, Xtask};

    /// The command lines of a page that begin with `cargo lmms` or `cargo xtask` and have arguments: in code blocks,
    /// and between backticks.
    fn commands(page: &str) -> Vec<Vec<String>> {
        let mut lines: Vec<&str> = Vec::new();
        for (place, part) in page.split("```").enumerate() {
            if place % 2 == 1 {
                lines.extend(part.lines());
            } else {
                lines.extend(part.split('`').skip(1).step_by(2));
            }
        }
        let parts = lines.iter().flat_map(|line| {
            let line = line.split(" #").next().unwrap_or(line);
            line.split("&&").flat_map(|line| line.split('|'))
        });
        let ours = |words: &Vec<String>| {
            words.len() > 2 && words[0] == "cargo" && ["lmms", "xtask"].contains(&&*words[1])
        };
        parts.map(words).filter(ours).collect()
    }

    /// The words of a command line, without single quotes.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (place, part) in line.trim().trim_start_matches("$ ").split('\'').enumerate() {
            if place % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        words
    }

    /// Whether the program takes these words, as clap sees it.
    fn parse(words: &[String]) -> Result<(), String> {
        let parsed = match &*words[1] {
            "lmms" => Lmms::try_parse_from(&words[1..]).map(drop),
            _ => Xtask::try_parse_from(&words[1..]).map(drop),
        };
        match parsed {
            Err(error) if error.kind() != ErrorKind::DisplayHelp => Err(error.to_string()),
            _ => Ok(()),
        }
    }

    #[test]
    fn every_command_of_the_guide_exists() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/src");
        let mut found = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            for words in commands(&fs::read_to_string(&path).unwrap()) {
                if let Err(problem) = parse(&words) {
                    panic!("{}: `{}`: {problem}", path.display(), words.join(" "));
                }
                found += 1;
            }
        }
        assert!(found > 0, "no command was found");
    }

    #[test]
    fn commands_are_found_in_blocks_and_between_backticks() {
        let page = "Use `cargo lmms check`, not `cargo build`.\n\n```sh\ncargo lmms new a && cd a   # makes it\n\
            $ cargo xtask inspect 'my b' --json | jq .unload\n```\n`cargo lmms` has more.\n";
        let expected: [&[&str]; 3] = [
            &["cargo", "lmms", "check"],
            &["cargo", "lmms", "new", "a"],
            &["cargo", "xtask", "inspect", "my b", "--json"],
        ];
        assert_eq!(commands(page), expected);
        let unknown = ["cargo", "lmms", "deploy"].map(str::to_owned);
        assert!(parse(&unknown).is_err());
    }
}
