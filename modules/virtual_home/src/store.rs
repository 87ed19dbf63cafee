//! Opening database files, keeping them open, and telling what is wrong with them.
use std::cell::Cell;
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use home_types::HomeError;
use lmms::Context;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::{rows, seed};

/// The path that stands for a home without a file.
pub(crate) const IN_MEMORY: &str = ":memory:";

/// The version of the file's layout, kept in its `user_version`.
pub(crate) const LAYOUT: u32 = 1;

/// Marks a SQLite file as a home: `HOME` in ASCII, kept in its `application_id`.
const APPLICATION_ID: i64 = 0x484f_4d45;

/// How long to wait for other processes that use the file. Alexa gives up on a directive after eight seconds.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 4_500 });

thread_local! {
    /// Since when this thread waits.
    static WAITS_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

static OPEN: LazyLock<Mutex<HashMap<PathBuf, Arc<OpenHome>>>> = LazyLock::new(Mutex::default);

struct OpenHome {
    connection: Mutex<Connection>,
    file: Option<FileId>,
}

/// Which file a connection was opened on, to notice that it was removed or replaced since.
type FileId = (u64, u64);

/// What went wrong inside an operation, before the file's path is known to it.
#[derive(Debug)]
pub(crate) enum Failure {
    Sql(rusqlite::Error),
    Json(serde_json::Error),
    Home(HomeError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Sql(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::Json(error)
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        Failure::Home(error)
    }
}

/// Runs `work` on the home in `path`, which is opened, and made, if need be.
pub(crate) fn read<T>(
    cx: &Context,
    path: &str,
    work: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, HomeError> {
    with_connection(cx, path, |connection| work(connection))
}

/// Runs `work` in a transaction on the home in `path`: all of it happens, or, on an error, nothing.
pub(crate) fn write<T>(
    cx: &Context,
    path: &str,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
) -> Result<T, HomeError> {
    with_connection(cx, path, |connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    })
}

/// Closes the home in `path`; false if it was not open.
pub(crate) fn close(path: &str) -> bool {
    lock(&OPEN).remove(Path::new(path)).is_some()
}

/// Closes all homes: the module is about to be unloaded.
pub(crate) fn close_all() {
    lock(&OPEN).clear();
}

/// Keeps the module loaded while unloading it would lose a home that has no file.
pub(crate) fn reason_to_stay() -> Option<String> {
    lock(&OPEN).contains_key(Path::new(IN_MEMORY)).then(|| {
        "it holds a home that exists in memory only; `virtual_home close` gives it up".to_owned()
    })
}

fn with_connection<T>(
    cx: &Context,
    path: &str,
    work: impl FnOnce(&mut Connection) -> Result<T, Failure>,
) -> Result<T, HomeError> {
    let home = find_or_open(cx, path)?;
    let mut connection = lock(&home.connection);
    work(&mut connection).map_err(|failure| {
        if is_beyond_repair(&failure) {
            // The next call opens the file afresh, in case someone puts a good one in its place.
            close(path);
        }
        explain(path, failure)
    })
}

fn find_or_open(cx: &Context, path: &str) -> Result<Arc<OpenHome>, HomeError> {
    let key = PathBuf::from(path);
    let mut open = lock(&OPEN);
    if let Some(home) = open.get(&key) {
        // A file that was removed or replaced would otherwise be written to where nobody finds it.
        if home.file == file_id(path) {
            return Ok(Arc::clone(home));
        }
        tracing::info!(path, "the home's file was replaced: opening the new one");
        open.remove(&key);
    }
    let connection = Mutex::new(open_file(cx, path)?);
    let home = Arc::new(OpenHome {
        connection,
        file: file_id(path),
    });
    open.insert(key, Arc::clone(&home));
    Ok(home)
}

fn open_file(cx: &Context, path: &str) -> Result<Connection, HomeError> {
    check_path(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    make_private(path)?;
    let open = || -> Result<Connection, Failure> {
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_handler(Some(wait_for_others))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        if is_home(&connection, path)? {
            return Ok(connection);
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have made the home between the look and the lock.
        if !is_home(&transaction, path)? {
            transaction.execute_batch(rows::TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", LAYOUT)?;
            let added = seed::add_missing(&transaction, cx.unix_time())?;
            tracing::info!(path, devices = added, "made a new virtual home");
        }
        transaction.commit()?;
        Ok(connection)
    };
    open().map_err(|failure| explain(path, failure))
}

/// Waits a little for another process that uses the file; false once the patience is over.
///
/// A writer that never rests leaves the file free for a fraction of a millisecond between its transactions. SQLite's
/// own waits grow to 100 ms: in two seconds they meet such a gap two dozen times at best, and a reader starves. Short
/// waits of random length meet it in time. A write-ahead log would let readers pass, but a log that outlives its file's
/// replacement is applied to the new one.
fn wait_for_others(tries: i32) -> bool {
    if tries == 0 {
        WAITS_SINCE.set(Some(Instant::now()));
    }
    let waited = WAITS_SINCE.get().map_or(PATIENCE, |since| since.elapsed());
    let random = u64::from(waited.subsec_nanos() % 1_000);
    std::thread::sleep(Duration::from_micros(200 + random));
    waited < PATIENCE
}

/// Makes the file, if there is none, so that only its owner can read it: it tells when somebody was at home. SQLite
/// gives its journal the same mode.
fn make_private(path: &str) -> Result<(), HomeError> {
    if path == IN_MEMORY {
        return Ok(());
    }
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(storage(
            path,
            &error.to_string(),
            "name a file that this program may make",
        )),
    }
}

/// What SQLite would answer with a bare "unable to open", or block on.
fn check_path(path: &str) -> Result<(), HomeError> {
    if path == IN_MEMORY {
        return Ok(());
    }
    if path.is_empty() || path.contains('\0') {
        return Err(HomeError::invalid_input(
            "path",
            "it is empty or contains a NUL character",
        ));
    }
    let file = Path::new(path);
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(storage(
            path,
            "this is not a file",
            "name a file, not a directory or device",
        )),
        Err(_) => {
            let directory = file
                .parent()
                .filter(|directory| !directory.as_os_str().is_empty());
            if directory.is_none_or(Path::is_dir) {
                return Ok(());
            }
            Err(storage(
                path,
                "its directory does not exist",
                "make the directory, or name another path",
            ))
        }
    }
}

/// Whether the file is a home; false if it is empty.
fn is_home(connection: &Connection, path: &str) -> Result<bool, Failure> {
    let number =
        |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, layout) = (number("application_id")?, number("user_version")?);
    if application == APPLICATION_ID && layout == i64::from(LAYOUT) {
        return Ok(true);
    }
    if application == APPLICATION_ID {
        let reason = format!("its layout is version {layout}, this program knows version {LAYOUT}");
        return Err(storage(
            path,
            &reason,
            "use the program that made it, or another path",
        )
        .into());
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if tables == 0 && application == 0 {
        return Ok(false);
    }
    Err(storage(
        path,
        "this is a database of something else",
        "name another path",
    )
    .into())
}

fn is_beyond_repair(failure: &Failure) -> bool {
    let Failure::Sql(error) = failure else {
        return false;
    };
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure)
    )
}

fn explain(path: &str, failure: Failure) -> HomeError {
    let error = match failure {
        Failure::Home(error) => return error,
        Failure::Json(error) => {
            let reason = format!("a device's record is damaged ({error})");
            return storage(
                path,
                &reason,
                "restore a copy, or start anew with `virtual_home reset`",
            );
        }
        Failure::Sql(error) => error,
    };
    let (reason, advice) = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => (
            "this is not a database",
            "name another path, or move the file away",
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            "the database is damaged",
            "restore a copy, or move it away: a new home is then made",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            "another process is using it",
            "try again, or end the other process",
        ),
        Some(ErrorCode::ReadOnly) => (
            "it cannot be written",
            "check the file's and its directory's permissions",
        ),
        Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => (
            "it cannot be opened",
            "check the file's and its directory's permissions",
        ),
        Some(ErrorCode::DiskFull) => ("the disk is full", "make room"),
        Some(ErrorCode::SystemIoFailure) => ("reading or writing failed", "check the disk"),
        _ => (
            "it does not hold what was expected",
            "restore a copy, or start anew with `virtual_home reset`",
        ),
    };
    storage(path, &format!("{reason} ({error})"), advice)
}

fn storage(path: &str, reason: &str, advice: &str) -> HomeError {
    HomeError::Storage {
        path: path.to_owned(),
        reason: reason.to_owned(),
        advice: advice.to_owned(),
    }
}

#[cfg(unix)]
fn file_id(path: &str) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok().filter(|_| path != IN_MEMORY)?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn file_id(_path: &str) -> Option<FileId> {
    None
}

/// A panic while the lock was held leaves a connection whose transaction was rolled back: good to go on with.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
