//! `check registry` finds every difference between built modules and their sources.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Planted, lmms};

/// Writes a manifest and the libraries it lists, as a build of the planted modules would.
fn build(planted: &Planted, change: impl FnOnce(&mut Value)) {
    let modules: Vec<Value> = ["sun", "thumbs"]
        .into_iter()
        .map(|name| {
            let bytes = format!("the library of {name}");
            planted.write(&format!("target/lmms/modules/{name}.so"), &bytes);
            json!({
                "name": name, "version": "0.1.0", "file": format!("{name}.so"), "size": bytes.len(),
                "blake3": blake3::hash(bytes.as_bytes()).to_hex().to_string(),
                "operations": [format!("{name}.look 0000000000000000")],
                "unload": { "safe": true, "findings": [] },
            })
        })
        .collect();
    let mut manifest = json!({
        "format": lmms::manifest::FORMAT, "toolchain": lmms::TOOLCHAIN, "modules": modules,
    });
    change(&mut manifest);
    planted.write("target/lmms/modules/manifest.json", &manifest.to_string());
}

#[test]
fn modules_that_match_their_sources_pass() {
    let planted = Planted::new();
    build(&planted, |_| {});
    assert_eq!(planted.check("registry"), []);
}

#[test]
fn without_a_manifest_the_answer_is_to_build() {
    let text = Planted::new().one_problem("registry", "manifest");
    assert!(text.contains("`cargo xtask build-modules`"), "{text}");
}

#[test]
fn a_new_operation_is_missing_in_the_library() {
    let planted = Planted::new();
    build(&planted, |_| {});
    planted.append(
        "modules/sun/src/lib.rs",
        "\n/// Rises.\n#[operation(interface = \"sun\", name = \"rise\")]\nfn up() {}\n",
    );
    let text = planted.one_problem("registry", "missing-operation");
    assert!(text.contains("`sun.rise`"), "{text}");
}

#[test]
fn a_removed_operation_is_extra_in_the_library() {
    let planted = Planted::new();
    build(&planted, |manifest| {
        let old = json!("sun.set 0000000000000000");
        manifest["modules"][0]["operations"]
            .as_array_mut()
            .unwrap()
            .push(old);
    });
    let text = planted.one_problem("registry", "extra-operation");
    assert!(text.contains("`sun.set`"), "{text}");
}

#[test]
fn another_toolchain_is_named_with_both_values() {
    let planted = Planted::new();
    build(&planted, |manifest| {
        manifest["toolchain"] = "rustc 1.0.0".into()
    });
    let text = planted.one_problem("registry", "toolchain");
    assert!(
        text.contains("rustc 1.0.0") && text.contains(lmms::TOOLCHAIN),
        "{text}"
    );
}

#[test]
fn a_damaged_or_lost_file_is_found() {
    let planted = Planted::new();
    build(&planted, |_| {});
    planted.append("target/lmms/modules/sun.so", "!");
    let text = planted.one_problem("registry", "hash");
    assert!(text.contains("sun.so"), "{text}");
    fs::remove_file(planted.path("target/lmms/modules/sun.so")).unwrap();
    planted.one_problem("registry", "missing-file");
}

#[test]
fn modules_without_a_library_and_libraries_without_a_module_are_found() {
    let planted = Planted::new();
    build(&planted, |_| {});
    planted.module("charts", "draw");
    let text = planted.one_problem("registry", "missing-module");
    assert!(text.contains("charts"), "{text}");
    for module in ["charts", "thumbs"] {
        fs::remove_dir_all(planted.path(&format!("modules/{module}"))).unwrap();
    }
    let text = planted.one_problem("registry", "extra-module");
    assert!(text.contains("thumbs"), "{text}");
}

#[test]
fn a_source_that_changed_after_the_build_makes_a_module_stale() {
    let planted = Planted::new();
    build(&planted, |_| {});
    let rustc = std::process::Command::new("rustc")
        .arg("-vV")
        .output()
        .unwrap();
    let words = String::from_utf8(rustc.stdout).unwrap();
    let host = words
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let built = format!("target/lmms/build/{host}/release/liblmms_carrier_sun");
    let source = planted.path("modules/sun/src/lib.rs");
    planted.write(&format!("{built}.so"), "");
    planted.write(
        &format!("{built}.d"),
        &format!("{built}.so: {}\n", source.display()),
    );
    assert_eq!(planted.check("registry"), []);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    fs::File::open(source).unwrap().set_modified(later).unwrap();
    let text = planted.one_problem("registry", "stale");
    assert!(text.contains("modules/sun/src/lib.rs"), "{text}");
}

#[test]
fn a_source_that_is_no_module_is_an_error_with_its_place() {
    let planted = Planted::new();
    build(&planted, |_| {});
    planted.append(
        "modules/sun/src/lib.rs",
        "#[operation(interfaces = \"sun\")]\nfn wrong() {}\n",
    );
    let answer = planted.xtask(&["check", "registry", "--no-build"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.stderr.contains("modules/sun/src/lib.rs"),
        "{}",
        answer.stderr
    );
}

#[test]
fn a_program_that_was_built_before_a_module_was_added_is_found() {
    let planted = Planted::new();
    build(&planted, |_| {});
    planted.write("target/debug/house", "");
    let listed = ["house/src/main.rs", "modules/sun/Cargo.toml"];
    let listed = listed.map(|file| planted.path(file).display().to_string());
    let rule = |files: &[String]| format!("house: {}\n", files.join(" "));
    planted.write("target/debug/house.d", &rule(&listed));
    let text = planted.one_problem("registry", "outdated-program");
    for part in [
        "target/debug/house",
        "`thumbs`",
        "touch house/src/main.rs",
        "rerun-if-changed=",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let answer = planted.xtask(&["operations"]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert!(
        answer.stderr.contains("touch house/src/main.rs"),
        "{}",
        answer.stderr
    );

    let all = [
        listed.as_slice(),
        &[planted
            .path("modules/thumbs/Cargo.toml")
            .display()
            .to_string()],
    ]
    .concat();
    planted.write("target/debug/house.d", &rule(&all));
    assert_eq!(planted.check("registry"), []);
    planted.write("target/debug/house.d", &rule(&listed[..1]));
    assert_eq!(
        planted.check("registry"),
        [],
        "it has another gateway, or none"
    );
}

#[test]
fn a_module_that_a_gateway_serves_and_the_workspace_does_not_build_is_noted() {
    let planted = Planted::new();
    build(&planted, |_| {});
    let notes = || {
        let answer = planted.xtask(&["check", "registry", "--no-build", "--json"]);
        let report: Value = serde_json::from_str(&answer.stdout).expect("a report");
        report["parts"][0]["notes"].to_string()
    };
    let note = "which is no member of this workspace";
    assert!(!notes().contains(note), "{}", notes());
    planted.package("elsewhere/moon", &lmms(", default-features = false"));
    let module = fs::read_to_string(planted.path("modules/sun/src/lib.rs")).unwrap();
    planted.write("elsewhere/moon/src/lib.rs", &module.replace("sun", "moon"));
    planted.write(
        "house/src/main.rs",
        "//! A house.\n#![forbid(unsafe_code)]\n\
         lmms::gateway! { pub House { modules: [\"../modules/*\", \"../elsewhere/*\"] } }\nfn main() {}\n",
    );
    let notes = notes();
    for part in [note, "`moon`", "house/src/main.rs"] {
        assert!(notes.contains(part), "{part:?} is not in {notes}");
    }
}
