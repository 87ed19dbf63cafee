//! What Rust source says about itself, without compiling it.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use cargo_metadata::Package;
use proc_macro2::{TokenStream, TokenTree};

/// A token of a file with the line it stands on, in the order of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// An identifier, a punctuation mark, or an opening or closing bracket.
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
}

/// A `lmms::gateway!`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gateway {
    /// The file it stands in.
    pub(crate) file: PathBuf,
    /// The folders and globs of its modules.
    pub(crate) patterns: Vec<String>,
}

/// Whether any Rust file of `package` invokes `lmms::gateway!`.
pub(crate) fn invokes_gateway(package: &Package) -> bool {
    let mut files = files_of(package).into_iter();
    files.any(|file| invokes(&file, "gateway"))
}

/// The gateways in the Rust files of `package`.
pub(crate) fn gateways(package: &Package) -> Vec<Gateway> {
    let mut gateways = Vec::new();
    for file in files_of(package) {
        let source = fs::read_to_string(&file).unwrap_or_default();
        // Parsing costs more than looking.
        if source.contains("gateway") {
            let lists = patterns(&source).into_iter();
            gateways.extend(lists.map(|patterns| Gateway {
                file: file.clone(),
                patterns,
            }));
        }
    }
    gateways
}

/// The Rust files of a package that depends on `lmms`.
fn files_of(package: &Package) -> BTreeSet<PathBuf> {
    let mut dependencies = package.dependencies.iter();
    if !dependencies.any(|dependency| dependency.name == "lmms") {
        return BTreeSet::new();
    }
    let files = package.targets.iter().flat_map(|target| {
        let root = target.src_path.as_std_path();
        // A target directly in a shared folder, such as tests/a.rs, is one file of many.
        match root.parent() {
            Some(folder)
                if root
                    .file_stem()
                    .is_some_and(|stem| stem == "main" || stem == "lib") =>
            {
                rust_files(folder).unwrap_or_default()
            }
            _ => vec![root.to_owned()],
        }
    });
    files.collect()
}

/// The `modules` of every `gateway!` in Rust source.
fn patterns(source: &str) -> Vec<Vec<String>> {
    fn search(tokens: TokenStream, inside: bool, found: &mut Vec<Vec<String>>) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, tree) in trees.iter().enumerate() {
            let TokenTree::Group(group) = tree else {
                continue;
            };
            let before = |name: &str, mark: char| {
                let [.., TokenTree::Ident(ident), TokenTree::Punct(punct)] = &trees[..index] else {
                    return false;
                };
                ident == name && punct.as_char() == mark
            };
            if inside && before("modules", ':') {
                found.push(group.stream().into_iter().filter_map(text).collect());
            } else {
                search(group.stream(), inside || before("gateway", '!'), found);
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(tokens) = source.parse() {
        search(tokens, false, &mut found);
    }
    found
}

/// The text of a string literal without escapes.
fn text(tree: TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = tree else {
        return None;
    };
    let written = literal.to_string();
    let inner = written.trim_start_matches('r').trim_matches('#');
    let inner = inner.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.to_owned())
}

/// All files below `folder` that end in `.rs`, sorted, without hidden folders and build output.
///
/// # Errors
/// The system's, when a folder can't be read.
pub(crate) fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = all_files(folder)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    Ok(files)
}

/// All files below `folder`, sorted, without version control, build output and other hidden
/// folders than cargo's and the one for checks.
///
/// # Errors
/// The system's, when a folder can't be read.
pub(crate) fn all_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let path = entry.path();
            if kind.is_dir() {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let hidden = name.starts_with('.') && name != ".cargo" && name != ".ci";
                if !hidden && !path.join("CACHEDIR.TAG").exists() && name != "target" {
                    folders.push(path);
                }
            } else if kind.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The words of Rust source: no comments, no strings; nothing for text that is not Rust.
pub(crate) fn words(source: &str) -> Option<Vec<Word>> {
    // A shebang line is no token.
    let body = if source.starts_with("#!") && !source.starts_with("#![") {
        source.split_once('\n').map_or("", |(_, rest)| rest)
    } else {
        source
    };
    let skipped = source[..source.len() - body.len()].matches('\n').count();
    let tokens: TokenStream = body.parse().ok()?;
    let mut words = Vec::new();
    flatten(tokens, skipped, &mut words);
    Some(words)
}

/// Where `name!` is invoked: its lines.
pub(crate) fn invocations<'w>(
    words: &'w [Word],
    name: &'w str,
) -> impl Iterator<Item = usize> + 'w {
    words.windows(3).filter_map(move |window| {
        let [macro_name, bang, open] = window else {
            return None;
        };
        let invoked = macro_name.text == name
            && bang.text == "!"
            && matches!(open.text.as_str(), "(" | "{" | "[");
        invoked.then_some(macro_name.line)
    })
}

/// Whether the words carry `#![forbid(… unsafe_code …)]`.
pub(crate) fn forbids_unsafe(words: &[Word]) -> bool {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts
        .windows(5)
        .enumerate()
        .filter(|(_, window)| window[..5] == ["#", "!", "[", "forbid", "("])
        .any(|(at, _)| {
            texts[at + 5..]
                .iter()
                .take_while(|text| **text != ")")
                .any(|text| *text == "unsafe_code")
        })
}

fn invokes(path: &Path, name: &str) -> bool {
    let Ok(source) = fs::read_to_string(path) else {
        return false;
    };
    // Parsing costs more than looking, and most files have no such word.
    source.contains(name)
        && words(&source).is_some_and(|words| invocations(&words, name).next().is_some())
}

fn flatten(tokens: TokenStream, skipped: usize, words: &mut Vec<Word>) {
    for token in tokens {
        let line = token.span().start().line + skipped;
        match token {
            TokenTree::Ident(ident) => words.push(Word {
                text: ident.to_string(),
                line,
            }),
            TokenTree::Punct(punct) => words.push(Word {
                text: punct.as_char().to_string(),
                line,
            }),
            TokenTree::Literal(_) => {}
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                let end = group.span_close().end().line + skipped;
                words.push(Word {
                    text: open.to_owned(),
                    line,
                });
                flatten(group.stream(), skipped, words);
                words.push(Word {
                    text: close.to_owned(),
                    line: end,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str, name: &str) -> Vec<usize> {
        let words = words(source).expect("it is Rust");
        invocations(&words, name).collect()
    }

    #[test]
    fn finds_invocations_in_every_bracket() {
        let source = "lmms::module!();\nmodule! { }\nmodule![];\nfn module() {}";
        assert_eq!(lines(source, "module"), [1, 2, 3]);
    }

    #[test]
    fn comments_strings_and_names_are_no_invocations() {
        let source = "//! lmms::module!();\nconst A: &str = \"module!()\";\nmod module {}\n";
        assert!(lines(source, "module").is_empty());
    }

    #[test]
    fn finds_invocations_inside_functions() {
        assert_eq!(lines("fn a() {\n  if x { dbg!(x) }\n}", "dbg"), [2]);
    }

    #[test]
    fn reads_the_patterns_of_every_gateway() {
        let source = "/// Docs: modules: [\"no\"]\nlmms::gateway! { pub A { modules: [\"../a/*\", r#\"b\"#,], interfaces: [\"c\"] } }\n\
                      fn f() { gateway!(B { modules: [\"d\"] }); other!(modules: [\"e\"]); }";
        assert_eq!(patterns(source), [vec!["../a/*", "b"], vec!["d"]]);
        assert!(patterns("fn f( {").is_empty());
    }

    #[test]
    fn a_shebang_does_not_shift_lines() {
        assert_eq!(lines("#!/usr/bin/env run\nmodule!();", "module"), [2]);
    }

    #[test]
    fn sees_forbid_also_among_other_lints() {
        let sees = |source| forbids_unsafe(&words(source).unwrap());
        assert!(sees("#![forbid(unsafe_code)]"));
        assert!(sees("#![forbid(missing_docs, unsafe_code)]"));
        assert!(!sees("#![deny(unsafe_code)]"));
        assert!(!sees("#![forbid(missing_docs)] fn a() { unsafe_code() }"));
        assert!(!sees("// #![forbid(unsafe_code)]"));
    }

    #[test]
    fn text_that_is_no_rust_has_no_words() {
        assert_eq!(words("fn a( {"), None);
    }
}
