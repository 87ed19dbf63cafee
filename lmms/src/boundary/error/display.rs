//! What errors say, and what to do about them.

#![forbid(unsafe_code)]

use std::{fmt, io};

use super::Error;

/// The advice where the modules folder has what the registry doesn't.
const REBUILD_PROGRAM: &str = "build the program again, after a change to the file with the gateway if cargo sees nothing to do";

/// The advice that most load errors end with.
const REBUILD: &str =
    "run `cargo lmms build`, and rebuild the application if its modules' sources changed";

/// What the system is out of and what to do, if the error says that.
pub(crate) fn scarcity(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error()? {
        libc::EMFILE => Some(
            "the process has as many descriptors open as it may (EMFILE): raise the limit (`ulimit -n`), or close some; those of modules are named by `explain`",
        ),
        libc::ENFILE => Some(
            "the system has as many files open as it may (ENFILE): raise `fs.file-max`, or close some",
        ),
        libc::ENOMEM => Some(
            "there is no more memory, or the process has as many mappings as it may (ENOMEM): look at `ulimit -v` and `vm.max_map_count`",
        ),
        _ => None,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOperation {
                operation,
                similar,
                unknown_modules,
            } => {
                unknown(f, "operation", operation, similar.as_deref())?;
                match unknown_modules.as_slice() {
                    // They may be another program's, so a likely spelling goes first.
                    modules if similar.is_none() && !modules.is_empty() => write!(
                        f,
                        "; the modules folder also has `{}`, which this program doesn't know: if one of them is meant, {REBUILD_PROGRAM}",
                        modules.join("`, `")
                    ),
                    _ => Ok(()),
                }
            }
            Self::UnknownInterface { interface, similar } => {
                unknown(f, "interface", interface, similar.as_deref())
            }
            Self::UnknownModule {
                module,
                available: true,
                ..
            } => write!(
                f,
                "the modules folder has `{module}`, which this program doesn't know: if its gateway should have it, {REBUILD_PROGRAM}"
            ),
            Self::UnknownModule { module, known, .. } => {
                write!(f, "no module `{module}`; there are {}", known.join(", "))
            }
            Self::Arguments { operation, problem } => {
                write!(f, "arguments of `{operation}`: {problem}")
            }
            #[cfg(feature = "gateway")]
            Self::Manifest(error) => error.fmt(f),
            Self::NoModules { looked_in } => {
                f.write_str(
                    "there are no built modules: LMMS_MODULES is not set, and no manifest of the program's owner is in",
                )?;
                for (index, folder) in looked_in.iter().enumerate() {
                    let gap = if index == 0 { "" } else { "," };
                    write!(f, "{gap} {}", folder.display())?;
                }
                f.write_str(
                    "; run `cargo lmms build`, put the folder with the modules beside the program as `modules`, or name \
                     it in LMMS_MODULES or with `Builder::modules`",
                )
            }
            Self::NotBuilt { module, folder } => write!(
                f,
                "module `{module}` is not in the manifest of {}: {REBUILD}, or if the module is gone",
                folder.display()
            ),
            Self::File {
                module,
                path,
                action,
                source,
            } => {
                if !module.is_empty() {
                    write!(f, "module `{module}`: ")?;
                }
                write!(f, "can't {action} {}: {source}", path.display())?;
                if source.kind() == io::ErrorKind::NotFound {
                    write!(f, "; {REBUILD}")?;
                }
                if let Some(advice) = scarcity(source) {
                    write!(f, "; {advice}")?;
                }
                Ok(())
            }
            Self::Untrusted {
                module,
                path,
                mode,
                group,
            } => {
                if !module.is_empty() {
                    write!(f, "module `{module}`: ")?;
                }
                let path = path.display();
                write!(
                    f,
                    "others may write to {path} (mode {mode:04o}, group {group}), and so run code in this process: run `chmod go-w {path}`, or allow it with `Builder::trust_shared_files(true)`"
                )
            }
            Self::Digest { digest, problem } => write!(
                f,
                "`{digest}` is no manifest digest: {problem}; `cargo lmms build` prints it, 64 hex digits"
            ),
            Self::ManifestDigest {
                path,
                expected,
                found,
            } => write!(
                f,
                "{} is not the manifest that `Builder::manifest_digest` asks for (BLAKE3 {found}, expected {expected}): put back the modules of that build, or give the new digest that `cargo lmms build` prints",
                path.display()
            ),
            Self::SizeMismatch {
                module,
                path,
                expected,
                found,
            } => write!(
                f,
                "module `{module}`: {} is not the file that was built ({found} bytes, manifest says {expected}): {REBUILD}",
                path.display()
            ),
            Self::Platform {
                module,
                path,
                expected,
                found,
            } => write!(
                f,
                "module `{module}`: {} is for {found}, this program is for {expected}: {REBUILD}",
                path.display()
            ),
            Self::HashMismatch {
                module,
                path,
                expected,
                found,
            } => write!(
                f,
                "module `{module}`: {} is not the file that was built (BLAKE3 {found}, manifest says {expected}): {REBUILD}",
                path.display()
            ),
            Self::Link {
                module,
                path,
                message,
            } => write!(
                f,
                "module `{module}`: the dynamic linker refused {}: {message}",
                path.display()
            ),
            Self::NotAModule {
                module,
                path,
                problem,
            } => write!(
                f,
                "module `{module}`: {} is no LMMS module: {problem}: {REBUILD}",
                path.display()
            ),
            Self::AbiMismatch {
                module,
                expected,
                found,
            } => write!(
                f,
                "module `{module}` was built for LMMS interface {found}, this application has {expected}: {REBUILD}"
            ),
            Self::ToolchainMismatch {
                module,
                expected,
                found,
            } => write!(
                f,
                "module `{module}` was built by {found:?}, this application by {expected:?}: {REBUILD}"
            ),
            Self::OperationCount {
                module,
                expected,
                found,
            } => write!(
                f,
                "module `{module}` has {found} operations, the registry {expected}: {REBUILD}"
            ),
            Self::OperationMissing {
                module,
                expected,
                found,
            } => write!(
                f,
                "module `{module}` has operation `{found}` where the registry has `{expected}`: {REBUILD}"
            ),
            Self::SignatureMismatch {
                module,
                operation,
                expected,
                found,
            } => write!(
                f,
                "operation `{operation}` of module `{module}` is {found}, the registry has {expected}: {REBUILD}"
            ),
            Self::AlreadyStarted { module, path } => write!(
                f,
                "module `{module}` already runs in this process: another copy of the `lmms` crate, such as another \
                 version, has started {}; build the program with one copy (`cargo tree -d` lists them), or give each \
                 a folder of its own",
                path.display()
            ),
            Self::Start { module, message } => {
                write!(f, "module `{module}` could not be started: {message}")
            }
            Self::Backoff {
                module,
                retry_in,
                source,
            } => write!(
                f,
                "{source} (module `{module}` is tried again in {:.1} s)",
                retry_in.as_secs_f64()
            ),
            Self::Reentered { module, reason } => write!(
                f,
                "module `{module}` can't be asked for anything now: {reason}; try again from another thread, or later"
            ),
            Self::Detached => f.write_str(
                "this context has no gateway behind it: `Context::detached()` is for unit tests of operations that call no other module",
            ),
            Self::Remote { message } => f.write_str(message),
        }
    }
}

fn unknown(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    name: &str,
    similar: Option<&str>,
) -> fmt::Result {
    write!(f, "no {what} `{name}`")?;
    match similar {
        Some(similar) => write!(f, "; did you mean `{similar}`?"),
        None => Ok(()),
    }
}
