use super::*;
use crate::testing::Workspace;

const MODULE: &str = "lmms::module!();";

fn find(workspace: &Workspace, patterns: &[&str]) -> (Vec<String>, Vec<String>) {
    let patterns: Vec<String> = patterns
        .iter()
        .map(|pattern| (*pattern).to_owned())
        .collect();
    let found = find_modules(&workspace.path("app"), &patterns, &Naming::AsModule);
    let names = found
        .modules
        .iter()
        .map(|module| module.manifest.package.clone())
        .collect();
    let errors = found
        .errors
        .iter()
        .map(|(index, error)| format!("{index}: {}", workspace.relative(&error.to_string())))
        .collect();
    (names, errors)
}

#[test]
fn globs_and_lists() {
    let workspace = Workspace::new();
    workspace.module("b", MODULE);
    workspace.module("a", MODULE);
    workspace.module("no-module", "");
    workspace.write("modules/README.md", "");
    workspace.write("modules/empty/readme", "");
    workspace.write("modules/virtual/Cargo.toml", "[workspace]");
    let none: Vec<String> = Vec::new();
    assert_eq!(
        find(&workspace, &["../modules/*"]),
        (vec!["a".into(), "b".into()], none.clone())
    );
    assert_eq!(
        find(&workspace, &["../modules/b", "../modules/a"]),
        (vec!["a".into(), "b".into()], none.clone())
    );
    assert_eq!(
        find(&workspace, &["../modules/b", "../*/[ab]"]),
        (vec!["a".into(), "b".into()], none.clone())
    );
    assert_eq!(find(&workspace, &["../modules/b", "../modules/b"]).0, ["b"]);
}

#[test]
fn a_pattern_must_lead_somewhere() {
    let workspace = Workspace::new();
    workspace.module("none", "");
    workspace.write("bare/readme", "");
    let (_, errors) = find(
        &workspace,
        &[
            "../modules/*",
            "../modules/gone",
            "../bare",
            "../modules/none",
            "",
            "[",
            "a**b/*",
        ],
    );
    assert_eq!(errors.len(), 7);
    assert_eq!(
        errors[0],
        "0: no module crate matches `modules/*`: patterns start at the folder of this crate's Cargo.toml; a module crate has `lmms::module!();` in its src/lib.rs"
    );
    for (error, reason) in errors[1..].iter().zip([
        "there is no such folder",
        "it has no Cargo.toml",
        "its library has no `lmms::module!();`",
        "it is empty",
        "is no pattern",
        "is no pattern",
    ]) {
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn duplicates_across_modules() {
    let workspace = Workspace::new();
    workspace.module("a", "lmms::module!();\n#[operation(interface = \"i\")] fn f() {}\n#[operation(interface = \"j\")] fn f() {}");
    workspace.module(
        "b",
        "lmms::module!();\n\n#[operation(interface = \"i\")] fn f() {}",
    );
    let (_, errors) = find(&workspace, &["../modules/a", "../modules/b"]);
    assert_eq!(
        errors,
        [
            "1: modules/b/src/lib.rs:3: the operation `f` of interface `i` is declared twice, first at modules/a/src/lib.rs:2: rename one with `name = \"…\"`"
        ]
    );
}

#[test]
fn the_application_depends_on_no_module() {
    let workspace = Workspace::new();
    workspace.module("a", MODULE);
    workspace.module("b", MODULE);
    workspace.write(
        "Cargo.toml",
        "[workspace]\n[workspace.dependencies]\nhome-types = { path = \"types\" }\nrenamed = { package = \"b\", path = \"modules/b\" }\n",
    );
    workspace.write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nhome-types.workspace = true\nrenamed.workspace = true\n\
         [build-dependencies]\nbuilt = { package = \"a\", path = \"../modules/../modules/a\" }\n\
         [target.'cfg(unix)'.dev-dependencies]\na = { path = \"../modules/a\" }\n",
    );
    let patterns = ["../modules/*".to_owned()];
    let found = find_modules(&workspace.path("app"), &patterns, &Naming::AsModule);
    let manifest = Manifest::read(&workspace.path("app")).unwrap();
    let dependences = dependencies_on_modules(&manifest, &found.modules);
    let shown: Vec<_> = dependences
        .iter()
        .map(|dependence| format!("{} {} {dependence}", dependence.at, dependence.module))
        .collect();
    assert_eq!(
        shown,
        [
            "app/Cargo.toml:5 b `renamed` in [dependencies]",
            "app/Cargo.toml:7 a `built` in [build-dependencies]",
            "app/Cargo.toml:9 a `a` in [target.'cfg(unix)'.dev-dependencies]",
        ]
    );
    assert_eq!(
        SourceError::ApplicationDependsOnModule(Box::new(dependences[0].clone())).to_string(),
        "app/Cargo.toml:5: `app` depends on the module crate `b` (`renamed` in [dependencies]), which would link its code into the program: remove the dependency and call it through the gateway"
    );
}

#[test]
fn a_module_depends_on_no_module() {
    let workspace = Workspace::new();
    workspace.module("b", MODULE);
    let directory = workspace.module("a", MODULE);
    assert_eq!(
        module_dependencies(&Manifest::read(&directory).unwrap()),
        []
    );
    workspace.write(
        "modules/a/Cargo.toml",
        "[package]\nname = \"a\"\n[dependencies]\nb = { path = \"../b\" }\na = { path = \".\" }\n",
    );
    let dependences = module_dependencies(&Manifest::read(&directory).unwrap());
    assert_eq!(dependences.len(), 1);
    assert_eq!(
        SourceError::ModuleDependsOnModule(Box::new(dependences[0].clone())).to_string(),
        "modules/a/Cargo.toml:4: the module crate `a` depends on the module crate `b` (`b` in [dependencies]): remove the dependency, take `cx: &lmms::Context` in the operation and call it through `lmms::gateway!`; types that both use go into a crate of their own"
    );
}

#[test]
fn a_missing_dependency_is_named_once() {
    let workspace = Workspace::new();
    workspace.write("app/Cargo.toml", "[package]\nname = \"app\"\n");
    workspace.module(
        "a",
        "lmms::module!(); use home_types::Device;\n#[operation(interface = \"i\")] fn f(a: Device) -> Device {}\n#[operation(interface = \"i\")] fn g(a: Device) {}",
    );
    let naming = Naming::AsGateway {
        manifest: Manifest::read(&workspace.path("app")).unwrap().into(),
        crate_name: "app".into(),
        visible: None,
        types: "app".to_owned(),
    };
    let found = find_modules(
        &workspace.path("app"),
        &["../modules/a".to_owned()],
        &naming,
    );
    assert_eq!(found.errors.len(), 1, "{:?}", found.errors);
    assert!(found.modules[0].operations.is_empty());
}

#[test]
fn a_hundred_operations_with_bodies_are_read() {
    let workspace = Workspace::new();
    for module in 0..16 {
        let operations: String = (0..7)
            .map(|n| {
                let body = "    let value = compute(&[1, 2, 3], |x| { x + '}' });\n".repeat(20);
                format!("/// Docs.\n#[operation(interface = \"i{module}\", cache(ttl = \"5m\"))]\nfn f{n}(cx: &Context, device: &Device, names: Vec<String>) -> Result<Vec<Device>, String> {{\n{body}}}\n")
            })
            .collect();
        workspace.module(
            &format!("m{module}"),
            &format!("use home_types::Device;\n{MODULE}\n{operations}"),
        );
    }
    let found = find_modules(
        &workspace.path("app"),
        &["../modules/*".to_owned()],
        &Naming::AsModule,
    );
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    assert_eq!(
        found
            .modules
            .iter()
            .map(|module| module.operations.len())
            .sum::<usize>(),
        112
    );
}

#[test]
fn the_lock_files_of_other_workspaces_are_among_the_files() {
    let workspace = Workspace::new();
    for folder in ["other", "third/deep/lone"] {
        workspace.write(&format!("{folder}/Cargo.lock"), "");
    }
    for folder in ["other/modules/a", "third/deep/lone"] {
        workspace.write(&format!("{folder}/Cargo.toml"), "[package]\nname = \"a\"\n");
        workspace.write(&format!("{folder}/src/lib.rs"), "lmms::module!();");
    }
    let patterns = ["../other/m*/*".to_owned(), "../third/*/*".to_owned()];
    let found = find_modules(&workspace.path("app"), &patterns, &Naming::AsModule);
    let locks: Vec<_> = found
        .files
        .iter()
        .filter(|file| file.ends_with("Cargo.lock"))
        .map(|file| workspace.relative(&file.display().to_string()))
        .collect();
    // The second pattern's own workspace, and that of what it matches.
    assert_eq!(
        locks,
        [
            "Cargo.lock",
            "other/Cargo.lock",
            "third/deep/lone/Cargo.lock"
        ]
    );
}

#[test]
fn modules_whose_libraries_have_one_name() {
    let workspace = Workspace::new();
    workspace.module("a-b", "lmms::module!();");
    workspace.module("a_b", "lmms::module!();");
    let found = find_modules(
        &workspace.path("app"),
        &["../modules/*".to_owned()],
        &Naming::AsModule,
    );
    let errors: Vec<_> = found
        .errors
        .iter()
        .map(|(_, error)| workspace.relative(&error.to_string()))
        .collect();
    assert_eq!(
        errors,
        [
            "modules/a_b/Cargo.toml:1: the library of this module is called `a_b`, as is that of modules/a-b/Cargo.toml:1: give one of the packages another name"
        ]
    );
    assert_eq!(found.modules.len(), 1);
}
