use super::*;

fn items(source: &str) -> Vec<ItemKind> {
    outline(source)
        .unwrap()
        .items
        .into_iter()
        .map(|item| item.kind)
        .collect()
}

fn signature(source: &str) -> String {
    match items(source).remove(0) {
        ItemKind::Function { signature, .. } => signature,
        other => panic!("not a function: {other:?}"),
    }
}

#[test]
fn functions_lose_their_bodies() {
    assert_eq!(
        signature("pub(crate) fn f(a: [u8; { 3 }]) -> Vec<u8> { if a < b { c() } }"),
        "fn f(a: [u8; { 3 }]) -> Vec<u8>"
    );
    assert_eq!(
        signature("const unsafe extern \"C\" fn f() {}"),
        "const unsafe extern \"C\" fn f()"
    );
    assert_eq!(
        signature("fn f<F>(f: F) -> u8 where F: Fn() -> u8, { 1 }"),
        "fn f<F>(f: F) -> u8 where F: Fn() -> u8,"
    );
    assert_eq!(signature("fn f(a: A<{ 3 }>) { }"), "fn f(a: A<{ 3 }>)");
}

#[test]
fn an_item_ends_where_it_ends() {
    let kinds = items(
        "use a::{b, c}; const A: u8 = { 1 }; static B: L = L::new(|| { 1 }); struct C; struct D { e: u8 } \
         struct E(u8); impl D { fn f() {} } type G = H; macro_rules! i { () => {} } j::k!(l); const fn m() {} n! { o }",
    );
    assert_eq!(kinds.len(), 12, "{kinds:#?}");
    assert!(matches!(&kinds[0], ItemKind::Use { tree } if tree == "a::{b, c}"));
    assert!(matches!(&kinds[3], ItemKind::Type { name, .. } if name == "C"));
    assert!(
        matches!(&kinds[7], ItemKind::Alias { name, text } if name == "G" && text == "type G = H;")
    );
    assert!(
        matches!(&kinds[9], ItemKind::Macro { path, arguments } if path == "j::k" && arguments == "l")
    );
    assert!(matches!(&kinds[10], ItemKind::Function { name, .. } if name == "m"));
    assert!(matches!(&kinds[11], ItemKind::Macro { path, .. } if path == "n"));
}

#[test]
fn an_arrow_closes_no_angle_bracket() {
    let kinds = items("struct A<F = fn() -> u8, const N: usize = { 3 }>(F); fn b() {}");
    assert_eq!(kinds.len(), 2, "{kinds:#?}");
}

#[test]
fn inline_modules_are_read_into() {
    let outline = outline("mod a { #![allow(x)] mod b; fn c() {} } mod d;").unwrap();
    let ItemKind::Module {
        name,
        body: Some(body),
    } = &outline.items[0].kind
    else {
        panic!("{outline:?}");
    };
    assert_eq!(name, "a");
    assert_eq!(body.attributes[0].text, "allow(x)");
    assert_eq!(body.items.len(), 2);
    assert!(matches!(
        &outline.items[1].kind,
        ItemKind::Module { body: None, .. }
    ));
}

#[test]
fn attributes_docs_and_lines_belong_to_their_item() {
    let outline = outline(
        "//! Crate.\n#![forbid(unsafe_code)]\n/// One.\n#[doc = \"Two.\"]\n/** Three. */\n#[operation(interface = \"a\")]\n#[cfg(test)]\npub fn\nf() {}",
    )
    .unwrap();
    let texts = |attributes: &[Attribute]| -> Vec<String> {
        let texts = attributes.iter().map(|attribute| attribute.text.clone());
        texts.collect()
    };
    assert_eq!(
        texts(&outline.attributes),
        ["doc = \" Crate.\"", "forbid(unsafe_code)"]
    );
    let item = &outline.items[0];
    assert_eq!(
        texts(&item.attributes),
        [
            "doc = \" One.\"",
            "doc = \"Two.\"",
            "doc = \" Three.\"",
            "operation(interface = \"a\")",
            "cfg(test)"
        ]
    );
    assert_eq!(item.attributes[3].line, 6);
    assert_eq!(item.line, 9, "the line of the name");
}

#[test]
fn attributes_inside_a_body_are_the_functions_and_those_of_a_statement_are_not() {
    let outline = outline(
        "#[a]\nfn f() where [u8; { 1 }]: Sized {\n#![cfg(b)]\n//! Docs.\n#[cfg(c)]\nlet x = 1; }\nfn g() { #[d] {} }",
    )
    .unwrap();
    let paths = |item: &Item| -> Vec<String> {
        let paths = item.attributes.iter().map(Attribute::path);
        paths.collect()
    };
    assert_eq!(paths(&outline.items[0]), ["a", "cfg", "doc"]);
    assert_eq!(paths(&outline.items[1]), [""; 0]);
}

#[test]
fn renamed_extern_crates_are_kept() {
    assert_eq!(
        items("extern crate alloc; extern crate a as b;"),
        [
            ItemKind::ExternCrate {
                name: "alloc".into(),
                rename: None
            },
            ItemKind::ExternCrate {
                name: "a".into(),
                rename: Some("b".into())
            },
        ]
    );
}

#[test]
fn broken_delimiters_are_errors_at_their_line() {
    assert_eq!(outline("a\nfn f( {\n").unwrap_err().line, 2);
    let closes_nothing = outline("fn f() {}\n}").unwrap_err();
    assert_eq!(
        (closes_nothing.line, closes_nothing.message.as_str()),
        (2, "this `}` closes nothing")
    );
    assert!(outline("fn f() { (] }").is_err());
}

#[test]
fn half_written_items_are_no_panic() {
    for source in [
        "pub",
        "fn",
        "use",
        "mod",
        "#",
        "#[a]",
        "mod a",
        "type",
        "pub(crate)",
        "extern",
        "a!",
        "unsafe",
        "struct",
    ] {
        let _ = outline(source);
    }
}
