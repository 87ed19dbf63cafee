use super::*;
use crate::testing::Workspace;

#[test]
fn a_file_of_the_library() {
    let workspace = Workspace::new();
    let package = workspace.module("m", "lmms::module!(); mod a; #[cfg(feature = \"off\")] #[operation(interface = \"i\")] fn x() {}");
    workspace.write(
        "modules/m/src/a.rs",
        "#[operation(interface = \"i\")]\nfn f() {}\n#[operation(interface = \"i\", name = \"f\")]\nfn g() {}\nmod b { lmms::module!(); }",
    );
    let file = workspace.path("modules/m/src/a.rs");
    let own = OwnCrate::of_file(&file, &package).unwrap();
    assert_eq!(own.root, workspace.path("modules/m/src/lib.rs"));
    assert_eq!(own.declarations.len(), 2);
    assert!(own.declarations[0].in_root && !own.declarations[1].in_root);
    assert_eq!(own.count(), 2);
    assert_eq!(
        own.operations.len(),
        3,
        "one may be compiled with other features"
    );
    let second = own.operation_at(&Location::new(&file, 4), "g").unwrap();
    assert_eq!(second.function, "g");
    assert_eq!(own.earlier(second).unwrap().at.line, 2);
    assert_eq!(own.earlier(own.earlier(second).unwrap()), None);
}

#[test]
fn what_is_not_compiled_is_no_duplicate() {
    let workspace = Workspace::new();
    let package = workspace.module(
        "m",
        "lmms::module!();\n#[cfg(feature = \"off\")]\n#[operation(interface = \"i\")]\nfn f() {}\n\
         #[operation(interface = \"i\", name = \"f\")]\nfn g() {}",
    );
    let own = OwnCrate::of_file(&workspace.path("modules/m/src/lib.rs"), &package).unwrap();
    assert_eq!(own.earlier(&own.operations[1]), None);
}

#[test]
fn a_file_behind_a_link_is_the_crates() {
    let workspace = Workspace::new();
    let package = workspace.module("m", "lmms::module!(); mod linked; mod folder;");
    workspace.write(
        "shared/linked.rs",
        "\n#[operation(interface = \"i\")] fn f() {}",
    );
    workspace.write(
        "shared/folder/mod.rs",
        "#[operation(interface = \"i\")] fn g() {}",
    );
    for name in ["linked.rs", "folder"] {
        let link = workspace.path(&format!("modules/m/src/{name}"));
        std::os::unix::fs::symlink(workspace.path(&format!("shared/{name}")), link).unwrap();
    }
    for (file, line, function) in [
        ("shared/linked.rs", 2, "f"),
        ("shared/folder/mod.rs", 1, "g"),
    ] {
        let file = workspace.path(file);
        let own = OwnCrate::of_file(&file, &package).unwrap();
        assert!(own.is_reached);
        assert_eq!(own.root, workspace.path("modules/m/src/lib.rs"));
        assert!(
            own.operation_at(&Location::new(&file, line), function)
                .is_some()
        );
        assert!(Arc::ptr_eq(
            &own,
            &OwnCrate::of_file(&file, &package).unwrap()
        ));
    }
}

#[test]
fn a_file_to_which_no_mod_leads_is_told_from_a_program_of_its_own() {
    let workspace = Workspace::new();
    let package = workspace.module(
        "m",
        "lmms::module!(); include!(\"part.rs\"); modules!(made);",
    );
    for file in [
        "src/part.rs",
        "src/made.rs",
        "src/bin/tool.rs",
        "tests/t.rs",
        "tests/t/main.rs",
        "far/x.rs",
    ] {
        workspace.write(
            &format!("modules/m/{file}"),
            "#[operation(interface = \"i\")] fn f() {}",
        );
    }
    let manifest = std::fs::read_to_string(workspace.path("modules/m/Cargo.toml")).unwrap();
    workspace.write(
        "modules/m/Cargo.toml",
        &format!("{manifest}\n[[example]]\nname = \"x\"\npath = \"far/x.rs\"\n"),
    );
    for (file, expected) in [
        ("src/part.rs", false),
        ("src/made.rs", false),
        ("src/bin/tool.rs", true),
        ("tests/t.rs", true),
        ("tests/t/main.rs", true),
        ("far/x.rs", true),
    ] {
        let file = workspace.path(&format!("modules/m/{file}"));
        let own = OwnCrate::of_file(&file, &package).unwrap();
        assert_eq!(own.is_reached, expected, "{}", file.display());
    }
}

#[test]
fn a_crate_is_read_once_and_again_when_it_changed() {
    let workspace = Workspace::new();
    let package = workspace.module("m", "lmms::module!(); mod a; mod b;");
    let source = "#[operation(interface = \"i\")] fn f() {}";
    workspace.write("modules/m/src/a.rs", source);
    workspace.write("modules/m/src/b.rs", "");
    let [a, b] = ["a", "b"].map(|name| workspace.path(&format!("modules/m/src/{name}.rs")));
    let first = OwnCrate::of_file(&a, &package).unwrap();
    assert!(Arc::ptr_eq(
        &first,
        &OwnCrate::of_file(&b, &package).unwrap()
    ));
    workspace.write("modules/m/src/b.rs", &format!("\n{source}"));
    assert!(Arc::ptr_eq(
        &first,
        &OwnCrate::of_file(&a, &package).unwrap()
    ));
    assert!(!first.is_current());
    let second = OwnCrate::of_file(&b, &package).unwrap();
    assert!(second.is_current());
    assert_eq!(second.count(), 2);
    assert!(Arc::ptr_eq(
        &second,
        &OwnCrate::of_file(&a, &package).unwrap()
    ));
    OwnCrate::forget(&package);
    assert!(!Arc::ptr_eq(
        &second,
        &OwnCrate::of_file(&a, &package).unwrap()
    ));
}

/// What the macros ask of a crate of so many operations in so many files.
fn work_of_expanding(operations: usize, files: usize) -> usize {
    let workspace = Workspace::new();
    let root: String = (0..files).map(|file| format!("mod m{file};\n")).collect();
    let package = workspace.module("many", &format!("lmms::module!();\n{root}"));
    for file in 0..files {
        let source: String = (0..operations / files)
            .map(|index| {
                format!("/// Docs.\n#[operation(interface = \"i{file}\")]\nfn f{index:05}() {{}}\n")
            })
            .collect();
        workspace.write(&format!("modules/many/src/m{file}.rs"), &source);
    }
    crate::work::of(|| {
        for file in 0..files {
            let file = workspace.path(&format!("modules/many/src/m{file}.rs"));
            for index in 0..operations / files {
                let own = OwnCrate::of_file(&file, &package).unwrap();
                let line = u32::try_from(3 * index + 3).unwrap();
                let this = own
                    .operation_at(&Location::new(&file, line), &format!("f{index:05}"))
                    .unwrap();
                assert_eq!(own.earlier(this), None);
            }
        }
    })
}

#[test]
fn twice_the_operations_are_twice_the_work() {
    for files in [1, 10] {
        let (some, more) = (work_of_expanding(200, files), work_of_expanding(800, files));
        assert!(more < 5 * some, "{files} files: {some} steps became {more}");
    }
}

#[test]
fn a_condition_that_only_the_compiler_knows_is_told() {
    let workspace = Workspace::new();
    let package = workspace.module(
        "m",
        "lmms::module!();
         #[cfg_attr(overflow_checks, cfg(test))] #[operation(interface = \"i\")] fn a() {}
         #[cfg_attr(overflow_checks, operation(interface = \"i\"))] fn b() {}
         #[cfg_attr(all(), operation(interface = \"i\"))] fn c() {}
         mod d { #![cfg(overflow_checks)] #[operation(interface = \"i\")] fn e() {} }
         mod f { #![cfg_attr(all(), cfg(test))] #[operation(interface = \"i\")] fn g() {} }",
    );
    let own = OwnCrate::of_file(&workspace.path("modules/m/src/lib.rs"), &package).unwrap();
    let found: Vec<_> = own
        .operations
        .iter()
        .map(|found| {
            (
                found.function.as_str(),
                found.compiled,
                found.condition.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("a", false, Some("cfg_attr(overflow_checks, cfg(test))")),
            (
                "b",
                false,
                Some("cfg_attr(overflow_checks, operation(interface = \"i\"))")
            ),
            ("c", true, None),
            ("e", false, Some("cfg(overflow_checks)")),
        ]
    );
}

#[test]
fn a_file_of_its_own() {
    let workspace = Workspace::new();
    let package = workspace.module("m", "lmms::module!();");
    workspace.write(
        "modules/m/tests/t.rs",
        "#[operation(interface = \"i\")] fn f() {}",
    );
    let own = OwnCrate::of_file(&workspace.path("modules/m/tests/t.rs"), &package).unwrap();
    assert_eq!(own.declarations, []);
    assert_eq!(own.count(), 1);
}

#[test]
fn a_file_of_the_program() {
    let workspace = Workspace::new();
    workspace.write("app/src/main.rs", "mod a; lmms::module!();");
    workspace.write("app/src/a.rs", "");
    let own = OwnCrate::of_file(&workspace.path("app/src/a.rs"), &workspace.path("app")).unwrap();
    assert_eq!(own.root, workspace.path("app/src/main.rs"));
    assert_eq!(own.declarations.len(), 1);
}
