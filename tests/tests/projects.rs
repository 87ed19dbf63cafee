//! What shows only in a workspace of several packages: dependencies that must not be, and rebuilding.
//!
//! Each project of `ui/projects` is copied into the target folder and checked there, with this workspace's lock file.
//! They share a target folder, where cargo tells packages apart by their name and their place within the project: so
//! each package that a test checks has a name of its own. Otherwise what one test compiles also passes for the files of
//! another, if those are older.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project's own copy.
struct Project {
    folder: PathBuf,
}

impl Project {
    /// Copies `ui/projects/NAME`; `$WORKSPACE` in its manifests becomes this workspace's folder.
    fn new(name: &str, test: &str) -> Project {
        let project = Project {
            folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join(test),
        };
        if project.folder.exists() {
            fs::remove_dir_all(&project.folder).unwrap();
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("ui/projects")
            .join(name);
        copy(&source, &project.folder);
        fs::copy(
            workspace().join("Cargo.lock"),
            project.folder.join("Cargo.lock"),
        )
        .unwrap();
        project
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder.join(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, &text.replace(from, to));
    }

    /// `cargo check` on a package: its errors, without paths and colours; `None` if there are none.
    fn check(&self, package: &str) -> Option<String> {
        let output = Command::new(env!("CARGO"))
            .args([
                "check",
                "--offline",
                "--quiet",
                "--color",
                "never",
                "--package",
                package,
            ])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target())
            .env_remove("LMMS_GATEWAY_ROOT")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (!output.status.success())
            .then(|| text.replace(&self.folder.display().to_string(), "$PROJECT"))
    }

    /// What rustdoc says with these arguments to the library of a package, if it succeeds.
    fn rustdoc(&self, package: &str, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(env!("CARGO"))
            .args(["rustdoc", "--offline", "--quiet", "--color", "never"])
            .args(["--package", package, "--lib", "--"])
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target())
            .env_remove("LMMS_GATEWAY_ROOT")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stdout) + &text(&output.stderr))
        }
    }

    #[track_caller]
    fn assert_refused(&self, package: &str, expected: &str) {
        let errors = self.check(package).expect("it must not compile");
        assert!(
            errors.contains(expected),
            "{expected:?} is not in:\n{errors}"
        );
        let count = errors
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        assert_eq!(
            count, 2,
            "one mistake, and that it did not compile:\n{errors}"
        );
    }

    #[track_caller]
    fn assert_accepted(&self, package: &str) {
        if let Some(errors) = self.check(package) {
            panic!("it must compile:\n{errors}");
        }
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The target folder in use, so that nothing is compiled twice.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            let text = fs::read_to_string(entry.path()).unwrap();
            fs::write(
                target,
                text.replace("$WORKSPACE", &workspace().display().to_string()),
            )
            .unwrap();
        }
    }
}

#[test]
fn an_application_depends_on_no_module() {
    let project = Project::new("application_depends_on_a_module", "normal-dependency");
    project.assert_refused(
        "tied-app",
        "error: app/Cargo.toml:8: `tied-app` depends on the module crate `lights` (`lamps` in [dependencies]), which would link its code into the program: remove the dependency and call it through the gateway\n --> app/src/main.rs:5:26",
    );
}

#[test]
fn not_even_for_its_tests() {
    let project = Project::new(
        "application_depends_on_a_module_in_its_tests",
        "test-dependency",
    );
    project.assert_refused(
        "tied-test-app",
        "error: app/Cargo.toml:7: `tied-test-app` depends on the module crate `lights` (`lights` in [target.'cfg(unix)'.dev-dependencies])",
    );
}

#[test]
fn a_module_depends_on_no_module() {
    let project = Project::new("module_depends_on_a_module", "module-dependency");
    project.assert_refused(
        "scenes",
        "error: modules/scenes/Cargo.toml:8: the module crate `scenes` depends on the module crate `lights` (`lights` in [dependencies]): remove the dependency, take `cx: &lmms::Context` in the operation and call it through `lmms::gateway!`; types that both use go into a crate of their own\n --> modules/scenes/src/lib.rs:3:1",
    );
}

#[test]
fn a_glob_matches_something() {
    let project = Project::new("gateway_glob_matches_nothing", "empty-glob");
    project.assert_refused(
        "idle-app",
        "error: no module crate matches `$PROJECT/modules/*`: patterns start at the folder of this crate's Cargo.toml; a module crate has `lmms::module!();` in its src/lib.rs\n --> app/src/main.rs:5:26",
    );
}

#[test]
fn documentation_that_is_carried_over_holds_no_tests_and_warns_of_nothing() {
    let project = Project::new("gateway_of_a_documented_module", "documented");
    let tests = project.rustdoc("documented-app", &["--test"]).unwrap();
    assert!(tests.contains("running 0 tests"), "{tests}");
    project
        .rustdoc("documented-app", &["-D", "warnings"])
        .unwrap();
    let page = target().join("doc/documented_app/struct.HomeGuide.html");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Examples in a file"), "{page}");
    // Where it is written it stays an example.
    let tests = project.rustdoc("guide", &["--test", "--test-args", "--list"]);
    let tests = tests.unwrap_or_else(|error| error);
    assert!(tests.contains("guide (line"), "{tests}");
}

#[test]
fn a_gateway_sees_new_members_of_another_workspace() {
    let project = Project::new("gateway_of_one_module", "elsewhere");
    let module = |name: &str, operation: &str| {
        let folder = format!("elsewhere/{name}");
        let lmms = workspace().join("lmms");
        project.write(
            &format!("{folder}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nlmms = {{ path = \"{}\", default-features = false }}\n",
                lmms.display()
            ),
        );
        project.write(
            &format!("{folder}/src/lib.rs"),
            &format!(
                "//! A module.\nlmms::module!();\n#[lmms::operation(interface = \"far\")]\nfn {operation}() {{}}\n"
            ),
        );
    };
    project.write("elsewhere/Cargo.toml", "[workspace]\nmembers = [\"*\"]\n");
    project.write("elsewhere/Cargo.lock", "version = 4\n");
    project.edit("app/Cargo.toml", "name = \"app\"", "name = \"far-app\"");
    project.edit("app/src/main.rs", "../modules/*", "../elsewhere/*");
    module("first", "go");
    project.assert_accepted("far-app");
    // Only a gateway that is made again can refuse it.
    module("second", "go");
    // As the next cargo command in that workspace does.
    project.write(
        "elsewhere/Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"second\"\nversion = \"0.0.0\"\n",
    );
    project.assert_refused("far-app", "`go` of interface `far` is declared twice");
}

#[test]
fn a_gateway_follows_its_modules() {
    let project = Project::new("gateway_of_one_module", "rebuild");
    project.assert_accepted("app");

    // A new operation in a file that was read.
    let call = |name: &str| {
        format!("let _ = Home::builder().open().map(|home| home.lights().{name}());\n    println!")
    };
    project.edit("app/src/main.rs", "println!", &call("turn_off"));
    project.assert_refused(
        "app",
        "no method named `turn_off` found for struct `HomeLights<'g>`",
    );
    project.edit(
        "modules/lights/src/lib.rs",
        "lmms::module!();",
        "lmms::module!();\n\nmod more;",
    );
    project.write(
        "modules/lights/src/more.rs",
        "#[lmms::operation(interface = \"lights\")]\nfn turn_off() {}\n",
    );
    project.assert_accepted("app");

    // The same file changes again, the application doesn't.
    project.write("modules/lights/src/more.rs", "");
    project.assert_refused("app", "no method named `turn_off` found");
    project.write(
        "modules/lights/src/more.rs",
        "#[lmms::operation(interface = \"lights\")]\nfn turn_off() {}\n",
    );
    project.assert_accepted("app");

    // A new module that the glob matches, in conflict with the first.
    project.write(
        "modules/lamps/Cargo.toml",
        &format!(
            "[package]\nname = \"lamps\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nlmms = {{ path = \"{}/lmms\", default-features = false }}\n",
            workspace().display()
        ),
    );
    project.write(
        "modules/lamps/src/lib.rs",
        "//! A module.\n\nlmms::module!();\n\n#[lmms::operation(interface = \"lights\")]\nfn turn_off() {}\n",
    );
    project.assert_refused(
        "app",
        "modules/lights/src/more.rs:2: the operation `turn_off` of interface `lights` is declared twice, first at modules/lamps/src/lib.rs:6",
    );
}

#[test]
fn operations_to_which_no_mod_leads_are_told_of_where_they_stand() {
    let project = Project::new("gateway_of_one_module", "unreached");
    project.edit(
        "modules/lights/Cargo.toml",
        "name = \"lights\"",
        "name = \"unreached-lights\"",
    );
    let operation = "\n#[lmms::operation(interface = \"lights\")]\nfn turn_off() {}\n";
    project.write("modules/lights/src/more.rs", operation);
    let declaration = "lmms::module!();";
    let unreached = "doesn't get to this operation, as no `mod` leads to modules/lights/src/more.rs, only a macro or an `include!`: declare the file by `mod name;`, under `#[path = \"…\"]` if it stands elsewhere\n --> modules/lights/src/more.rs:3:4";
    let ways = [
        "lmms::module!();\n\ninclude!(\"more.rs\");",
        "lmms::module!();\n\nmacro_rules! modules {\n    ($name:ident) => {\n        mod $name;\n    };\n}\nmodules!(more);",
    ];
    for way in ways {
        project.edit("modules/lights/src/lib.rs", declaration, way);
        project.assert_refused("unreached-lights", unreached);
        project.edit("modules/lights/src/lib.rs", way, declaration);
    }
    let way = "lmms::module!();\n\nmod linked;";
    project.edit("modules/lights/src/lib.rs", declaration, way);
    let link = project.folder.join("modules/lights/src/linked.rs");
    std::os::unix::fs::symlink("more.rs", link).unwrap();
    project.assert_accepted("unreached-lights");
}

#[test]
fn a_copy_of_a_modules_type_has_the_shape_of_its_original() {
    let project = Project::new("types_of_a_module", "types");
    project.assert_accepted("types-compare");
    let declared = "size: S,";
    project.edit("modules/pictures/src/lib.rs", declared, "width: S,");
    project.edit("modules/pictures/src/lib.rs", "size: 1", "width: 1");
    project.assert_accepted("types-compare");
}
