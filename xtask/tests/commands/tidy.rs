//! `check tidy` finds each kind of untidiness.

use crate::support::Planted;

/// A file of the house that begins as it should and goes on with `text`.
fn planted(text: &str) -> Planted {
    let planted = Planted::new();
    planted.write(
        "house/src/other.rs",
        &format!("#![forbid(unsafe_code)]\n{text}\n"),
    );
    planted
}

#[test]
fn a_tidy_workspace_passes() {
    assert_eq!(planted("fn a() {}").check("tidy"), []);
}

#[test]
fn a_long_file_is_found() {
    let planted = planted(&"// a line\n".repeat(500));
    let text = planted.one_problem("tidy", "long-file");
    assert!(text.contains("house/src/other.rs: it has 50"), "{text}");
    let config = "long_files = [\"house/src/other.rs\"]\n";
    planted.write(".ci/tidy.toml", config);
    assert_eq!(planted.check("tidy"), []);
    planted.write("house/src/other.rs", "#![forbid(unsafe_code)]\n");
    planted.one_problem("tidy", "stale-long-file");
}

#[test]
fn unfinished_work_is_found_at_its_line() {
    for line in [
        "fn a() { todo!() }",
        "fn a() { unimplemented!(\"b\") }",
        "fn a() { dbg!(1); }",
    ] {
        let text = planted(line).one_problem("tidy", "unfinished");
        assert!(text.contains("house/src/other.rs:2"), "{text}");
    }
}

#[test]
fn a_private_path_is_found_in_any_text() {
    let path = ["", "home", "somebody", "lmms"].join("/");
    let text = planted(&format!("const A: &str = \"{path}\";")).one_problem("tidy", "private-path");
    assert!(text.contains("house/src/other.rs:2"), "{text}");
    let planted = Planted::new();
    planted.write("README.md", &format!("Look at {path}.\n"));
    let text = planted.one_problem("tidy", "private-path");
    assert!(text.contains("README.md:1"), "{text}");
}

#[test]
fn unsafe_code_outside_of_the_islands_is_found() {
    let planted = Planted::new();
    planted.write(
        "house-types/src/lib.rs",
        "//! Types.\npub fn a() { unsafe { std::hint::unreachable_unchecked() } }\n",
    );
    let text = planted.one_problem("tidy", "unsafe-island");
    assert!(
        text.contains("house-types/src/lib.rs") && text.contains("line 2"),
        "{text}"
    );
    planted.write(
        ".ci/tidy.toml",
        "unsafe_islands = [\"house-types/src/lib.rs\"]\n",
    );
    assert_eq!(planted.check("tidy"), []);
}

#[test]
fn a_file_that_forbids_nothing_is_found() {
    let planted = Planted::new();
    planted.write("house-types/src/lib.rs", "//! Types.\n");
    planted.one_problem("tidy", "unsafe-island");
}

#[test]
fn the_list_of_islands_is_kept_short() {
    let planted = Planted::new();
    planted.write(".ci/tidy.toml", "unsafe_islands = [\"gone.rs\"]\n");
    let text = planted.one_problem("tidy", "stale-island");
    assert!(text.contains("gone.rs"), "{text}");
}

#[test]
fn skipped_folders_are_left_alone() {
    let planted = Planted::new();
    planted.write("house/cases/broken.rs", "fn a( {\n");
    planted.one_problem("tidy", "unreadable");
    planted.write(".ci/tidy.toml", "skip = [\"house/cases\"]\n");
    assert_eq!(planted.check("tidy"), []);
}

#[test]
fn imports_out_of_order_are_found_at_their_line() {
    let text = planted("use crate::far;\n\nuse std::fmt;").one_problem("tidy", "import-order");
    assert!(
        text.contains("house/src/other.rs:4: it imports from `std` after this crate"),
        "{text}"
    );
    let blocks = "use std::fmt;\n\nuse house_types::A;\n\nuse crate::far;";
    assert_eq!(planted(blocks).check("tidy"), []);
}

#[test]
fn a_wide_comment_is_found_at_its_line() {
    let comment = format!("/// {}\nfn a() {{}}", "wide ".repeat(30));
    let text = planted(&comment).one_problem("tidy", "wide-comment");
    assert!(text.contains("house/src/other.rs:2"), "{text}");
}

#[test]
fn rooms_that_import_one_another_are_found_with_the_lines() {
    let planted = planted("use crate::far::away::B;");
    planted.write(
        "house/src/far/away.rs",
        "#![forbid(unsafe_code)]\n\nuse super::super::other;\n",
    );
    planted.write(".ci/tidy.toml", "rooms = [\"house/src\"]\n");
    let text = planted.one_problem("tidy", "import-circle");
    assert!(
        text.contains("far → other (house/src/far/away.rs:3), other → far (house/src/other.rs:2)"),
        "{text}"
    );
}

#[test]
fn invariants_and_citations_are_compared() {
    let planted = planted("//! - **HOUSE-1** Doors are shut.\n// SAFETY: HOUSE-2.");
    assert_eq!(planted.check("tidy"), []);
    planted.write(".ci/tidy.toml", "invariants = [\"house\"]\n");
    let codes: Vec<String> = planted
        .check("tidy")
        .into_iter()
        .map(|(code, _)| code)
        .collect();
    assert_eq!(codes, ["idle-invariant", "unknown-invariant"]);
}
