//! Writes and builds applications of any size.
//!
//! Every size has its program with a gateway to generated module sources. Only the first module,
//! the same in all sizes, is really built; the manifest lists the others as if they were.

#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lmms::manifest::{FILE_NAME, Manifest};

use crate::fixture::{self, FOLDER};

/// Operations in each module.
const EACH: usize = OPERATIONS.len();

/// The operations of a module, of the types that one meets. The sixth is called.
const OPERATIONS: [&str; 10] = [
    "fn op_0(left: f64, right: f64) -> f64 {\n    left * right\n}",
    "fn op_1(text: &str) -> String {\n    text.to_uppercase()\n}",
    "fn op_2(bytes: &[u8]) -> Vec<u8> {\n    bytes.iter().rev().copied().collect()\n}",
    "fn op_3(numbers: &[i64]) -> i64 {\n    numbers.iter().sum()\n}",
    "fn op_4(name: &str, count: Option<u32>) -> Result<String, String> {\n    \
     count.map(|count| name.repeat(count as usize % 9)).ok_or_else(|| name.to_owned())\n}",
    "fn op_5(number: u64) -> u64 {\n    number.wrapping_add(5)\n}",
    "fn op_6(cx: &Context, text: &str) -> bool {\n    cx.unix_time().as_secs() as usize > text.len()\n}",
    "fn op_7(pairs: Vec<(u32, String)>) -> Vec<String> {\n    \
     pairs.into_iter().map(|pair| pair.1).collect()\n}",
    "fn op_8(key: &str) -> Option<String> {\n    (!key.is_empty()).then(|| key.to_owned())\n}",
    "fn op_9() {}",
];

/// A built application.
#[derive(Debug)]
pub struct Program {
    /// Its program.
    pub program: PathBuf,
    /// The folder of its modules.
    pub modules: PathBuf,
}

/// Builds an application of each size.
pub fn build(sizes: &[usize]) -> Result<Vec<Program>, String> {
    let folder = Path::new(FOLDER).join("target/registry");
    write(&folder.join("Cargo.toml"), WORKSPACE)?;
    // The versions that this program was tested with.
    let lock = folder.join("Cargo.lock");
    if !lock.exists() {
        let own = Path::new(FOLDER).join("Cargo.lock");
        fs::copy(&own, &lock).map_err(|error| error.to_string())?;
    }
    let lmms = Path::new(FOLDER).join("../../lmms");
    let lmms = lmms.canonicalize().map_err(|error| error.to_string())?;
    write_module(&folder.join("real/m0000"), 0, &lmms)?;
    for size in sizes {
        let package = folder.join(format!("programs/p{size}"));
        let manifest = format!(
            "[package]\nname = \"p{size}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\nlmms = {{ path = {lmms:?} }}\n"
        );
        write(&package.join("Cargo.toml"), &manifest)?;
        write(&package.join("src/main.rs"), PROGRAM)?;
        for module in 0..size.div_ceil(EACH) {
            write_module(
                &package.join(format!("modules/m{module:04}")),
                module,
                &lmms,
            )?;
        }
    }
    let built = fixture::build(&folder)?;
    let manifest = Manifest::read(&built).map_err(|error| error.to_string())?;
    let mut programs = Vec::new();
    for size in sizes {
        eprintln!("  building an application with {size} operations");
        compile(&folder, *size)?;
        programs.push(Program {
            program: folder.join(format!("target/release/p{size}")),
            modules: list(&folder, &built, &manifest, *size)?,
        });
    }
    Ok(programs)
}

const WORKSPACE: &str = "\
[workspace]
resolver = \"3\"
members = [\"real/*\", \"programs/*\"]

[profile.release]
lto = \"thin\"
codegen-units = 4
strip = \"debuginfo\"
";

const PROGRAM: &str = r#"//! Generated: opens a gateway and says what that took.

use std::hint::black_box;
use std::time::Instant;

use lmms::serde_json::json;

lmms::gateway! {
    /// Many operations.
    pub Many { modules: ["modules/*"] }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let begun = Instant::now();
    let many = Many::builder().modules(&arguments[1]).background_sweeps(false).open()?;
    let open = begun.elapsed().as_nanos() as f64 / 1e3;
    match arguments.get(2).map(String::as_str) {
        Some("call") => {
            many.i0000().op_5(1)?;
            println!("called");
        }
        Some("measure") => {
            let mut calls = Vec::new();
            let mut names = Vec::new();
            for _ in 0..9 {
                // The fastest of several copies of the loop: they differ in nothing but where they stand.
                let copies = [
                    call::<0>(&many)?, call::<1>(&many)?, call::<2>(&many)?, call::<3>(&many)?,
                    call::<4>(&many)?, call::<5>(&many)?, call::<6>(&many)?, call::<7>(&many)?,
                ];
                calls.push(copies.into_iter().fold(f64::MAX, f64::min));
                let begun = Instant::now();
                for number in 0..20_000 {
                    let kwargs = json!({ "number": black_box(number) });
                    black_box(many.execute_operation(black_box("i0000"), black_box("op_5"), kwargs)?);
                }
                names.push(begun.elapsed().as_nanos() as f64 / 20_000.0);
            }
            calls.sort_by(f64::total_cmp);
            names.sort_by(f64::total_cmp);
            println!("{{\"open\": {open}, \"call\": {}, \"by_name\": {}}}", calls[4], names[4]);
        }
        _ => println!("ready"),
    }
    let _ = std::io::stdin().read_line(&mut String::new());
    Ok(())
}

/// Nanoseconds of a resident call.
#[inline(never)]
fn call<const COPY: usize>(many: &Many) -> Result<f64, Box<dyn std::error::Error>> {
    black_box(COPY);
    let begun = Instant::now();
    for number in 0..50_000 {
        black_box(many.i0000().op_5(black_box(number))?);
    }
    Ok(begun.elapsed().as_nanos() as f64 / 50_000.0)
}
"#;

fn write_module(folder: &Path, module: usize, lmms: &Path) -> Result<(), String> {
    let manifest = format!(
        "[package]\nname = \"m{module:04}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nlmms = {{ path = {lmms:?}, default-features = false }}\n"
    );
    let mut source =
        String::from("//! Generated.\n\nuse lmms::{Context, operation};\n\nlmms::module!();\n");
    for (number, operation) in OPERATIONS.iter().enumerate() {
        let cache = if number == 8 {
            ", cache(ttl = \"1m\")"
        } else {
            ""
        };
        let _ = write!(
            source,
            "\n/// Operation {number} of module {module}, with a line that says what it is for.\n\
             #[operation(interface = \"i{module:04}\"{cache})]\n{operation}\n"
        );
    }
    write(&folder.join("Cargo.toml"), &manifest)?;
    write(&folder.join("src/lib.rs"), &source)
}

/// Writes a file unless it says that already, so that cargo sees nothing to do.
fn write(path: &Path, text: &str) -> Result<(), String> {
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    let failed = |error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

fn compile(folder: &Path, size: usize) -> Result<(), String> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--release", "--quiet", "-p", &format!("p{size}")])
        .current_dir(folder)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(());
    }
    Err(format!(
        "the application with {size} operations does not build"
    ))
}

/// A folder with the built module, and a manifest of all of them.
fn list(folder: &Path, built: &Path, manifest: &Manifest, size: usize) -> Result<PathBuf, String> {
    let target = folder.join(format!("modules/{size}"));
    let real = manifest
        .module("m0000")
        .ok_or("the generated module is not built")?;
    let mut all = manifest.clone();
    all.modules = (0..size.div_ceil(EACH))
        .map(|index| {
            let mut module = real.clone();
            module.name = format!("m{index:04}");
            if index > 0 {
                module.file = format!("libm{index:04}.so");
                for operation in &mut module.operations {
                    operation.interface = format!("i{index:04}");
                }
            }
            module
        })
        .collect();
    let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
    write(&target.join(FILE_NAME), &text)?;
    let library = target.join(&real.file);
    // By rename, in case somebody has it loaded.
    let fresh = library.with_extension("new");
    fs::copy(built.join(&real.file), &fresh)
        .and_then(|_| fs::rename(&fresh, &library))
        .map_err(|error| format!("{}: {error}", library.display()))?;
    Ok(target)
}
