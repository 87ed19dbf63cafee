//! What a macro knows of the crate it is used in.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use lmms_source::{Location, Manifest, Naming, OwnCrate};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use crate::model::snake_case;

/// The crate that is being compiled.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The folder of its `Cargo.toml`.
    pub(crate) directory: PathBuf,
    /// The package's name.
    pub(crate) package: String,
    /// The crate's name, which differs between a package's programs, tests and library.
    pub(crate) crate_name: String,
    /// Where the patterns of a gateway start.
    pub(crate) gateway_root: PathBuf,
    /// The crates that it can name, where the compiler tells.
    pub(crate) visible: Option<BTreeSet<String>>,
    /// The `Cargo.toml`, where it can be read.
    pub(crate) manifest: Option<Arc<Manifest>>,
}

impl Surroundings {
    /// What cargo tells a compiler through its environment.
    pub(crate) fn from_environment() -> Surroundings {
        let directory =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let text = |name| env::var(name).unwrap_or_default();
        Surroundings {
            gateway_root: env::var_os("LMMS_GATEWAY_ROOT")
                .map_or_else(|| directory.clone(), PathBuf::from),
            package: text("CARGO_PKG_NAME"),
            crate_name: text("CARGO_CRATE_NAME"),
            visible: visible(env::args()),
            manifest: Manifest::known(&directory).ok(),
            directory,
        }
    }

    /// The path of the `lmms` crate, which the user may have renamed.
    pub(crate) fn lmms(&self) -> TokenStream {
        let renamed = self
            .manifest
            .iter()
            .flat_map(|manifest| &manifest.dependencies)
            .find(|dependency| dependency.package == "lmms");
        let name = renamed.map_or("lmms", |dependency| dependency.extern_name.as_str());
        let name = format_ident!("{name}");
        quote!(::#name)
    }

    /// The sources of the crate that `span` is in; `None` where the compiler doesn't tell the file, as in an editor.
    ///
    /// They are kept between two macro calls. Who finds a mistake by them asks [`is_doubtful`](Self::is_doubtful).
    pub(crate) fn own_crate(&self, span: Span) -> Option<(Arc<OwnCrate>, Location)> {
        let file = span.local_file()?.canonicalize().ok()?;
        // An example in a README, which is no Rust file.
        if file.extension().is_none_or(|extension| extension != "rs") {
            return None;
        }
        let own = OwnCrate::of_file(&file, &real(&self.directory))?;
        let line = u32::try_from(span.start().line).ok()?;
        Some((own, Location { file, line }))
    }

    /// Whether the crate is itself a module: then its gateway goes through the context.
    pub(crate) fn is_module(&self) -> bool {
        match self.own_crate(Span::call_site()) {
            Some((own, _)) => !own.declarations.is_empty(),
            None => self
                .manifest
                .as_ref()
                .is_some_and(|manifest| lmms_source::is_module_crate(manifest)),
        }
    }

    /// How this crate names the types of others, in a gateway of that name.
    pub(crate) fn naming(&self, gateway: &Ident) -> Naming {
        match &self.manifest {
            Some(manifest) => Naming::AsGateway {
                manifest: Arc::clone(manifest),
                crate_name: self.crate_name.clone(),
                visible: self.visible.clone(),
                types: snake_case(&gateway.unraw().to_string()),
            },
            None => Naming::AsModule,
        }
    }

    /// Which paths in the signature of the operation of this name lead to the context, as far as sources tell.
    pub(crate) fn contexts(&self, name: &Ident) -> HashMap<String, bool> {
        let found = self.own_crate(name.span());
        let operation = found
            .as_ref()
            .and_then(|(own, at)| own.operation_at(at, &name.unraw().to_string()));
        operation
            .map(|operation| operation.contexts.clone())
            .unwrap_or_default()
    }

    /// Whether what the sources say at `span` may not be what is compiled: it is an example in documentation, which is
    /// a program of its own, or the sources have changed since they were read, as they do under an editor; then they
    /// are read again for the next macro call.
    pub(crate) fn is_doubtful(&self, own: &OwnCrate, at: &Location, span: Span) -> bool {
        if !own.is_current() {
            OwnCrate::forget(&real(&self.directory));
            return true;
        }
        let line = usize::try_from(at.line).unwrap_or(usize::MAX);
        is_example(&at.file, line, span.source_text().as_deref())
    }
}

/// The path behind links, as the compiler's files are compared with it.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The crates that a compiler's arguments name; `None` if they name none, as in an editor.
fn visible(arguments: impl Iterator<Item = String>) -> Option<BTreeSet<String>> {
    let mut arguments = arguments.peekable();
    let mut visible = BTreeSet::new();
    while let Some(argument) = arguments.next() {
        let named = match argument.strip_prefix("--extern") {
            Some("") => arguments.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        // `--extern priv:name=path`
        let name = named.as_deref().and_then(|named| named.split('=').next());
        let name = name.and_then(|name| name.rsplit(':').next());
        visible.extend(name.map(str::to_owned));
    }
    (!visible.is_empty()).then_some(visible)
}

/// Whether the code of this text is an example in the documentation at this line of a file: such code is compiled as a
/// program of its own, whose lines count from its own beginning.
fn is_example(file: &Path, line: usize, code: Option<&str>) -> bool {
    let Ok(text) = fs::read_to_string(file) else {
        return false;
    };
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let begins = code.and_then(|code| code.lines().next());
    if begins.is_some_and(|begins| !line.contains(begins)) {
        return true;
    }
    let line = line.trim_start();
    line.starts_with("///") || line.starts_with("//!") || line.starts_with("* ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_arguments_tell_what_code_can_name() {
        let visible = |arguments: &[&str]| visible(arguments.iter().map(|it| (*it).to_owned()));
        let found = visible(&[
            "rustc",
            "--extern",
            "a=/x/liba.rlib",
            "--extern=b",
            "--extern",
            "noprelude,priv:c_d=y",
        ]);
        let expected = ["a", "b", "c_d"].map(str::to_owned);
        assert_eq!(found, Some(BTreeSet::from(expected)));
        assert_eq!(visible(&["rust-analyzer-proc-macro-srv", "lib.rs"]), None);
    }

    #[test]
    fn examples_are_told_from_code() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lib.rs");
        fs::write(&file, "//! fn a() {}\n  /// fn b() {}\n  fn c() {}\n").unwrap();
        assert!(is_example(&file, 1, None) && is_example(&file, 2, None));
        assert!(!is_example(&file, 3, None));
        assert!(!is_example(&file, 3, Some("fn c() {}")));
        assert!(
            is_example(&file, 3, Some("fn b() {}")),
            "another program's line 3"
        );
    }
}
