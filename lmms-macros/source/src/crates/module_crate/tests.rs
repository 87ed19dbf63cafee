use super::*;
use crate::declarations::signature::ResultForm;
use crate::resolve::TypeForm;
use crate::testing::Workspace;

fn read(workspace: &Workspace, source: &str) -> (Option<ModuleCrate>, Vec<String>) {
    let directory = workspace.module("m", source);
    let reading = read_module(&directory, &Naming::AsModule);
    let errors = reading
        .errors
        .iter()
        .map(|error| workspace.relative(&error.to_string()))
        .collect();
    (reading.module, errors)
}

fn errors(source: &str) -> Vec<String> {
    read(&Workspace::new(), source).1
}

fn operations(source: &str) -> Vec<Operation> {
    let (module, errors) = read(&Workspace::new(), source);
    assert_eq!(errors, [""; 0]);
    module.unwrap().operations
}

#[test]
fn a_whole_module() {
    let workspace = Workspace::new();
    workspace.write(
        "modules/m/src/pictures.rs",
        "use home_types::{ImageError, Device};\nuse lmms::operation;\n\n/// Scales a picture.\n///\n///     code\n#[operation(interface = \"images\", name = \"thumbnail\", cache(ttl = \"5m\"))]\npub(crate) fn scale(cx: &lmms::Context, image: &[u8], width: Option<u32>) -> Result<Vec<u8>, ImageError> { body }\n",
    );
    let (module, errors) = read(
        &workspace,
        "lmms::module!(shutdown = pictures::close, thread = \"dedicated\");\nmod pictures;\n#[lmms::operation(interface = \"images\", pinned)] fn clear() {}",
    );
    assert_eq!(errors, [""; 0]);
    let module = module.unwrap();
    assert_eq!(
        module.declaration.shutdown.as_deref(),
        Some("pictures::close")
    );
    assert_eq!(module.declaration.veto, None);
    assert!(module.declaration.dedicated_thread);
    assert_eq!(module.declaration.at.line, 1);
    let [clear, scale] = &module.operations[..] else {
        panic!("{:?}", module.operations);
    };
    assert_eq!((clear.name.as_str(), clear.pinned), ("clear", true));
    assert_eq!(clear.signature.result, ResultForm::Nothing);
    assert_eq!(clear.result_text, "()");
    assert_eq!(scale.interface, "images");
    assert_eq!(
        (scale.name.as_str(), scale.function.as_str()),
        ("thumbnail", "scale")
    );
    assert_eq!(scale.docs, "Scales a picture.\n\n    code");
    assert_eq!(scale.cache, Some(Duration::from_secs(300)));
    assert_eq!(scale.at.to_string(), "modules/m/src/pictures.rs:8");
    assert_eq!(
        scale.text,
        "(cx: &lmms::Context, image: &[u8], width: Option<u32>) -> Result<Vec<u8>, ImageError>"
    );
    assert!(scale.signature.takes_context);
    let ResultForm::Value(result) = &scale.signature.result else {
        panic!("{scale:?}");
    };
    assert_eq!(result.written, "Result<Vec<u8>, ImageError>");
    let parts = TypeForm::Result {
        ok: "::std::vec::Vec<::core::primitive::u8>".to_owned(),
        error: "::home_types::ImageError".to_owned(),
    };
    assert_eq!(result.form, parts);
}

#[test]
fn a_crate_that_is_no_module() {
    assert!(
        matches!(read(&Workspace::new(), "pub fn f() {}"), (None, errors) if errors.is_empty())
    );
}

#[test]
fn the_declaration_is_there_once_and_at_the_root() {
    assert_eq!(
        errors("\n#[operation(interface = \"a\")] fn f() {}"),
        [
            "modules/m/src/lib.rs:2: this crate has operations but is no module: add `lmms::module!();` to modules/m/src/lib.rs"
        ]
    );
    assert_eq!(
        errors("lmms::module!();\nlmms::module!();"),
        [
            "modules/m/src/lib.rs:2: this crate is declared a module twice, first at modules/m/src/lib.rs:1: keep one `lmms::module!()`"
        ]
    );
    assert_eq!(
        errors("mod a { lmms::module!(); }"),
        [
            "modules/m/src/lib.rs:1: `lmms::module!` belongs in the crate root: move it to modules/m/src/lib.rs"
        ]
    );
    assert_eq!(
        errors("lmms::module!(thread = \"own\");"),
        [
            "modules/m/src/lib.rs:1: in `lmms::module!`: there is no thread `own`: write `thread = \"dedicated\"`, or remove it to run on the calling threads"
        ]
    );
}

#[test]
fn conditions() {
    let workspace = Workspace::new();
    let directory = workspace.module(
        "m",
        "lmms::module!();\n#[cfg(feature = \"a\")] #[operation(interface = \"i\")] fn a() {}\n\
         #[operation(interface = \"i\")] #[cfg(feature = \"b\")] fn b() {}\n\
         #[cfg(test)] mod tests { #[operation(interface = \"i\")] fn t() {} }\n\
         #[cfg(not(feature = \"b\"))] mod c { #[operation(interface = \"i\")] fn b() {} }\n",
    );
    workspace.write(
        "modules/m/Cargo.toml",
        "[package]\nname = \"m\"\n[features]\ndefault = [\"a\"]\na = []\nb = []\n",
    );
    let reading = read_module(&directory, &Naming::AsModule);
    assert!(reading.errors.is_empty(), "{:?}", reading.errors);
    let names: Vec<_> = reading
        .module
        .unwrap()
        .operations
        .into_iter()
        .map(|operation| (operation.name, operation.at.line))
        .collect();
    assert_eq!(names, [("a".to_owned(), 2), ("b".to_owned(), 5)]);
}

#[test]
fn conditions_that_only_the_compiler_can_decide() {
    assert_eq!(
        errors(
            "lmms::module!();\n#[cfg(debug_assertions)]\n#[operation(interface = \"i\")]\nfn f() {}"
        ),
        [
            "modules/m/src/lib.rs:4: only the compiler can decide `cfg(debug_assertions)` on `f`, and the gateway must know its operations before: move the operation out of the condition, or use a feature"
        ]
    );
    assert_eq!(
        errors(
            "lmms::module!();\n#[cfg(debug_assertions)] mod a { mod b { #[operation(interface = \"i\")] fn f() {} #[operation(interface = \"i\")] fn g() {} } }"
        ),
        [
            "modules/m/src/lib.rs:2: only the compiler can decide `cfg(debug_assertions)` on `mod a::b`, and the gateway must know its operations before: move the operation out of the condition, or use a feature"
        ]
    );
    assert_eq!(
        errors("lmms::module!(); #[cfg(debug_assertions)] mod a { fn f() {} }"),
        [""; 0]
    );
    assert_eq!(
        errors(
            "lmms::module!();\n#[cfg_attr(debug_assertions, operation(interface = \"i\"))] fn f() {}"
        ),
        [
            "modules/m/src/lib.rs:2: only the compiler can decide `cfg_attr(debug_assertions, operation(interface = \"i\"))` on `f`, and the gateway must know whether it has `operation`: write the attribute plainly, or use a feature as the condition"
        ]
    );
}

#[test]
fn conditions_count_wherever_they_stand() {
    let names: Vec<String> = operations(
        "lmms::module!();
         #[cfg_attr(all(), cfg(any()))] #[operation(interface = \"i\")] fn off_a() {}
         #[operation(interface = \"i\")] fn off_b() { #![cfg(any())] }
         #[operation(interface = \"i\")] fn off_c() { #![cfg_attr(not(test), cfg(test))] }
         mod off_d { #![cfg_attr(all(), cfg_attr(all(), cfg(any())))] #[operation(interface = \"i\")] fn f() {} }
         mod off_e { #![cfg(false)] mod deeper { #[operation(interface = \"i\")] fn f() {} } }
         #[cfg_attr(test, operation(interface = \"i\"))] fn off_g() {}
         #[cfg_attr(all(), operation(interface = \"i\", name = \"on_a\"))] fn a() {}
         #[cfg_attr(overflow_checks, cfg(all()))] #[operation(interface = \"i\")] fn on_b() { #![allow(unused)] }
         mod on { #![cfg_attr(test, cfg(false))] #[operation(interface = \"i\")] fn on_c() {} }",
    )
    .into_iter()
    .map(|operation| operation.name)
    .collect();
    assert_eq!(names, ["on_a", "on_b", "on_c"]);
    for hidden in [
        "mod m { #![cfg(debug_assertions)] #[operation(interface = \"i\")] fn f() {} }",
        "#[operation(interface = \"i\")] fn f() { #![cfg(debug_assertions)] }",
        "#[cfg_attr(debug_assertions, cfg(any()))] #[operation(interface = \"i\")] fn f() {}",
        "#[cfg_attr(all(), cfg(debug_assertions))] mod m { mod n { #[operation(interface = \"i\")] fn f() {} } }",
        "#[operation(interface = \"i\")] fn f(#[cfg_attr(debug_assertions, cfg(any()))] x: u8) {}",
    ] {
        let found = errors(&format!("lmms::module!();\n{hidden}"));
        assert_eq!(found.len(), 1, "{hidden}: {found:#?}");
        assert!(found[0].contains("decide"), "{found:#?}");
    }
}

#[test]
fn a_crate_under_a_condition_is_a_module_if_that_holds() {
    let workspace = Workspace::new();
    let is_module = |source: &str| {
        let folder = workspace.module("m", source);
        let manifest = Manifest::read(&folder).unwrap();
        (
            is_module_crate(&manifest),
            read_module(&folder, &Naming::AsModule).module.is_some(),
        )
    };
    assert_eq!(
        is_module("#![allow(dead_code)] lmms::module!();"),
        (true, true)
    );
    for off in [
        "#![cfg(any())] lmms::module!();",
        "#[cfg(test)] lmms::module!();",
        "#![cfg_attr(all(), cfg(any()))] lmms::module!();",
        "#[cfg_attr(not(test), cfg(feature = \"x\"))] lmms::module!();",
    ] {
        assert_eq!(is_module(off), (false, false), "{off}");
    }
    assert_eq!(
        errors("#[cfg(debug_assertions)]\nlmms::module!();"),
        [
            "modules/m/src/lib.rs:2: only the compiler can decide `cfg(debug_assertions)` on `lmms::module!`, and the gateway must know its operations before: move the operation out of the condition, or use a feature"
        ]
    );
}

#[test]
fn what_attributes_say_to_callers_is_read_with_the_files_it_comes_from() {
    let workspace = Workspace::new();
    workspace.write("modules/m/docs/f.md", "From a file.");
    let folder = workspace.module(
        "m",
        "lmms::module!();
         #[doc = include_str!(\"../docs/f.md\")]
         #[doc(hidden)]
         #[cfg_attr(not(test), deprecated = \"use `g`\")]
         #[operation(interface = \"i\")] fn f() { //! And inside.\n }",
    );
    let reading = read_module(&folder, &Naming::AsModule);
    assert!(reading.errors.is_empty(), "{:?}", reading.errors);
    let operation = &reading.module.unwrap().operations[0];
    assert_eq!(operation.docs, "From a file.\n And inside.");
    assert!(operation.hidden);
    assert_eq!(operation.deprecated.as_deref(), Some("use `g`"));
    assert!(
        reading
            .files
            .contains(&workspace.path("modules/m/docs/f.md"))
    );
}

#[test]
fn an_operation_in_tests_only_is_none() {
    let source = "lmms::module!(); #[cfg_attr(test, operation(interface = \"i\"))] fn f() {}";
    assert_eq!(errors(source), [""; 0]);
}

#[test]
fn mistakes_have_their_line_and_do_not_stop_the_reader() {
    let workspace = Workspace::new();
    let (module, errors) = read(
        &workspace,
        "lmms::module!();\n#[operation(interface = \"i\", colour)]\nasync fn a() {}\n#[operation(interface = \"i\")]\nfn b(x: Own) {}\nstruct Own;\n\
         #[operation(interface = \"i\")]\nstruct S;\n#[operation(interface = \"i\")]\nfn good() {}\n#[operation(interface = \"i\", name = \"good\")]\nfn again() {}",
    );
    assert_eq!(
        errors,
        [
            "modules/m/src/lib.rs:3: in `a`: there is no `colour` here: it takes `interface`, `name`, `cache(ttl = …)`, `pinned`",
            "modules/m/src/lib.rs:3: in `a`: an operation can't be `async`: do the work in a plain `fn`; callers on an async runtime put the call on a blocking thread",
            "modules/m/src/lib.rs:5: in `b`: the gateway can't name the type `Own`: it is defined in the module itself (modules/m/src/lib.rs:6) and is not `Portable`; derive `lmms::Portable` there, and callers get a copy of it",
            "modules/m/src/lib.rs:8: in `S`: only a free function can be an operation: put `#[operation(…)]` on a `fn`",
            "modules/m/src/lib.rs:12: the operation `good` of interface `i` is declared twice, first at modules/m/src/lib.rs:10: rename one with `name = \"…\"`",
        ]
    );
    assert_eq!(module.unwrap().operations.len(), 1);
}

#[test]
fn a_result_behind_an_alias_is_a_result() {
    let operations = operations(
        "lmms::module!(); type Fallible<T> = Result<T, String>; #[operation(interface = \"i\")] fn f() -> Fallible<u8> { }",
    );
    let ResultForm::Value(result) = &operations[0].signature.result else {
        panic!("{operations:?}");
    };
    let parts = TypeForm::Result {
        ok: "::core::primitive::u8".to_owned(),
        error: "::std::string::String".to_owned(),
    };
    assert_eq!(result.form, parts);
    assert_eq!(operations[0].result_text, "Fallible<u8>");
}

#[test]
fn every_file_that_was_read_is_known() {
    let workspace = Workspace::new();
    workspace.write("modules/m/src/a.rs", "");
    let directory = workspace.module("m", "mod a;");
    let reading = read_module(&directory, &Naming::AsModule);
    let files: Vec<_> = reading
        .files
        .iter()
        .map(|file| workspace.relative(&file.display().to_string()))
        .collect();
    assert_eq!(
        files,
        [
            "Cargo.toml",
            "modules/m/Cargo.toml",
            "modules/m/src/a.rs",
            "modules/m/src/lib.rs"
        ]
    );
}

/// Reading a module with so many operations, each on types of its own, from a crate with as many.
fn work_of_reading(operations: usize) -> usize {
    let workspace = Workspace::new();
    let types: String = (0..operations)
        .map(|index| format!("pub struct T{index}; pub use inner::U{index};\n"))
        .collect();
    let inner: String = (0..operations)
        .map(|index| format!("pub struct U{index};"))
        .collect();
    workspace.write(
        "types/src/lib.rs",
        &format!("{types} mod inner {{ {inner} }}"),
    );
    let source: String = (0..operations)
        .map(|index| {
            format!(
                "/// Docs.\n#[operation(interface = \"i\")]\n\
                 fn f{index:05}(a: home_types::T{index}, b: &[Other{index}]) -> Vec<home_types::U{index}> {{}}\n\
                 use home_types::U{index} as Other{index};\n"
            )
        })
        .collect();
    let folder = workspace.module("many", &format!("lmms::module!();\n{source}"));
    crate::work::of(|| {
        let reading = read_module(&folder, &Naming::AsModule);
        assert!(reading.errors.is_empty(), "{:?}", reading.errors);
        assert_eq!(reading.module.unwrap().operations.len(), operations);
    })
}

#[test]
fn twice_the_operations_are_twice_the_work() {
    let (some, more) = (work_of_reading(100), work_of_reading(400));
    assert!(more < 5 * some, "{some} steps became {more}");
}

#[test]
fn operations_in_included_text_are_told_of() {
    let workspace = Workspace::new();
    workspace.write(
        "modules/m/src/part.rs",
        "#[operation(interface = \"i\")] fn f() {}",
    );
    workspace.write("modules/m/src/plain.rs", "fn g() {}");
    workspace.write(
        "modules/m/src/off.rs",
        "#[cfg(test)] #[operation(interface = \"i\")] fn f() {}",
    );
    let (_, errors) = read(
        &workspace,
        "lmms::module!();\ninclude!(\"part.rs\");\nstd::include!(\"plain.rs\"); include!(\"off.rs\");\n#[cfg(test)] include!(\"part.rs\");\ninclude!(concat!(env!(\"OUT_DIR\"), \"/part.rs\"));",
    );
    assert_eq!(
        errors,
        [
            "modules/m/src/lib.rs:2: the gateway reads sources by their `mod`s, so it doesn't see the operations in modules/m/src/part.rs: declare the file by `mod name;`, under `#[path = \"…\"]` if it stands elsewhere"
        ]
    );
}

#[test]
fn context_and_attribute_are_known_by_what_they_are() {
    let operations = operations(
        "use lmms::{Context as Cx, operation as op}; use lmms as l; use home_types::Context; use lmms::operation;
         lmms::module!(); type Alias = Cx; mod operation { pub use lmms::Context; }
         #[op(interface = \"i\")] fn a(cx: &Cx) {}
         #[l::operation(interface = \"i\")] fn b(cx: &l::Context) {}
         #[operation(interface = \"i\")] fn c(cx: &Alias) {}
         #[operation(interface = \"i\")] fn d(cx: &operation::Context) {}
         #[operation(interface = \"i\")] fn e(own: &Context) {}
         #[home_types::operation(interface = 1)] fn f() {}",
    );
    let found: Vec<_> = operations
        .iter()
        .map(|operation| (operation.name.as_str(), operation.signature.takes_context))
        .collect();
    assert_eq!(
        found,
        [
            ("a", true),
            ("b", true),
            ("c", true),
            ("d", true),
            ("e", false)
        ]
    );
    let context = &operations[4].signature.parameters[0];
    assert_eq!(
        context.passing.inner().unwrap().absolute,
        "::home_types::Context"
    );
}
