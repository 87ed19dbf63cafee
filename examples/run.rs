//! Builds the modules of an example and runs its program, as its reader would.
#![forbid(unsafe_code)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// What `program` prints, with `modules` built.
///
/// # Panics
/// When the modules can't be built, or the program fails.
pub fn output(program: &str, modules: &[&str]) -> String {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = xtask::Workspace::find(Some(package)).expect("the example is in a workspace");
    let options = xtask::BuildOptions {
        modules: modules.iter().map(|name| (*name).to_owned()).collect(),
        quiet: true,
        ..Default::default()
    };
    let built = match xtask::build_modules(&workspace, &options) {
        Ok(report) => report.folder,
        Err(error) => panic!("the modules can't be built: {error}"),
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_PKG_NAME"));
    link(&built, &folder.join("target/lmms/modules")).expect("the modules can be linked");
    let output = Command::new(program)
        .current_dir(&folder)
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}: {}",
        output.status,
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Makes `modules` what the program finds at `path`: the target folder may be elsewhere.
fn link(modules: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => symlink(modules, path),
    }
}
