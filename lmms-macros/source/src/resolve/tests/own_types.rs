use super::{resolved, resolver_of};
use crate::resolve::own_types::OwnType;
use crate::testing::Workspace;

/// The copies that a type of a module needs, by their paths.
fn copies(source: &str, ty: &str) -> Vec<(String, String)> {
    let shown = |own: OwnType| {
        let path: Vec<String> = own.path.iter().cloned().chain([own.name]).collect();
        let copy: syn::DeriveInput = syn::parse_str(&own.definition).unwrap();
        (path.join("::"), crate::compact(&copy))
    };
    resolver_of(&Workspace::new(), source, |resolver| {
        resolver.resolve(0, &syn::parse_str(ty).unwrap()).unwrap();
        resolver.own_types().into_iter().map(shown).collect()
    })
}

fn copy(source: &str) -> String {
    let copies = copies(source, "Own");
    assert_eq!(copies.len(), 1, "{copies:?}");
    copies.into_iter().next().unwrap().1
}

#[test]
fn callers_name_a_copy_by_gateway_and_module() {
    let source = "mod a { #[derive(lmms::Portable)] pub enum Kind { A } } #[derive(lmms::Portable)] struct r#type; use a::Kind as K;";
    for (ty, expected) in [
        ("r#type", "home_m::r#type"),
        ("Vec<a::Kind>", "::std::vec::Vec<home_m::a::Kind>"),
        ("K", "home_m::a::Kind"),
    ] {
        assert_eq!(resolved(source, ty).as_deref(), Ok(expected), "{ty}");
    }
}

#[test]
fn a_copy_names_everything_as_its_caller_does() {
    let copies = copies(
        "use home_types::Device; use lmms::Portable; use std::time::Duration as Span; mod a { pub mod b {
             #[derive(lmms::Portable)] pub struct Deep(pub super::super::Own, pub crate::c::Kind, Vec<Self>); } }
         mod c { use home_types::LENGTH; const TWO: usize = 2;
             #[derive(lmms::Portable)] pub(crate) enum Kind { One(crate::a::b::Deep), Two { of: [u8; LENGTH] } = TWO as isize, Three = -1 } }
         #[derive(Portable)] struct Own { pub device: Option<Device>, pub(crate) age: Span, kind: c::Kind }",
        "Own",
    );
    assert_eq!(
        copies,
        [
            (
                "Own".to_owned(),
                "pub struct Own{pub device: ::core::option::Option<::home_types::Device>, age: ::std::time::Duration, kind: self::c::Kind}".to_owned()
            ),
            (
                "a::b::Deep".to_owned(),
                "pub struct Deep(pub super::super::Own, pub super::super::c::Kind, #[portable(recursive)]::std::vec::Vec<Self>);".to_owned()
            ),
            (
                "c::Kind".to_owned(),
                "pub enum Kind{One(super::a::b::Deep), Two{of: [::core::primitive::u8; ::home_types::LENGTH]} = 2usize as isize, Three = -1}".to_owned()
            ),
        ]
    );
}

#[test]
fn a_copy_has_what_decides_about_layout_and_json() {
    assert_eq!(
        copy(
            "/// Docs.
             #[derive(Debug, Clone, thiserror::Error, Default)] #[cfg_attr(not(test), derive(lmms::Portable))]
             #[repr(u8)] #[non_exhaustive] #[allow(dead_code)] #[portable(json = \"fields\")] #[serde(rename_all = \"camelCase\")]
             pub enum Own { #[default] #[error(\"none\")] None, #[cfg(test)] Gone, Some { #[portable(recursive)] #[cfg(all())] inner: Box<Own>, #[cfg(any())] gone: Gone } }"
        ),
        "#[derive(Debug, Clone, Default)]#[cfg_attr(not(doctest), doc = \" Docs.\")]#[repr(u8)]#[portable(json = \"fields\")]\
         pub enum Own{#[default]None, Some{#[portable(recursive)]inner: ::std::boxed::Box<self::Own>}}"
    );
    assert_eq!(
        copy(
            "#[derive(lmms::Portable)] struct Own<T: Clone = u8, const N: usize = 2>([T; N], Vec<T>); type Alias = Own;"
        ),
        "pub struct Own<T: Clone = ::core::primitive::u8, const N: usize = 2>([T; N], ::std::vec::Vec<T>);"
    );
}

#[test]
fn what_means_something_in_the_module_only_is_refused() {
    for (source, parts) in [
        ("struct Own;", &["is not `Portable`"][..]),
        (
            "#[derive(lmms::Portable)] union Own { a: u8 }",
            &["can't have a copy of"],
        ),
        ("trait Own {}", &["can't have a copy of"]),
        (
            "#[derive(lmms::Portable)] struct Own<'a>(&'a u8);",
            &["can't have a copy of"],
        ),
        (
            "#[derive(lmms::Portable)] struct Own<T = u8>(T) where T: Copy;",
            &["can't have a copy of"],
        ),
        (
            "trait Local {} #[derive(lmms::Portable)] struct Own<T: Local = u8>(T);",
            &["can't have a copy of"],
        ),
        (
            "#[derive(lmms::Portable)] struct Own { a: Gone }",
            &[
                "the type `Gone` of its field `a`",
                "nothing in this file says",
            ],
        ),
        (
            "#[derive(lmms::Portable)] enum Own { A(u8, Other) } struct Other;",
            &["the type `Other` of its field `A.1`", "is not `Portable`"],
        ),
        (
            "#[derive(lmms::Portable)] struct Own(fn());",
            &["the type `fn()` of its field `0`", "function pointer"],
        ),
        (
            "#[derive(lmms::Portable)] enum Own { A = f() }",
            &["the discriminant of `A`"],
        ),
        (
            "#[derive(lmms::Portable)] struct Own { #[cfg(debug_assertions)] a: u8 }",
            &["only the compiler can decide"],
        ),
        (
            "#[derive(lmms::Portable, serde::Serialize)] #[portable(json = \"serde\")] struct Own;",
            &["`derive(serde::Serialize)`"],
        ),
    ] {
        let ty = if source.contains("'a") {
            "Own<'static>"
        } else {
            "Own"
        };
        let refused = resolved(source, ty).unwrap_err();
        if ty == "Own" {
            for part in parts {
                assert!(refused.contains(part), "{source}: {refused}");
            }
        }
    }
}

#[test]
fn a_parameter_comes_before_a_constant_of_its_name() {
    let copies = copies(
        "const N: usize = 3; #[derive(lmms::Portable)] pub struct Own<const N: usize>(Inner<N>);
             #[derive(lmms::Portable)] pub struct Inner<const N: usize>([u8; N]);",
        "Own<4>",
    );
    let own = copies.iter().find(|(path, _)| path.ends_with("Own"));
    let (_, definition) = own.expect("it is copied");
    assert!(definition.contains("Inner<N>"), "{definition}");
}

#[test]
fn a_derive_that_needs_an_implementation_of_the_module_is_left_out() {
    const PORTABLE: &str = "#[derive(lmms::Portable";
    let derives = |source: &str| -> Vec<(String, String)> {
        let source = source.replace("#[derive(", &format!("{PORTABLE}, "));
        let copies = copies(&source, "Own").into_iter();
        let derives = |copy: String| match copy.split_once(")]") {
            Some((derives, _)) => derives.trim_start_matches("#[derive(").to_owned(),
            None => String::new(),
        };
        copies.map(|(path, copy)| (path, derives(copy))).collect()
    };
    for (source, own) in [
        // By hand: `Default`, `PartialEq`, and `Clone`.
        (
            "#[derive(Clone, Default)] struct Own(Inner); #[derive(Clone)] struct Inner;",
            "Clone",
        ),
        (
            "#[derive(Default)] struct Own(Box<[(u8, Inner); 2]>); #[derive(Clone)] struct Inner;",
            "",
        ),
        (
            "#[derive(Default)] struct Own { a: Vec<Inner>, b: Option<Box<Inner>> } #[derive(Clone)] struct Inner;",
            "Default",
        ),
        (
            "#[derive(Default)] enum Own { #[default] None, Some(Inner) } #[derive(Clone)] struct Inner;",
            "Default",
        ),
        (
            "#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)] struct Own(Vec<Inner>); #[derive(Debug, Eq, Hash)] struct Inner;",
            "Debug, Hash",
        ),
        (
            "#[derive(Clone, Copy)] struct Own(Middle); #[derive(Clone, Copy)] struct Middle(Inner); #[derive(Copy)] struct Inner;",
            "",
        ),
        (
            "#[derive(Clone, Debug)] struct Own(Option<Box<Own>>, Option<Box<Other>>); #[derive(Clone, Debug)] struct Other(Vec<Own>);",
            "Clone, Debug",
        ),
        (
            "#[derive(Default)] struct Own(Pair<Inner>); #[derive(Default)] struct Pair<T>(T, T); #[derive(Clone)] struct Inner;",
            "",
        ),
    ] {
        let derives = derives(source);
        let of_own = derives.iter().find(|(path, _)| path == "Own");
        assert_eq!(of_own.map(|(_, it)| it.as_str()), Some(own), "{source}");
    }
}

#[test]
fn defaults_of_constant_parameters_are_written_for_the_caller() {
    assert_eq!(
        copy(
            "const SIZE: usize = 3; #[derive(lmms::Portable)] struct Own<const A: usize = { SIZE + 1 }, const B: usize = 2>([u8; A]);"
        ),
        "pub struct Own<const A: usize = {3 + 1}, const B: usize = 2>([::core::primitive::u8; A]);"
    );
}

#[test]
fn attributes_that_only_the_compiler_can_decide_are_refused_where_they_matter() {
    let of = |attribute: &str| {
        let source = format!(
            "#[derive(lmms::Portable)] #[cfg_attr(debug_assertions, {attribute})] struct Own;"
        );
        resolved(&source, "Own")
    };
    for matters in [
        "derive(Clone)",
        "repr(u8)",
        "portable(recursive)",
        "allow(unused), derive(Hash)",
    ] {
        assert!(of(matters).is_err(), "{matters}");
    }
    for is_left_out in [
        "allow(unused)",
        "derive(thiserror::Error)",
        "doc = \"Docs.\"",
        "serde(untagged)",
    ] {
        assert!(of(is_left_out).is_ok(), "{is_left_out}");
    }
}

#[test]
fn functions_of_serde_have_the_paths_that_they_have_for_the_caller() {
    let of = |attribute: &str| {
        format!(
            "use std::collections::HashMap as Map; use home_types::is_old; mod own {{ pub struct MyOption; }} use own::MyOption;
             #[derive(lmms::Portable)] #[portable(json = \"serde\")] struct Own {{ #[serde({attribute})] a: u8 }}"
        )
    };
    for (written, expected) in [
        (
            "skip_serializing_if = \"Option::is_none\"",
            "skip_serializing_if = \"::core::option::Option::is_none\"",
        ),
        (
            "rename = \"b\", skip_serializing_if = \"Map::is_empty\"",
            "rename = \"b\", skip_serializing_if = \"::std::collections::HashMap::is_empty\"",
        ),
        ("default = \"is_old\"", "default = \"::home_types::is_old\""),
        ("default", "default"),
        ("with = \"home_types::hex\"", "with = \"::home_types::hex\""),
    ] {
        let copy = copy(&of(written));
        assert!(
            copy.contains(&format!("#[serde({expected})]")),
            "{written}: {copy}"
        );
    }
    for refused in [
        "skip_serializing_if = \"MyOption::is_none\"",
        "default = \"own::make\"",
        "default = \"make\"",
        "from = \"u8\"",
        "bound = \"\"",
        "with = \"a b\"",
    ] {
        let error = resolved(&of(refused), "Own").unwrap_err();
        assert!(error.contains("`serde("), "{refused}: {error}");
    }
}
