//! `check imports` finds every way to depend on a module.

use crate::support::{Planted, lmms};

const PLAIN: &str = "thumbs = { path = \"../modules/thumbs\" }";

#[test]
fn a_workspace_that_keeps_the_rule_passes() {
    assert_eq!(Planted::new().check("imports"), []);
}

#[test]
fn every_kind_of_dependency_of_an_application_counts() {
    let kinds = [
        ("dependencies", ""),
        ("dev-dependencies", "[dev-dependencies]\n"),
        ("build-dependencies", "[build-dependencies]\n"),
        ("dependencies", "[target.'cfg(unix)'.dependencies]\n"),
        // For another platform, or only behind a feature: the next build may switch it on.
        ("dependencies", "[target.'cfg(windows)'.dependencies]\n"),
    ];
    for (section, heading) in kinds {
        let planted = Planted::new();
        planted.package("house", &format!("{}\n{heading}{PLAIN}", lmms("")));
        let text = planted.one_problem("imports", "module-import");
        assert!(text.contains("house → thumbs"), "{text}");
        assert!(
            text.contains(&format!("from [{section}] of house/Cargo.toml")),
            "{text}"
        );
        assert!(text.contains("call it through the gateway"), "{text}");
    }
}

#[test]
fn renamed_and_optional_dependencies_count() {
    let planted = Planted::new();
    let renamed =
        "pictures = { path = \"../modules/thumbs\", package = \"thumbs\", optional = true }";
    planted.package("house", &format!("{}\n{renamed}", lmms("")));
    let text = planted.one_problem("imports", "module-import");
    assert!(text.contains("house → thumbs"), "{text}");
}

#[test]
fn a_module_behind_another_crate_is_found_with_the_way_to_it() {
    let planted = Planted::new();
    planted.package("house-types", PLAIN);
    let text = planted.one_problem("imports", "module-import");
    assert!(text.contains("house → house-types → thumbs"), "{text}");
    assert!(text.contains("of house-types/Cargo.toml"), "{text}");
}

#[test]
fn a_module_that_depends_on_another_is_found() {
    let planted = Planted::new();
    let dependencies = format!(
        "{}\nthumbs = {{ path = \"../thumbs\" }}",
        lmms(", default-features = false")
    );
    planted.package("modules/sun", &dependencies);
    let text = planted.one_problem("imports", "module-to-module");
    assert!(text.contains("sun → thumbs"), "{text}");
    assert!(
        text.contains("of modules/sun/Cargo.toml") && text.contains("Peers"),
        "{text}"
    );
}

#[test]
fn using_the_host_side_makes_an_application_even_without_a_gateway() {
    let planted = Planted::new();
    planted.write(
        "house/src/main.rs",
        "#![forbid(unsafe_code)]\nfn main() {}\n",
    );
    planted.package("house", &format!("{}\n{PLAIN}", lmms("")));
    planted.one_problem("imports", "module-import");
}

#[test]
fn a_crate_that_is_no_application_may_test_a_module() {
    let planted = Planted::new();
    planted.package("house-types", &format!("[dev-dependencies]\n{PLAIN}"));
    assert_eq!(planted.check("imports"), []);
}

#[test]
fn the_text_for_people_says_the_same() {
    let planted = Planted::new();
    planted.package("house", &format!("{}\n{PLAIN}", lmms("")));
    let answer = planted.xtask(&["check", "imports"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.stdout.contains("[module-import] house/Cargo.toml"),
        "{}",
        answer.stdout
    );
    assert!(!answer.stdout.contains('\x1b'), "{}", answer.stdout);
}
