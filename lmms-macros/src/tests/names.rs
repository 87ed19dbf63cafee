//! Whatever modules call their interfaces, operations and parameters: no two generated items have one name, or somebody
//! is told.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use proptest::prelude::*;
use quote::{ToTokens, quote};
use syn::{FnArg, ImplItem, Item, Pat};

use crate::pipeline::gateway;
use crate::testing::{Workspace, errors};

/// Interface, operation, parameters.
type Named = (String, String, Vec<String>);

/// Names of few letters, and those that mean something to generated code.
fn name() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "interface",
        "pinned",
        "shared",
        "a_pinned",
        "a_shared",
        "a_l_l",
        "self_",
        "gen",
        "try",
        "match",
        "type",
        "pin",
        "pin_owned",
        "new",
        "sweep",
        "builder",
        "clone",
        "fmt",
        "from_str",
        "option",
        "vec",
        "string",
        "result",
        "box",
        "core",
        "name",
        "registry",
        "execute_operation",
    ]);
    prop_oneof![
        2 => "[ax][1_x]{0,2}",
        1 => special.prop_map(str::to_owned),
    ]
}

fn operations() -> impl Strategy<Value = Vec<Named>> {
    let parameters = prop::collection::vec(name(), 0..3);
    prop::collection::vec((name(), name(), parameters), 1..6)
}

fn source(operations: &[Named]) -> String {
    let functions = operations
        .iter()
        .enumerate()
        .map(|(index, (interface, name, parameters))| {
            let parameters: String = parameters
                .iter()
                .map(|name| format!("r#{name}: u8, "))
                .collect();
            format!(
                "#[operation(interface = \"{interface}\", name = \"{name}\", cache(ttl = \"1s\"))]
             fn f{index}({parameters}) -> u8 {{}}\n"
            )
        });
    format!("lmms::module!();\n{}", functions.collect::<String>())
}

/// Fails if two items of one kind and place have one name, or a name is a keyword.
fn check(tokens: &TokenStream) {
    let file: syn::File = syn::parse2(tokens.clone()).unwrap();
    let mut seen = BTreeSet::new();
    let mut once = |place: &str, name: &syn::Ident| {
        assert!(
            seen.insert(format!("{place} {name}")),
            "{place}{name} is there twice in {tokens}"
        );
    };
    for item in &file.items {
        match item {
            Item::Struct(item) => once("type", &item.ident),
            Item::Enum(item) => {
                once("type", &item.ident);
                for variant in &item.variants {
                    once(&format!("{}::", item.ident), &variant.ident);
                }
            }
            Item::Impl(item) => {
                let path = item
                    .trait_
                    .as_ref()
                    .map(|(path, ..)| path.to_token_stream());
                let place = format!(
                    "{} {}::",
                    path.unwrap_or_default(),
                    item.self_ty.to_token_stream()
                );
                for item in &item.items {
                    match item {
                        ImplItem::Fn(function) => {
                            once(&place, &function.sig.ident);
                            let place = format!("{place}{}", function.sig.ident);
                            for input in &function.sig.inputs {
                                if let FnArg::Typed(input) = input
                                    && let Pat::Ident(pattern) = &*input.pat
                                {
                                    once(&place, &pattern.ident);
                                }
                            }
                        }
                        ImplItem::Const(constant) => once(&place, &constant.ident),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    no_new_keywords(tokens);
}

/// `syn` takes `gen` for a name, which it is in old editions only.
fn no_new_keywords(tokens: &TokenStream) {
    for tree in tokens.clone() {
        match tree {
            TokenTree::Group(group) => no_new_keywords(&group.stream()),
            TokenTree::Ident(ident) => assert_ne!(ident, "gen"),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_items_have_a_name_each(operations in operations()) {
        let workspace = Workspace::new();
        let module = workspace.module("m", &source(&operations));
        let modules = quote!(pub Home { modules: ["../modules/*"] });
        let tokens = gateway(modules, &workspace.application());
        let told = errors(&tokens);
        let mut wanted = BTreeSet::new();
        let distinct = operations.iter().all(|(interface, name, parameters)| {
            let parameters: Vec<&String> = parameters.iter().collect();
            let once: BTreeSet<_> = parameters.iter().collect();
            wanted.insert((interface, name)) && once.len() == parameters.len()
        });
        let reserved = |(interface, name, _): &Named| {
            ["builder", "execute_operation", "new", "registry", "sweep"].contains(&interface.as_str())
                || ["pin", "pin_owned", "shared"].contains(&name.as_str())
        };
        prop_assert_eq!(told.is_empty(), distinct && !operations.iter().any(reserved), "{:#?}", told);
        let without_errors = |tokens: TokenStream| {
            let mut file: syn::File = syn::parse2(tokens).unwrap();
            file.items.retain(|item| !matches!(item, Item::Macro(_)));
            file.to_token_stream()
        };
        check(&without_errors(tokens));

        let peers = quote!(pub Peers { modules: ["../m"] });
        let tokens = gateway(peers, &workspace.surroundings(module, "m"));
        check(&without_errors(tokens));
    }
}
