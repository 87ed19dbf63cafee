mod constants;
mod globs;
mod own_types;

use std::collections::BTreeSet;

use super::*;
use crate::items::tree;
use crate::testing::Workspace;

/// Resolves `ty` in the root of a module whose root file is `source`.
fn resolved(source: &str, ty: &str) -> Result<String, String> {
    resolved_in(&Workspace::new(), source, ty)
}

fn resolved_in(workspace: &Workspace, source: &str, ty: &str) -> Result<String, String> {
    resolver_of(workspace, source, |resolver| {
        resolver
            .resolve(0, &syn::parse_str(ty).unwrap())
            .map(|resolved| resolved.text)
            .map_err(|refused| workspace.relative(&refused.problem.to_string()))
    })
}

/// Asks the resolver of a module whose root file is `source`, for the gateway `home` of the application.
fn resolver_of<R>(workspace: &Workspace, source: &str, ask: impl FnOnce(&Resolver<'_>) -> R) -> R {
    let module = workspace.module("m", source);
    let manifest = Manifest::read(&module).unwrap();
    let naming = Naming::AsGateway {
        manifest: Manifest::read(&workspace.path("app")).unwrap().into(),
        crate_name: "app".to_owned(),
        visible: None,
        types: "home".to_owned(),
    };
    let mut errors = Vec::new();
    let tree = tree::read(&manifest.root_file, &BTreeSet::new(), &mut errors).unwrap();
    assert!(errors.is_empty(), "{errors:?}");
    ask(&Resolver::new(&tree, &manifest, &naming))
}

#[test]
fn language_and_library_types() {
    let source =
        "use std::collections::{HashMap, BTreeMap as Tree}; use core::time; extern crate alloc;";
    for (ty, expected) in [
        ("u8", "::core::primitive::u8"),
        ("()", "()"),
        ("(u8,)", "(::core::primitive::u8, )"),
        (
            "(bool, char)",
            "(::core::primitive::bool, ::core::primitive::char)",
        ),
        ("[f32; 4]", "[::core::primitive::f32; 4]"),
        ("String", "::std::string::String"),
        (
            "Vec<Option<Box<i8>>>",
            "::std::vec::Vec<::core::option::Option<::std::boxed::Box<::core::primitive::i8>>>",
        ),
        (
            "HashMap<String, u8>",
            "::std::collections::HashMap<::std::string::String, ::core::primitive::u8>",
        ),
        (
            "Tree<u8, u8>",
            "::std::collections::BTreeMap<::core::primitive::u8, ::core::primitive::u8>",
        ),
        ("time::Duration", "::core::time::Duration"),
        ("std::path::PathBuf", "::std::path::PathBuf"),
        ("::std::path::PathBuf", "::std::path::PathBuf"),
        ("alloc::string::String", "::std::string::String"),
        (
            "Result<u8, String>",
            "::core::result::Result<::core::primitive::u8, ::std::string::String>",
        ),
    ] {
        assert_eq!(resolved(source, ty).as_deref(), Ok(expected), "{ty}");
    }
}

#[test]
fn imports_of_another_crate() {
    for (source, ty) in [
        ("use home_types::Device;", "Device"),
        ("use home_types::{Device};", "Device"),
        ("use home_types::{self, Room};", "home_types::Device"),
        ("use home_types as types;", "types::Device"),
        ("use home_types::Device as Thing;", "Thing"),
        ("use ::home_types::Device;", "Device"),
        ("", "home_types::Device"),
        ("", "::home_types::Device"),
        ("use home_types;", "home_types::Device"),
        ("extern crate home_types as types;", "types::Device"),
    ] {
        assert_eq!(
            resolved(source, ty).as_deref(),
            Ok("::home_types::Device"),
            "{source} {ty}"
        );
    }
    assert_eq!(
        resolved("use home_types::r#type::Device;", "Device").as_deref(),
        Ok("::home_types::r#type::Device")
    );
}

#[test]
fn re_exports_through_the_modules_own_tree() {
    for (source, ty) in [
        (
            "mod a { pub use home_types::Device; } use a::Device;",
            "Device",
        ),
        (
            "mod a { pub use home_types::Device; } use crate::a::Device;",
            "Device",
        ),
        (
            "mod a { pub use home_types::Device; } use self::a::Device as D;",
            "D",
        ),
        ("mod a { pub use home_types::Device; }", "a::Device"),
        (
            "mod a { pub mod b { pub use super::super::Device; } } use home_types::Device; ",
            "a::b::Device",
        ),
        (
            "mod a { pub use home_types::*; pub use home_types::Device; } use a::*;",
            "Device",
        ),
        ("mod a { pub use home_types as t; } use a::t;", "t::Device"),
        (
            "mod a { pub fn Device() {} } use a::Device; mod b { pub use home_types::Device; } use b::Device;",
            "Device",
        ),
    ] {
        assert_eq!(
            resolved(source, ty).as_deref(),
            Ok("::home_types::Device"),
            "{source} {ty}"
        );
    }
}

#[test]
fn aliases_are_expanded_where_they_stand() {
    let source = "mod a { use home_types::Error; pub type Result<T, E = Error> = core::result::Result<T, E>; pub type Pair<T> = (T, Vec<T>); } use a::{Result, Pair}; type Celsius = f64;";
    for (ty, expected) in [
        ("Celsius", "::core::primitive::f64"),
        (
            "Result<u8>",
            "::core::result::Result<::core::primitive::u8, ::home_types::Error>",
        ),
        (
            "Result<u8, Celsius>",
            "::core::result::Result<::core::primitive::u8, ::core::primitive::f64>",
        ),
        (
            "Pair<u8>",
            "(::core::primitive::u8, ::std::vec::Vec<::core::primitive::u8>)",
        ),
    ] {
        assert_eq!(resolved(source, ty).as_deref(), Ok(expected), "{ty}");
    }
}

#[test]
fn aliases_that_cannot_be_expanded() {
    for (source, reason) in [
        ("type A = A;", "leads back to itself"),
        ("type A<'a> = B<'a>;", "has lifetime or constant parameters"),
        ("type A<T> = Vec<T>;", "is given too few types"),
    ] {
        let error = resolved(source, "A").unwrap_err();
        assert!(error.contains(reason), "{error}");
        assert!(error.contains("modules/m/src/lib.rs:1"), "{error}");
    }
    assert!(
        resolved("type A = u8;", "A<u8>")
            .unwrap_err()
            .contains("too many")
    );
    assert!(
        resolved("type A = Box<dyn Fn()>;", "A")
            .unwrap_err()
            .contains("trait object")
    );
}

#[test]
fn types_the_gateway_cannot_name() {
    for (source, ty, expected) in [
        (
            "\nstruct Device;",
            "Vec<Device>",
            "it is defined in the module itself (modules/m/src/lib.rs:2) and is not `Portable`; derive `lmms::Portable` there, and callers get a copy of it",
        ),
        (
            "use home_types::*;",
            "Room",
            "nothing in this file says what `Room` is; import it by name, like `use home_types::Room;`",
        ),
        (
            "",
            "Device",
            "nothing in this file says what `Device` is; import it by name, like `use home_types::Device;`",
        ),
        (
            "mod a { }",
            "a::Device",
            "there is no `crate::a::Device` in the module's source; if a macro makes it, move it to a crate that both the module and the caller depend on",
        ),
        (
            "use home_types::*;",
            "Result<u8>",
            "nothing in this file says what `Result` is; import it by name, like `use home_types::Result;`",
        ),
    ] {
        assert_eq!(resolved(source, ty).unwrap_err(), expected);
    }
}

#[test]
fn what_a_type_is_comes_from_its_definition_and_not_from_its_name() {
    let workspace = Workspace::new();
    workspace.write(
        "types/src/lib.rs",
        "pub struct Result; pub struct Device; pub type Outcome<T> = core::result::Result<T, Device>;",
    );
    let form = |source: &str, ty: &str| {
        let module = workspace.module("m", source);
        let manifest = Manifest::read(&module).unwrap();
        let tree = tree::read(&manifest.root_file, &BTreeSet::new(), &mut Vec::new()).unwrap();
        Resolver::new(&tree, &manifest, &Naming::AsModule)
            .resolve(0, &syn::parse_str(ty).unwrap())
            .unwrap()
            .form
    };
    let result = |ok: &str, error: &str| TypeForm::Result {
        ok: format!("::core::primitive::{ok}"),
        error: format!("::core::primitive::{error}"),
    };
    for ty in [
        "Result<u8, u16>",
        "std::result::Result<u8, u16>",
        "core::result::Result<u8, u16>",
    ] {
        assert_eq!(form("", ty), result("u8", "u16"), "{ty}");
    }
    let local = "type Swapped<E, T> = Result<T, E>; type Id<T> = T; type Maybe<T> = Option<T>; type Own = Swapped<u8, u16>;";
    assert_eq!(form(local, "Swapped<u8, u16>"), result("u16", "u8"));
    assert_eq!(form(local, "Own"), result("u16", "u8"));
    assert_eq!(form(local, "Id<Result<u8, u16>>"), result("u8", "u16"));
    assert_eq!(form(local, "Maybe<u8>"), TypeForm::Value);
    assert_eq!(form("use home_types::Result;", "Result"), TypeForm::Value);
    assert_eq!(
        form("use home_types::Device;", "(Device, u8)"),
        TypeForm::Value
    );
    assert_eq!(
        form("use home_types::Outcome;", "Outcome<u8>"),
        TypeForm::Unknown
    );
    assert_eq!(
        form("use home_types::Outcome as Result;", "Result<u8>"),
        TypeForm::Unknown
    );
    let parts = |ok: &str, error: &str| TypeForm::Result {
        ok: ok.to_owned(),
        error: error.to_owned(),
    };
    assert_eq!(
        form("", "std::io::Result<u8>"),
        parts("::core::primitive::u8", "::std::io::Error")
    );
    assert_eq!(form("", "std::thread::Result<u8>"), TypeForm::Unknown);
    assert_eq!(
        form("", "std::fmt::Result"),
        parts("()", "::core::fmt::Error")
    );
    assert_eq!(form("", "std::path::PathBuf"), TypeForm::Value);
}

#[test]
fn an_error_names_the_innermost_type_that_is_written() {
    let workspace = Workspace::new();
    let source = "struct Own; type Alias<T> = Result<T, Own>;";
    let module = workspace.module("m", source);
    let manifest = Manifest::read(&module).unwrap();
    let tree = tree::read(&manifest.root_file, &BTreeSet::new(), &mut Vec::new()).unwrap();
    let resolver = Resolver::new(&tree, &manifest, &Naming::AsModule);
    for (ty, blamed) in [
        ("Result<u8, Vec<Own>>", "Own"),
        ("Option<Alias<u8>>", "Alias<u8>"),
        ("(u8, Gone)", "Gone"),
    ] {
        let refused = resolver
            .resolve(0, &syn::parse_str(ty).unwrap())
            .unwrap_err();
        assert_eq!(refused.ty, blamed);
    }
}

#[test]
fn a_crate_the_gateway_does_not_depend_on() {
    let workspace = Workspace::new();
    workspace.write("app/Cargo.toml", "[package]\nname = \"app\"\n");
    assert_eq!(
        resolved_in(&workspace, "use home_types::Device;", "Device").unwrap_err(),
        "it comes from `home-types`, which `app` does not depend on; add `home-types` to the dependencies in app/Cargo.toml"
    );
}

#[test]
fn crates_have_the_names_the_gateway_gave_them() {
    let workspace = Workspace::new();
    workspace.write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\ntypes = { package = \"home-types\", path = \"../types\" }\n",
    );
    assert_eq!(
        resolved_in(&workspace, "use home_types::Device;", "Device").as_deref(),
        Ok("::types::Device")
    );
    workspace.write(
        "app/Cargo.toml",
        "[package]\nname = \"home-types\"\n[lib]\nname = \"app\"\n",
    );
    assert_eq!(
        resolved_in(&workspace, "use home_types::Device;", "Device").as_deref(),
        Ok("crate::Device")
    );
}

#[test]
fn a_prelude_name_may_be_redefined() {
    assert_eq!(
        resolved("use home_types::Option;", "Option<u8>").as_deref(),
        Ok("::home_types::Option<::core::primitive::u8>")
    );
    assert!(resolved("mod a { pub struct String; } use a::*;", "String").is_err());
    assert_eq!(
        resolved("use home_types::*;", "String").as_deref(),
        Ok("::std::string::String")
    );
}

#[test]
fn circles_of_imports_end() {
    assert!(
        resolved(
            "mod a { pub use super::b::X; } mod b { pub use super::a::X; }",
            "a::X"
        )
        .is_err()
    );
    assert!(
        resolved(
            "mod a { pub use super::b::*; } mod b { pub use super::a::*; }",
            "a::X"
        )
        .is_err()
    );
}

#[test]
fn a_mesh_of_globs_is_searched_once() {
    let children: String = (0..20)
        .map(|n| format!("mod m{n} {{ use super::*; }} pub use m{n}::*; "))
        .collect();
    assert!(resolved(&children, "Missing").is_err());
    let source = format!("{children} mod last {{ pub use home_types::Device; }} pub use last::*;");
    assert_eq!(
        resolved(&source, "(Device, Device)").as_deref(),
        Ok("(::home_types::Device, ::home_types::Device)")
    );
}

#[test]
fn names_under_conditions_are_those_of_the_build_or_refused() {
    let source = "
        #[cfg(test)] use std::path::Path as Thing;
        #[cfg_attr(all(), cfg(not(test)))] use std::time::Duration as Thing;
        #[cfg(debug_assertions)] use std::time::Duration as Span;
        #[cfg_attr(overflow_checks, cfg(any()))] type Alias = u8;
        #[cfg(debug_assertions)] mod system { pub use std::time::Duration as Deep; }
        #[cfg(overflow_checks)] mod system { pub use std::time::Instant as Deep; }
        #[cfg(debug_assertions)] use inner::*;
        mod inner { pub type Whole = u8; }";
    assert_eq!(
        resolved(source, "Thing"),
        Ok("::std::time::Duration".to_owned())
    );
    for (ty, condition, line) in [
        ("Span", "cfg(debug_assertions)", 4),
        ("Alias", "cfg_attr(overflow_checks, cfg(any()))", 5),
        ("system::Deep", "cfg(debug_assertions)", 6),
        ("Whole", "cfg(debug_assertions)", 8),
    ] {
        let refused = resolved(source, ty).unwrap_err();
        let expected = format!("only the compiler can decide `{condition}` on");
        assert!(refused.starts_with(&expected), "{ty}: {refused}");
        assert!(
            refused.contains(&format!("lib.rs:{line})")),
            "{ty}: {refused}"
        );
    }
}

#[test]
fn a_crate_that_the_gateway_cannot_name() {
    let workspace = Workspace::new();
    workspace.write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\n[build-dependencies]\nhome-types = { path = \"../types\" }\n",
    );
    assert_eq!(
        resolved_in(&workspace, "use home_types::Device;", "Device").unwrap_err(),
        "it comes from `home-types`, which `app` has in [build-dependencies] only; add it to [dependencies] in app/Cargo.toml"
    );
    workspace.write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nhome-types = { path = \"../types\", optional = true }\n",
    );
    let module = workspace.module("m", "use home_types::Device;");
    let manifest = Manifest::read(&module).unwrap();
    let tree = tree::read(&manifest.root_file, &BTreeSet::new(), &mut Vec::new()).unwrap();
    let resolve = |visible: &str| {
        let naming = Naming::AsGateway {
            manifest: Manifest::read(&workspace.path("app")).unwrap().into(),
            crate_name: "app".to_owned(),
            visible: Some(BTreeSet::from([visible.to_owned()])),
            types: "home".to_owned(),
        };
        Resolver::new(&tree, &manifest, &naming)
            .resolve(0, &syn::parse_quote!(Device))
            .map(|resolved| resolved.text)
            .map_err(|refused| workspace.relative(&refused.problem.to_string()))
    };
    assert_eq!(resolve("home_types").as_deref(), Ok("::home_types::Device"));
    assert_eq!(
        resolve("other").unwrap_err(),
        "it comes from `home-types`, which `app` has in [dependencies] only, where it is optional and off; add it to [dependencies] in app/Cargo.toml"
    );
}

#[test]
fn errors_of_crates_whose_errors_hold_anything() {
    let workspace = Workspace::new();
    workspace.write(
        "modules/m/Cargo.toml",
        "[package]\nname = \"m\"\n[dependencies]\nanyhow = \"1\"\n",
    );
    workspace.write("modules/m/src/lib.rs", "use anyhow::Result;");
    let manifest = Manifest::read(&workspace.path("modules/m")).unwrap();
    let tree = tree::read(&manifest.root_file, &BTreeSet::new(), &mut Vec::new()).unwrap();
    let resolver = Resolver::new(&tree, &manifest, &Naming::AsModule);
    for ty in [
        "Result<u8>",
        "anyhow::Result<u8>",
        "core::result::Result<u8, anyhow::Error>",
    ] {
        let refused = resolver
            .resolve(0, &syn::parse_str(ty).unwrap())
            .unwrap_err();
        let text = refused.problem.to_string();
        assert!(
            text.starts_with("what comes from `anyhow` holds code of the module"),
            "{text}"
        );
        assert!(
            text.contains("`.map_err(|error| format!(\"{error:#}\"))`"),
            "{text}"
        );
    }
}
