//! The generated workspace of carriers.
//!
//! ```text
//! target/lmms/carriers/
//!   Cargo.toml            its own workspace: members, the profiles, the user's [patch]
//!   Cargo.lock            begun as a copy of the user's, so that both build the same versions
//!   thumbnails/
//!     Cargo.toml          a cdylib that depends on `thumbnails` and `lmms`
//!     build.rs            the link arguments
//!     src/lib.rs          lmms::carrier!(carried);
//! ```
//!
//! The link arguments come from a build script, because `RUSTFLAGS` would replace the user's own
//! flags, rebuild every dependency when they change, and reach crates that are none of their
//! business. A file is written only when its content changes, so that cargo sees nothing to do.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package};
use toml::{Table, Value};

use super::profile;
use crate::common::error::Error;
use crate::common::workspace::{self, ModuleCrate, Workspace};

/// What a carrier calls its module. It stands before `lmms`: cargo reads dependencies by name, and looks for the
/// workspace of a later one among those it has found, so that a module in a workspace below that of `lmms` would
/// inherit from the wrong one.
const CARRIED: &str = "carried";

/// The package of a module's carrier.
pub(super) fn carrier_package(module: &str) -> String {
    format!("lmms-carrier-{module}")
}

/// The folder of the generated workspace.
pub(super) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.lmms_dir().join("carriers")
}

/// Writes the carriers of all modules; folders of vanished ones are removed.
pub(super) fn generate(workspace: &Workspace, modules: &[ModuleCrate<'_>]) -> Result<(), Error> {
    let folder = folder(workspace);
    let lmms = lmms_source(workspace.lmms()?)?;
    let members: Vec<&str> = modules.iter().map(ModuleCrate::name).collect();
    let root = root_manifest(&members, patches(workspace)?);
    write_if_changed(&folder.join("Cargo.toml"), &root)?;
    for module in modules {
        let carrier = folder.join(module.name());
        let manifest = carrier_manifest(workspace, module, &lmms)?;
        let source = format!(
            "//! Generated: makes a dynamic library of a module.\n\nlmms::carrier!({CARRIED});\n"
        );
        write_if_changed(&carrier.join("Cargo.toml"), &manifest)?;
        write_if_changed(&carrier.join("build.rs"), &build_script())?;
        write_if_changed(&carrier.join("src/lib.rs"), &source)?;
    }
    remove_others(&folder, &members)?;
    seed_lock(workspace, &folder)
}

/// What the carriers are made of, without what only applications need.
pub(super) fn graph(workspace: &Workspace) -> Result<Metadata, Error> {
    let folder = folder(workspace);
    let mut command = MetadataCommand::new();
    command
        .manifest_path(folder.join("Cargo.toml"))
        .current_dir(workspace.root())
        .other_options(["--filter-platform".to_owned(), workspace.host().to_owned()]);
    command.exec().map_err(|source| Error::Metadata {
        start: folder,
        source: Box::new(source),
    })
}

/// Writes `text` unless the file already says that.
pub(crate) fn write_if_changed(path: &Path, text: &str) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    fs::write(path, text).map_err(Error::io("write", path))
}

fn root_manifest(members: &[&str], patches: Option<Table>) -> String {
    let workspace = Table::from_iter([
        (
            "members".to_owned(),
            members
                .iter()
                .map(|name| Value::from(*name))
                .collect::<Vec<_>>()
                .into(),
        ),
        ("resolver".to_owned(), "3".into()),
    ]);
    let mut root = Table::from_iter([
        ("workspace".to_owned(), Value::from(workspace)),
        ("profile".to_owned(), profile::tables(members).into()),
    ]);
    if let Some(patches) = patches {
        root.insert("patch".to_owned(), patches.into());
    }
    render(&root)
}

fn carrier_manifest(
    workspace: &Workspace,
    module: &ModuleCrate<'_>,
    lmms: &Table,
) -> Result<String, Error> {
    let settings = Settings::of(module)?;
    let mut dependency = Table::from_iter([
        ("package".to_owned(), Value::from(module.name())),
        ("path".to_owned(), path_value(module.folder())),
        (
            "default-features".to_owned(),
            settings.default_features.into(),
        ),
    ]);
    if !settings.features.is_empty() {
        dependency.insert("features".to_owned(), settings.features.into());
    }

    let mut features = vec!["carrier"];
    // The graph knows `lmms` with the features of the whole workspace, host side included.
    let reached = workspace.reached(&module.package.id, &["lmms"]);
    let reaches = |name: &str| reached.iter().any(|package| package.name.as_str() == name);
    if reaches("tracing-core") {
        features.push("tracing");
    }
    if reaches("log") {
        features.push("log");
    }
    let mut lmms = lmms.clone();
    lmms.insert("default-features".to_owned(), false.into());
    lmms.insert("features".to_owned(), features.into());

    let package = Table::from_iter([
        (
            "name".to_owned(),
            Value::from(carrier_package(module.name())),
        ),
        ("version".to_owned(), "0.0.0".into()),
        ("edition".to_owned(), "2024".into()),
        ("publish".to_owned(), false.into()),
        ("build".to_owned(), "build.rs".into()),
    ]);
    let library = Table::from_iter([
        ("crate-type".to_owned(), Value::from(vec!["cdylib"])),
        ("test".to_owned(), false.into()),
        ("doc".to_owned(), false.into()),
    ]);
    let dependencies = Table::from_iter([
        (CARRIED.to_owned(), Value::from(dependency)),
        ("lmms".to_owned(), lmms.into()),
    ]);
    Ok(render(&Table::from_iter([
        ("package".to_owned(), Value::from(package)),
        ("lib".to_owned(), library.into()),
        ("dependencies".to_owned(), dependencies.into()),
    ])))
}

/// What a module may say under `[package.metadata.lmms]`.
struct Settings {
    features: Vec<String>,
    default_features: bool,
}

impl Settings {
    fn of(module: &ModuleCrate<'_>) -> Result<Self, Error> {
        let wrong = |problem: &str| Error::Config {
            path: module.package.manifest_path.clone().into_std_path_buf(),
            problem: format!("[package.metadata.lmms] {problem}"),
        };
        let mut settings = Self {
            features: Vec::new(),
            default_features: true,
        };
        let Some(table) = module
            .package
            .metadata
            .get("lmms")
            .and_then(|value| value.as_object())
        else {
            return Ok(settings);
        };
        for (key, value) in table {
            match key.as_str() {
                "features" => {
                    settings.features = serde_json::from_value(value.clone())
                        .map_err(|_| wrong("`features` must be a list of feature names"))?;
                }
                "default-features" => {
                    settings.default_features = value
                        .as_bool()
                        .ok_or_else(|| wrong("`default-features` must be true or false"))?;
                }
                other => {
                    return Err(wrong(&format!(
                        "has an unknown key `{other}`: known are `features` and `default-features`"
                    )));
                }
            }
        }
        Ok(settings)
    }
}

/// Where the workspace takes `lmms` from, as a dependency.
pub(crate) fn lmms_source(lmms: &Package) -> Result<Table, Error> {
    let Some(source) = &lmms.source else {
        return Ok(Table::from_iter([(
            "path".to_owned(),
            path_value(workspace::folder(lmms)),
        )]));
    };
    if let Some(git) = source.repr.strip_prefix("git+") {
        return Ok(git_source(git));
    }
    Ok(Table::from_iter([(
        "version".to_owned(),
        Value::from(format!("={}", lmms.version)),
    )]))
}

/// `https://host/repository?branch=main#commit` as a dependency on the same source.
pub(crate) fn git_source(source: &str) -> Table {
    let (address, _commit) = source.split_once('#').unwrap_or((source, ""));
    let (url, query) = address.split_once('?').unwrap_or((address, ""));
    let mut table = Table::from_iter([("git".to_owned(), Value::from(url))]);
    for pair in query.split('&') {
        if let Some((key @ ("branch" | "tag" | "rev"), value)) = pair.split_once('=') {
            table.insert(key.to_owned(), value.into());
        }
    }
    table
}

/// The user's `[patch]` tables with absolute paths.
fn patches(workspace: &Workspace) -> Result<Option<Table>, Error> {
    let path = workspace.root().join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let manifest: Table = text
        .parse()
        .map_err(|error: toml::de::Error| Error::Config {
            path: path.clone(),
            problem: error.message().to_owned(),
        })?;
    let Some(Value::Table(mut patches)) = manifest.get("patch").cloned() else {
        return Ok(None);
    };
    for (_, patched) in &mut patches {
        let Value::Table(crates) = patched else {
            continue;
        };
        for (_, source) in crates {
            if let Some(Value::String(relative)) = source.get("path") {
                let absolute = path_value(&workspace.root().join(relative));
                if let Value::Table(source) = source {
                    source.insert("path".to_owned(), absolute);
                }
            }
        }
    }
    Ok(Some(patches))
}

/// Copies the workspace's lock file whenever it has changed since the last copy.
///
/// Cargo then takes out what carriers don't need and adds the carriers themselves; that result is
/// kept as long as the user's file stays the same.
fn seed_lock(workspace: &Workspace, folder: &Path) -> Result<(), Error> {
    let source = workspace.root().join("Cargo.lock");
    let Ok(wanted) = fs::read_to_string(&source) else {
        return Ok(());
    };
    let seed = folder.join("Cargo.lock.seed");
    let lock = folder.join("Cargo.lock");
    if lock.exists() && fs::read_to_string(&seed).is_ok_and(|old| old == wanted) {
        return Ok(());
    }
    fs::write(&lock, &wanted).map_err(Error::io("write", &lock))?;
    fs::write(&seed, &wanted).map_err(Error::io("write", &seed))
}

fn remove_others(folder: &Path, members: &[&str]) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        let name = entry.file_name();
        let known = members.iter().any(|member| *member == name);
        if !known && entry.path().join("build.rs").exists() {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

fn build_script() -> String {
    let mut text = String::from(
        "//! Generated: sends a module's calls for threads, keys, destructors and memory to the host.\n\n\
         fn main() {\n    println!(\"cargo::rerun-if-changed=build.rs\");\n",
    );
    for symbol in lmms::WRAPPED_SYMBOLS {
        text += &format!("    println!(\"cargo::rustc-link-arg-cdylib=-Wl,--wrap={symbol}\");\n");
    }
    text + "}\n"
}

pub(crate) fn path_value(path: &Path) -> Value {
    Value::from(path.to_string_lossy().into_owned())
}

fn render(table: &Table) -> String {
    format!("# Generated by the tool of LMMS; changes are overwritten.\n\n{table}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_lists_members_and_keeps_patches() {
        let patches: Table = "[crates-io]\nserde = { path = \"/elsewhere/serde\" }"
            .parse()
            .unwrap();
        let root: Table = root_manifest(&["a", "b"], Some(patches)).parse().unwrap();
        assert_eq!(root["workspace"]["members"].as_array().unwrap().len(), 2);
        assert_eq!(root["profile"]["release"]["panic"].as_str(), Some("unwind"));
        assert_eq!(root["profile"]["dev"]["opt-level"].as_integer(), Some(1));
        assert_eq!(
            root["patch"]["crates-io"]["serde"]["path"].as_str(),
            Some("/elsewhere/serde")
        );
    }

    #[test]
    fn a_git_source_keeps_its_branch() {
        let table = git_source("https://example.org/lmms.git?branch=next#0123abc");
        assert_eq!(table["git"].as_str(), Some("https://example.org/lmms.git"));
        assert_eq!(table["branch"].as_str(), Some("next"));
        assert_eq!(git_source("https://example.org/x#0123abc").len(), 1);
    }

    #[test]
    fn files_that_say_the_same_are_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/file.txt");
        write_if_changed(&path, "one").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        write_if_changed(&path, "one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn every_wrapped_symbol_reaches_the_linker() {
        let script = build_script();
        assert!(
            script.contains("--wrap=__cxa_thread_atexit_impl"),
            "{script}"
        );
        assert_eq!(
            script.matches("--wrap=").count(),
            lmms::WRAPPED_SYMBOLS.len()
        );
    }
}
