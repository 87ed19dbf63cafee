//! Errors: what can go wrong between a call and its answer.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why a call has no result: the operation's own error, a panic inside it, or LMMS.
///
/// What seldom happens is boxed: so a result with it is as small as can be, and stays in registers where the compiler
/// sees what becomes of it.
///
/// ```
/// use lmms::{CallError, Error};
///
/// fn report(result: Result<u32, CallError<String>>) -> String {
///     match result {
///         Ok(value) => format!("got {value}"),
///         Err(CallError::Operation(error)) => format!("the operation says: {error}"),
///         Err(CallError::Panicked(panic)) => format!("a bug in a module: {panic}"),
///         Err(other) => format!("not called: {other}"),
///     }
/// }
/// assert_eq!(report(Err(CallError::Operation("too wide".into()))), "the operation says: too wide");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError<E = Infallible> {
    /// The operation ran and returned this error.
    Operation(E),
    /// The operation panicked. The module stays usable; its own state may be inconsistent.
    Panicked(Box<Panic>),
    /// The operation was not called, or not answered: loading failed, arguments were wrong, ….
    Lmms(Box<Error>),
}

impl<E> CallError<E> {
    /// What LMMS says, if it was LMMS.
    ///
    /// ```
    /// use lmms::{CallError, Error};
    ///
    /// let error: CallError = Error::Detached.into();
    /// assert!(matches!(error.as_lmms(), Some(Error::Detached)));
    /// ```
    pub fn as_lmms(&self) -> Option<&Error> {
        match self {
            Self::Lmms(error) => Some(error),
            Self::Operation(_) | Self::Panicked(_) => None,
        }
    }

    /// The same error with the operation's own error converted.
    pub fn map<F>(self, convert: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::Operation(error) => CallError::Operation(convert(error)),
            Self::Panicked(panic) => CallError::Panicked(panic),
            Self::Lmms(error) => CallError::Lmms(error),
        }
    }
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        Self::Lmms(Box::new(error))
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(error) => error.fmt(f),
            Self::Panicked(panic) => panic.fmt(f),
            Self::Lmms(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Lmms(error) => error.source(),
            Self::Operation(_) | Self::Panicked(_) => None,
        }
    }
}

/// Tells an operation's own error from the others.
#[inline(always)]
pub(crate) fn flatten<T, E>(result: Result<Result<T, E>, CallError>) -> Result<T, CallError<E>> {
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(CallError::Operation(error)),
        Err(error) => Err(error.map(|never| match never {})),
    }
}

/// A panic inside an operation, as text: its payload died inside the module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panic {
    /// The module.
    pub module: String,
    /// The operation, as `interface.name`.
    pub operation: String,
    /// The panic's message.
    pub message: String,
    /// File, line and column, where known.
    pub location: Option<String>,
}

impl Panic {
    pub(crate) fn new(
        module: impl Into<String>,
        operation: impl Into<String>,
        message: impl Into<String>,
        location: Option<String>,
    ) -> Self {
        Self {
            module: module.into(),
            operation: operation.into(),
            message: message.into(),
            location,
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            module,
            operation,
            message,
            location,
        } = self;
        write!(f, "operation `{operation}` of module `{module}` panicked")?;
        if let Some(location) = location {
            write!(f, " at {location}")?;
        }
        write!(f, ": {message}")
    }
}

/// Why LMMS could not make or answer a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// No such interface or operation.
    UnknownOperation {
        /// What was asked for, as `interface.name`.
        operation: String,
        /// A similar name that exists.
        similar: Option<String>,
        /// Modules that can be loaded, but were not there when this program was built.
        unknown_modules: Vec<String>,
    },
    /// No such interface.
    UnknownInterface {
        /// What was asked for.
        interface: String,
        /// A similar one that exists.
        similar: Option<String>,
    },
    /// No such module.
    UnknownModule {
        /// What was asked for.
        module: String,
        /// The modules that exist.
        known: Vec<&'static str>,
        /// It can be loaded, but was not there when this program was built.
        available: bool,
    },
    /// The arguments of a call by name don't fit.
    Arguments {
        /// The operation, as `interface.name`.
        operation: String,
        /// Which argument, and what is wrong with it.
        problem: String,
    },
    /// The manifest could not be used.
    #[cfg(feature = "gateway")]
    Manifest(Arc<crate::manifest::ManifestError>),
    /// The manifest doesn't list the module.
    NotBuilt {
        /// The module.
        module: String,
        /// The modules folder.
        folder: PathBuf,
    },
    /// A file or folder could not be opened or read.
    File {
        /// The module; empty for the folder itself.
        module: String,
        /// The file.
        path: PathBuf,
        /// What was being done, such as `open`.
        action: &'static str,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Others may write to the modules folder, the manifest or a module's file, and so decide what
    /// runs in this process.
    Untrusted {
        /// The module; empty for the folder and the manifest.
        module: String,
        /// The folder or file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// Its group's number.
        group: u32,
    },
    /// What `Builder::manifest_digest` got is no digest.
    Digest {
        /// What it got.
        digest: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The manifest is not the one that `Builder::manifest_digest` asks for.
    ManifestDigest {
        /// The manifest.
        path: PathBuf,
        /// The BLAKE3 hash that was asked for.
        expected: String,
        /// The manifest's.
        found: String,
    },
    /// The file is not the one that was built: its size differs from the manifest's.
    SizeMismatch {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// The manifest's size in bytes.
        expected: u64,
        /// The file's.
        found: u64,
    },
    /// The file is not the one that was built: its hash differs from the manifest's.
    HashMismatch {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// The manifest's BLAKE3 hash.
        expected: String,
        /// The file's.
        found: String,
    },
    /// The library is for another processor or system than this program.
    Platform {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// What this program is for.
        expected: String,
        /// What the library is for.
        found: String,
    },
    /// The dynamic linker refused the library.
    Link {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// What the linker said.
        message: String,
    },
    /// The library has no entry, or it is another module's: it was not made by `build-modules`.
    NotAModule {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The library speaks another version of the interface between application and module.
    AbiMismatch {
        /// The module.
        module: String,
        /// The application's version.
        expected: u32,
        /// The library's.
        found: u32,
    },
    /// The library was built by another compiler or with flags that change memory layouts.
    ToolchainMismatch {
        /// The module.
        module: String,
        /// The application's toolchain.
        expected: String,
        /// The library's.
        found: String,
    },
    /// The library has another number of operations than the registry.
    OperationCount {
        /// The module.
        module: String,
        /// In the registry.
        expected: usize,
        /// In the library.
        found: usize,
    },
    /// The library has an operation that the registry doesn't have, or the other way round.
    OperationMissing {
        /// The module.
        module: String,
        /// What the registry has at this place, as `interface.name`.
        expected: String,
        /// What the library has.
        found: String,
    },
    /// An operation's signature, or a type in it, differs between registry and library.
    SignatureMismatch {
        /// The module.
        module: String,
        /// The operation, as `interface.name`.
        operation: String,
        /// The signature the application was built with, and its fingerprint.
        expected: String,
        /// The library's.
        found: String,
    },
    /// The file's image was started before, by another copy of this crate in the same process, and a private copy of
    /// the file could not be used instead.
    AlreadyStarted {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
    },
    /// The module could not be started.
    Start {
        /// The module.
        module: String,
        /// What went wrong.
        message: String,
    },
    /// Loading failed shortly before and is not tried again yet.
    Backoff {
        /// The module.
        module: String,
        /// How long until the next try.
        retry_in: Duration,
        /// Why it failed.
        source: Box<Error>,
    },
    /// Host code that runs inside LMMS, such as a log subscriber or a destructor, asked for something
    /// that would never end or isn't safe there: the module is being loaded or unloaded by this very
    /// thread, the thread would wait for itself, or it holds what it asks for.
    Reentered {
        /// The module.
        module: String,
        /// What the thread is in the middle of.
        reason: String,
    },
    /// A module called another one, but has a context without a gateway behind it.
    Detached,
    /// The error reached a module from the application, as text.
    Remote {
        /// The text.
        message: String,
    },
}

/// The advice where the modules folder has what the registry doesn't.
const REBUILD_PROGRAM: &str =
    "build it again, after a change to the file with the gateway if cargo sees nothing to do";

/// The advice that most load errors end with.
const REBUILD: &str =
    "run `cargo xtask build-modules`, and rebuild the application if its modules' sources changed";

/// What there is no more of, and what to do, if that is what the system says.
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
                    [] => Ok(()),
                    modules => write!(
                        f,
                        "; this program was built before there was `{}`: {REBUILD_PROGRAM}",
                        modules.join("`, `")
                    ),
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
                "this program was built before there was a module `{module}`: {REBUILD_PROGRAM}"
            ),
            Self::UnknownModule { module, known, .. } => {
                write!(f, "no module `{module}`; there are {}", known.join(", "))
            }
            Self::Arguments { operation, problem } => {
                write!(f, "arguments of `{operation}`: {problem}")
            }
            #[cfg(feature = "gateway")]
            Self::Manifest(error) => error.fmt(f),
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
                "`{digest}` is no manifest digest: {problem}; `cargo xtask build-modules` prints it, 64 hex digits"
            ),
            Self::ManifestDigest {
                path,
                expected,
                found,
            } => write!(
                f,
                "{} is not the manifest that `Builder::manifest_digest` asks for (BLAKE3 {found}, expected {expected}): put back the modules of that build, or give the new digest that `cargo xtask build-modules` prints",
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

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            #[cfg(feature = "gateway")]
            Self::Manifest(error) => error.source(),
            // Display already says what the system said.
            _ => None,
        }
    }
}

#[cfg(feature = "gateway")]
impl From<crate::manifest::ManifestError> for Error {
    fn from(error: crate::manifest::ManifestError) -> Self {
        Self::Manifest(Arc::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_adds_next_to_nothing_to_a_result() {
        let word = size_of::<usize>();
        assert_eq!(size_of::<CallError>(), 2 * word);
        assert_eq!(size_of::<Result<u64, CallError>>(), 2 * word);
        assert_eq!(size_of::<Result<String, CallError>>(), 3 * word);
    }
}
