//! Expanding macros outside of a compiler.

use std::path::PathBuf;
use std::{env, fs};

use lmms_source::Manifest;
use proc_macro2::{Literal, TokenStream, TokenTree};

use crate::surroundings::Surroundings;

/// A crate that cargo doesn't know.
pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        directory: PathBuf::from("/nowhere"),
        package: "home-lights".to_owned(),
        crate_name: "home_lights".to_owned(),
        gateway_root: PathBuf::from("/nowhere"),
        visible: None,
        manifest: None,
    }
}

/// Compares an expansion with `snapshots/NAME.rs`. `UPDATE_SNAPSHOTS=1` writes the file anew: read what changed.
pub(crate) fn assert_snapshot(name: &str, tokens: TokenStream) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("snapshots/{name}.rs"));
    let parsed = syn::parse2(tokens).unwrap_or_else(|error| panic!("{name} is no Rust: {error}"));
    let found = prettyplease::unparse(&parsed);
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&file, &found).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "the expansion differs from {}; run the test with UPDATE_SNAPSHOTS=1 and read the difference:\n{found}",
        file.display()
    );
}

/// The texts of all `compile_error!`s.
pub(crate) fn errors(tokens: &TokenStream) -> Vec<String> {
    let mut errors = Vec::new();
    let mut is_error = false;
    for tree in tokens.clone() {
        match tree {
            TokenTree::Ident(ident) => is_error = ident == "compile_error",
            TokenTree::Group(group) if is_error => {
                is_error = false;
                let text = group.stream().to_string();
                let literal = syn::parse_str::<syn::LitStr>(&text);
                errors.push(literal.map_or(text, |literal| literal.value()));
            }
            _ => {}
        }
    }
    errors
}

/// A folder with an application, shared types and modules; vanishes with the test.
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    pub(crate) fn new() -> Workspace {
        let workspace = Workspace {
            folder: tempfile::tempdir().unwrap(),
        };
        workspace.write("Cargo.lock", "");
        workspace.write("Cargo.toml", "[workspace]\n");
        workspace.write("types/Cargo.toml", "[package]\nname = \"home-types\"\n");
        workspace.write(
            "app/Cargo.toml",
            "[package]\nname = \"app\"\n[dependencies]\nhome-types = { path = \"../types\" }\n",
        );
        workspace
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// A module crate; returns its folder.
    pub(crate) fn module(&self, name: &str, source: &str) -> PathBuf {
        let manifest = format!(
            "[package]\nname = \"{name}\"\n[dependencies]\nlmms = \"0\"\nhome-types = {{ path = \"../../types\" }}\n"
        );
        self.write(&format!("modules/{name}/Cargo.toml"), &manifest);
        self.write(&format!("modules/{name}/src/lib.rs"), source);
        self.path(&format!("modules/{name}"))
    }

    pub(crate) fn application(&self) -> Surroundings {
        self.surroundings(self.path("app"), "app")
    }

    pub(crate) fn surroundings(&self, directory: PathBuf, name: &str) -> Surroundings {
        Surroundings {
            package: name.to_owned(),
            crate_name: name.to_owned(),
            gateway_root: directory.clone(),
            visible: None,
            manifest: Some(Manifest::known(&directory).unwrap()),
            directory,
        }
    }

    /// The tokens with `$WORKSPACE` in place of this folder's path.
    pub(crate) fn without_paths(&self, tokens: &TokenStream) -> TokenStream {
        let root = self.path("").display().to_string();
        let root = root.trim_end_matches('/');
        tokens
            .clone()
            .into_iter()
            .map(|tree| match tree {
                TokenTree::Group(group) => {
                    let inner = self.without_paths(&group.stream());
                    TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner))
                }
                TokenTree::Literal(literal) => {
                    match syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        Ok(text) if text.value().contains(root) => TokenTree::Literal(
                            Literal::string(&text.value().replace(root, "$WORKSPACE")),
                        ),
                        _ => TokenTree::Literal(literal),
                    }
                }
                other => other,
            })
            .collect()
    }
}
