use super::*;
use crate::testing::Workspace;

#[test]
fn a_plain_package() {
    let workspace = Workspace::new();
    workspace.write(
        "a/Cargo.toml",
        "[package]\nname = \"a-b\"\n[features]\ndefault = [\"png\", \"dep:x\", \"y/z\", \"v?/w\"]\npng = [\"zip\"]\n",
    );
    let manifest = Manifest::read(&workspace.path("a")).unwrap();
    assert_eq!(manifest.package, "a-b");
    assert_eq!(manifest.crate_name, "a_b");
    assert_eq!(manifest.root_file, workspace.path("a/src/lib.rs"));
    let features: Vec<_> = manifest.features.iter().map(String::as_str).collect();
    assert_eq!(features, ["default", "png", "y", "zip"]);
    assert_eq!(
        manifest.files(),
        [workspace.path("a/Cargo.toml"), workspace.path("Cargo.toml")]
    );
}

#[test]
fn the_build_tools_features_are_the_packages_choice() {
    let workspace = Workspace::new();
    workspace.write(
        "a/Cargo.toml",
        "[package]\nname = \"a\"\n[package.metadata.lmms]\nfeatures = [\"jpeg\"]\ndefault-features = false\n\
         [features]\ndefault = [\"png\"]\npng = []\njpeg = []\n[lib]\nname = \"c\"\npath = \"lib/../main.rs\"\n",
    );
    let manifest = Manifest::read(&workspace.path("a")).unwrap();
    assert_eq!(manifest.features, BTreeSet::from(["jpeg".to_owned()]));
    assert_eq!(manifest.crate_name, "c");
    assert_eq!(manifest.root_file, workspace.path("a/main.rs"));
}

#[test]
fn dependencies_of_every_kind() {
    let workspace = Workspace::new();
    workspace.write(
        "named/Cargo.toml",
        "[package]\nname = \"named\"\n[lib]\nname = \"other\"\n",
    );
    workspace.write(
        "a/Cargo.toml",
        "[package]\nname = \"a\"\n[dependencies]\nserde-x = \"1\"\ntypes = { package = \"home-types\", path = \"../types\" }\n\
         [build-dependencies]\nhome-types.workspace = true\n[target.'cfg(unix)'.dev-dependencies]\nnamed = { path = \"../named\" }\n",
    );
    let manifest = Manifest::read(&workspace.path("a")).unwrap();
    let seen: Vec<_> = manifest
        .dependencies
        .iter()
        .map(|dependency| {
            (
                dependency.extern_name.as_str(),
                dependency.package.as_str(),
                dependency.directory.clone(),
                dependency.table.as_str(),
                dependency.line,
            )
        })
        .collect();
    let types = Some(workspace.path("types"));
    assert_eq!(
        seen,
        [
            ("serde_x", "serde-x", None, "dependencies", 4),
            ("types", "home-types", types.clone(), "dependencies", 5),
            ("home_types", "home-types", types, "build-dependencies", 7),
            (
                "other",
                "named",
                Some(workspace.path("named")),
                "target.'cfg(unix)'.dev-dependencies",
                9
            ),
        ]
    );
}

#[test]
fn a_workspace_may_rename_what_it_passes_on() {
    let workspace = Workspace::new();
    workspace.write(
        "Cargo.toml",
        "[workspace]\n[workspace.dependencies]\nshared = { package = \"home-types\", path = \"types\" }\n",
    );
    workspace.write(
        "a/Cargo.toml",
        "[package]\nname = \"a\"\n[dependencies]\nshared = { workspace = true, optional = true }\n",
    );
    let manifest = Manifest::read(&workspace.path("a")).unwrap();
    let dependency = manifest.dependency("shared").unwrap();
    assert_eq!(dependency.package, "home-types");
    assert_eq!(dependency.directory, Some(workspace.path("types")));
}

#[test]
fn what_cannot_be_inherited_is_an_error() {
    let workspace = Workspace::new();
    workspace.write(
        "a/Cargo.toml",
        "[package]\nname = \"a\"\n[dependencies]\nnone.workspace = true\n",
    );
    let error = Manifest::read(&workspace.path("a")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a/Cargo.toml:4: `none` is inherited, but [workspace.dependencies] has no `none`: add it there"
    );
    workspace.write("a/Cargo.toml", "[workspace]\n");
    let error = Manifest::read(&workspace.path("a")).unwrap_err();
    assert!(
        error.to_string().contains("there is no `[package]`"),
        "{error}"
    );
}

#[test]
fn paths_lose_their_detours() {
    assert_eq!(normal(Path::new("/a/./b/../../c")), Path::new("/c"));
    assert_eq!(normal(Path::new("../a")), Path::new("../a"));
}
