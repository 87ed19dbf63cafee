use super::{resolved, resolved_in};
use crate::testing::Workspace;

/// A workspace with another crate of shared types, whose types nobody can see, and a third from a registry.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write(
        "types/src/lib.rs",
        "pub mod prelude {
             pub use crate::{Device, kinds}; pub type Result<T> = core::result::Result<T, Device>;
         }
         pub struct Device; pub enum Choice { Plain }
         pub mod kinds { pub struct Kind; pub use other::Far; }",
    );
    workspace.write("made/Cargo.toml", "[package]\nname = \"made\"\n");
    workspace.write("made/src/lib.rs", "made! {}");
    let dependencies = "[dependencies]\nhome-types = { path = \"../types\" }\nmade = { path = \"../made\" }\nfar = \"1\"\n";
    workspace.write(
        "app/Cargo.toml",
        &format!("[package]\nname = \"app\"\n{dependencies}"),
    );
    workspace.with_dependencies("made = { path = \"../../made\" }\nfar = \"1\"\n")
}

fn in_workspace(source: &str, ty: &str) -> Result<String, String> {
    let workspace = workspace();
    resolved_in(&workspace, source, ty)
}

#[test]
fn what_one_glob_brings_is_named_through_it() {
    for (source, ty, expected) in [
        ("use home_types::*;", "Device", "::home_types::Device"),
        (
            "use home_types::prelude::*;",
            "Device",
            "::home_types::prelude::Device",
        ),
        (
            "use home_types::prelude::*;",
            "kinds::Kind",
            "::home_types::prelude::kinds::Kind",
        ),
        (
            "use home_types::kinds::*;",
            "Far",
            "::home_types::kinds::Far",
        ),
        (
            "mod a { pub use home_types::*; } use a::*;",
            "Device",
            "::home_types::Device",
        ),
        (
            "mod a { pub use home_types::*; }",
            "a::Device",
            "::home_types::Device",
        ),
        (
            "mod a { pub use home_types::*; }",
            "crate::a::Device",
            "::home_types::Device",
        ),
        (
            "use home_types as t; use t::prelude::*;",
            "Device",
            "::home_types::prelude::Device",
        ),
        ("use made::*;", "Made", "::made::Made"),
        (
            "use far::*;",
            "Made<u8>",
            "::far::Made<::core::primitive::u8>",
        ),
        (
            "use std::collections::*;",
            "HashSet<u8>",
            "::std::collections::HashSet<::core::primitive::u8>",
        ),
    ] {
        assert_eq!(
            in_workspace(source, ty).as_deref(),
            Ok(expected),
            "{source} {ty}"
        );
    }
}

#[test]
fn of_several_globs_the_sources_tell_which_brings_a_name() {
    for (source, ty, expected) in [
        (
            "use far::*; use home_types::*;",
            "Device",
            "::home_types::Device",
        ),
        (
            "use made::*; use home_types::*; use std::time::*;",
            "Device",
            "::home_types::Device",
        ),
        (
            "use home_types::*; use std::time::*;",
            "Duration",
            "::std::time::Duration",
        ),
        ("use home_types::*; use made::*;", "Made", "::made::Made"),
        (
            "use home_types::Choice::*; use home_types::*; use far::*;",
            "Device",
            "::home_types::Device",
        ),
    ] {
        assert_eq!(
            in_workspace(source, ty).as_deref(),
            Ok(expected),
            "{source} {ty}"
        );
    }
    assert_eq!(
        in_workspace("use made::*; use far::*;", "Device").unwrap_err(),
        "only a glob import could bring `Device` into this file; import it by name, like `use home_types::Device;`"
    );
}

#[test]
fn what_a_glob_certainly_brings_comes_before_the_prelude() {
    for (source, ty, expected) in [
        (
            "use home_types::prelude::*;",
            "Result<u8>",
            "::home_types::prelude::Result<::core::primitive::u8>",
        ),
        (
            "use std::io::*;",
            "Result<u8>",
            "::std::io::Result<::core::primitive::u8>",
        ),
        (
            "use home_types::*; use far::*;",
            "Option<u8>",
            "::core::option::Option<::core::primitive::u8>",
        ),
        (
            "use home_types::*; use far::*;",
            "Result<u8>",
            "::far::Result<::core::primitive::u8>",
        ),
        ("use lmms::*;", "String", "::std::string::String"),
    ] {
        assert_eq!(
            in_workspace(source, ty).as_deref(),
            Ok(expected),
            "{source} {ty}"
        );
    }
}

#[test]
fn a_glob_that_leads_nowhere_or_back_brings_nothing() {
    for source in [
        "use nothing::*;",
        "use self::*;",
        "mod a { use super::*; } use a::*;",
        "use lmms::*;",
    ] {
        assert!(in_workspace(source, "Device").is_err(), "{source}");
    }
    let refused = in_workspace("#[cfg(debug_assertions)] use home_types::*;", "Device");
    assert!(
        refused
            .unwrap_err()
            .contains("only the compiler can decide")
    );
}

#[test]
fn a_glob_of_a_crate_out_of_reach_is_told_of() {
    let workspace = Workspace::new();
    workspace.write("app/Cargo.toml", "[package]\nname = \"app\"\n");
    assert_eq!(
        resolved_in(&workspace, "use home_types::*;", "Device").unwrap_err(),
        "it comes from `home-types`, which `app` does not depend on; add `home-types` to the dependencies in app/Cargo.toml"
    );
    assert!(resolved("use home_types::*;", "u8").is_ok());
}
