//! What to do about errors of the compiler and the linker that come from how modules are built, and don't say so.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

/// What to do about the errors in cargo's output, each advice once.
pub(super) fn advice(output: &str) -> Vec<String> {
    let plain = without_colours(output);
    let mut found = BTreeSet::new();
    for line in plain.lines() {
        found.extend(allocator(line));
        found.extend(lang_item(line));
        found.extend(symbol(line));
        found.extend(library(line));
        found.extend(position(line));
    }
    found.into_iter().collect()
}

/// the `#[global_allocator]` in this crate conflicts with global allocator in: mimalloc_rust
fn allocator(line: &str) -> Option<String> {
    let crates = if let Some((_, rest)) = line.split_once("the `#[global_allocator]` in ") {
        let (first, second) = rest.split_once(" conflicts with global allocator in: ")?;
        // The carrier, which is `this crate` to the compiler, has the module's.
        let theirs = [first.trim(), second.trim()].into_iter();
        let theirs = theirs.filter(|name| *name != "this crate");
        theirs.map(|name| format!("`{name}`")).collect::<Vec<_>>()
    } else if line.contains("cannot define multiple global allocators") {
        vec!["the module".to_owned()]
    } else {
        return None;
    };
    Some(format!(
        "{} sets a `#[global_allocator]`, and a module's is LMMS's: with it the module's memory is given back as a whole. Remove \
         that line, or turn off the feature that brings it; an application sets its allocator in its own crate",
        crates.join(" and ")
    ))
}

/// duplicate lang item in crate `board` (which `lights` depends on): `panic_impl`
fn lang_item(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("duplicate lang item ")?;
    let quoted: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let item = quoted.last()?;
    let owner = match quoted[..] {
        [owner, .., _] => format!("`{owner}`"),
        _ => "the crate named above".to_owned(),
    };
    let what = match *item {
        "panic_impl" => "`#[panic_handler]`".to_owned(),
        other => format!("lang item `{other}`"),
    };
    Some(format!(
        "{owner} defines a {what}, and so does the standard library, which each module has. Turn off the feature that brings it, or put it \
         behind one that only programs without a standard library turn on"
    ))
}

/// Of the linker: `multiple definition of`; of the other linker: `duplicate symbol:`; of the optimiser: `symbol
/// multiply defined`.
fn symbol(line: &str) -> Option<String> {
    let name = if let Some((_, rest)) = line.split_once("multiple definition of ") {
        rest.trim_start_matches(['`', '\''])
            .split(['`', '\'', ';'])
            .next()
    } else if let Some((_, rest)) = line.split_once("duplicate symbol: ") {
        rest.split_whitespace().next()
    } else if line.contains("symbol multiply defined") {
        line.split_once("named '")
            .and_then(|(_, rest)| rest.split('\'').next())
    } else {
        None
    }?;
    Some(match name.strip_prefix("__wrap_") {
        Some(function) => format!(
            "two crates define `{name}`: LMMS stands before `{function}` in each module. Remove the other `-Wl,--wrap={function}`, or \
             depend on one version of `lmms` only (`cargo tree -i lmms` shows them)"
        ),
        None => format!(
            "two crates define the symbol `{name}`, by `#[no_mangle]`, `#[export_name]` or in C code: a module is one library, so \
             rename one of them, or depend on one version only (`cargo tree -d` shows doubles)"
        ),
    })
}

/// `unable to find library -lfoo`, or `cannot find -lfoo`
fn library(line: &str) -> Option<String> {
    let rest = ["unable to find library -l", "cannot find -l"]
        .into_iter()
        .find_map(|words| Some(line.split_once(words)?.1))?;
    let name = rest.split([' ', ':', '\'']).next()?;
    Some(format!(
        "the C library `{name}` isn't installed for linking: install its development package, or have the crate build its own (many \
         `-sys` crates have a feature `bundled`, `vendored` or `static`), which also unloads with the module"
    ))
}

/// relocation R_X86_64_32 against … can not be used when making a shared object; recompile with -fPIC
fn position(line: &str) -> Option<String> {
    line.contains("recompile with -fPIC").then(|| {
        "C or assembly code was compiled for a fixed place, and a module has none: compile it with `-fPIC` (the `cc` crate does; \
         for a library of the system, take its shared or `-fPIC` build)"
            .to_owned()
    })
}

/// Text without a terminal's escape sequences.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter != '\u{1b}' {
            plain.push(letter);
        } else if rest.next() == Some('[') {
            // Up to the letter that says what it does.
            rest.by_ref().find(char::is_ascii_alphabetic);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn advises(output: &str, words: &[&str]) {
        let found = advice(output);
        let [only] = &found[..] else {
            panic!("{found:?}");
        };
        for word in words {
            assert!(only.contains(word), "{only:?} doesn't say {word:?}");
        }
    }

    #[test]
    fn an_allocator_is_named_with_who_sets_it() {
        let line = "\u{1b}[0m\u{1b}[1m\u{1b}[38;5;9merror\u{1b}[0m: the `#[global_allocator]` in this crate conflicts with global \
                    allocator in: fast_heap\nerror: could not compile `lmms-carrier-sun` (lib) due to 1 previous error";
        advises(
            line,
            &["`fast_heap` sets", "Remove", "feature", "application"],
        );
        let line =
            "error: the `#[global_allocator]` in one conflicts with global allocator in: two";
        advises(line, &["`one` and `two` sets"]);
        advises(
            "error: cannot define multiple global allocators",
            &["the module sets"],
        );
    }

    #[test]
    fn a_panic_handler_is_named_with_who_defines_it() {
        let line = "error[E0152]: duplicate lang item in crate `board` (which `lights` depends on): `panic_impl`";
        advises(line, &["`board` defines a `#[panic_handler]`", "feature"]);
        let line = "error[E0152]: found duplicate lang item `eh_personality`";
        advises(line, &["lang item `eh_personality`"]);
    }

    #[test]
    fn a_symbol_that_two_crates_define_is_named() {
        for line in [
            "rust-lld: error: duplicate symbol: start_up",
            "/usr/bin/ld: b.o: in function `start_up': (.text+0x0): multiple definition of `start_up'; a.o: first defined here",
            "error: failed to load bitcode of module \"b.o\": linking globals named 'start_up': symbol multiply defined!",
        ] {
            advises(line, &["the symbol `start_up`", "#[no_mangle]"]);
        }
        advises(
            "duplicate symbol: __wrap_malloc",
            &["stands before `malloc`", "cargo tree -i lmms"],
        );
    }

    #[test]
    fn what_the_linker_lacks_is_named() {
        advises(
            "rust-lld: error: unable to find library -lpq",
            &["`pq`", "vendored"],
        );
        advises(
            "/usr/bin/ld: cannot find -lpq: No such file or directory",
            &["`pq`"],
        );
        let line = "ld: a.o: relocation R_X86_64_32 against `.rodata' can not be used when making a shared object; recompile with -fPIC";
        advises(line, &["-fPIC"]);
    }

    #[test]
    fn ordinary_errors_speak_for_themselves() {
        let none: [String; 0] = [];
        assert_eq!(
            advice("error[E0308]: mismatched types\nerror: could not compile `a` (lib)"),
            none
        );
    }
}
