//! `check binaries` finds whatever a module leaves in a program.
//!
//! The programs are compiled with bare `rustc`: what counts is what ends up in the file, and no way
//! to get it there is left out by cargo's rules.

use std::fs;

use crate::support::Planted;

const HELPER: &str = "#[inline(never)]\npub fn scale(width: u32) -> u32 {\n    \
                      if width == 7 { panic!(\"seven\") }\n    width * 2\n}\n";

/// Makes `target/debug/house` of `main` and, linked to it, a crate `thumbs` of [`HELPER`].
fn program(planted: &Planted, main: &str, options: &[&str]) {
    planted.write("modules/thumbs/src/scale.rs", HELPER);
    planted.write("main.rs", main);
    fs::create_dir_all(planted.path("target/debug")).expect("the folder can be made");
    let library = [
        "--crate-type=rlib",
        "--crate-name=thumbs",
        "-o",
        "target/libthumbs.rlib",
        "modules/thumbs/src/scale.rs",
    ];
    planted.run("rustc", &library);
    let mut arguments = vec![
        "--extern",
        "thumbs=target/libthumbs.rlib",
        "-o",
        "target/debug/house",
        "main.rs",
    ];
    arguments.extend(options);
    planted.run("rustc", &arguments);
}

const CLEAN: &str = "fn main() { println!(\"{}\", std::env::args().count()); }";
const LINKED: &str =
    "fn main() { println!(\"{}\", thumbs::scale(std::env::args().count() as u32)); }";

#[test]
fn a_clean_program_passes() {
    let planted = Planted::new();
    program(&planted, CLEAN, &[]);
    assert_eq!(planted.check("binaries"), []);
    let answer = planted.xtask(&["check", "binaries", "--no-build"]);
    assert!(
        answer.stdout.contains("target/debug/house by its symbols"),
        "{}",
        answer.stdout
    );
}

#[test]
fn code_of_a_module_is_found_by_its_symbols() {
    let planted = Planted::new();
    program(&planted, LINKED, &[]);
    let text = planted.one_problem("binaries", "module-code");
    assert!(
        text.contains("target/debug/house") && text.contains("thumbs::scale"),
        "{text}"
    );
    program(&planted, LINKED, &["-Csymbol-mangling-version=v0"]);
    planted.one_problem("binaries", "module-code");
}

#[test]
fn in_a_stripped_program_it_is_found_by_its_paths() {
    let planted = Planted::new();
    program(&planted, LINKED, &["-Cstrip=symbols"]);
    let text = planted.one_problem("binaries", "module-path");
    assert!(text.contains("modules/thumbs/src/scale.rs"), "{text}");
    program(&planted, CLEAN, &["-Cstrip=symbols"]);
    assert_eq!(planted.check("binaries"), []);
}

#[test]
fn the_entry_of_a_module_is_found() {
    let planted = Planted::new();
    let entry = "#[unsafe(no_mangle)] pub extern \"C\" fn lmms_module_thumbs() {}\n\
                 fn main() { lmms_module_thumbs() }";
    program(&planted, entry, &[]);
    let text = planted.one_problem("binaries", "module-entry");
    assert!(text.contains("lmms_module_thumbs"), "{text}");
}

#[test]
fn a_needed_library_of_a_module_is_found() {
    let planted = Planted::new();
    planted.write(
        "thumbs.rs",
        "#[unsafe(no_mangle)] pub extern \"C\" fn scale_it() {}\n",
    );
    planted.run(
        "rustc",
        &[
            "--crate-type=cdylib",
            "-Clink-arg=-Wl,-soname,thumbs.so",
            "-o",
            "libthumbs.so",
            "thumbs.rs",
        ],
    );
    let main = "#[link(name = \"thumbs\")] unsafe extern \"C\" { fn scale_it(); }\n\
                fn main() { unsafe { scale_it() } }";
    program(&planted, main, &["-L."]);
    let text = planted.one_problem("binaries", "module-linked");
    assert!(text.contains("`thumbs.so`"), "{text}");
}

#[test]
fn a_program_that_is_not_built_is_not_called_clean() {
    let answer = Planted::new().xtask(&["check", "binaries", "--no-build"]);
    assert!(
        answer
            .stdout
            .contains("is not built, so it was not checked"),
        "{}",
        answer.stdout
    );
}
