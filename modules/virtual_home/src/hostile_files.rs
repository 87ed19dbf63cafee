//! Files that are not what they should be: every operation answers with an error that says so, and none crashes.
use std::fs;
use std::path::Path;

use home_types::{Command, HomeError};
use lmms::Context;
use rusqlite::Connection;

use crate::catalog::{get_state, list_devices};
use crate::control::apply;
use crate::testing::home;
use crate::upkeep::{check, close, open};

fn storage_error<T: std::fmt::Debug>(result: Result<T, HomeError>) -> String {
    match result {
        Err(HomeError::Storage { reason, .. }) => reason,
        other => panic!("expected a storage error, got {other:?}"),
    }
}

#[test]
fn paths_that_cannot_be_a_file() {
    let (directory, path, cx) = home();
    let missing = Path::new(&path)
        .join("deeper/home.db")
        .display()
        .to_string();
    assert!(storage_error(open(&cx, &missing)).contains("directory does not exist"));
    assert!(
        storage_error(open(&cx, &directory.path().display().to_string())).contains("not a file")
    );
    assert!(storage_error(open(&cx, "/dev/null")).contains("not a file"));
    for path in ["", "a\0b"] {
        assert!(
            matches!(open(&cx, path), Err(HomeError::InvalidInput { .. })),
            "{path:?}"
        );
    }
}

#[test]
fn files_that_are_something_else() {
    let (_directory, path, cx) = home();
    fs::write(
        &path,
        "this is a shopping list, not a database\n".repeat(100),
    )
    .unwrap();
    assert!(storage_error(open(&cx, &path)).contains("not a database"));
    fs::remove_file(&path).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE albums (title TEXT)")
        .unwrap();
    assert!(storage_error(open(&cx, &path)).contains("something else"));
    let albums: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .unwrap();
    assert_eq!(albums, 1, "another program's database is left alone");
}

#[test]
fn a_file_of_a_newer_program() {
    let (_directory, path, cx) = home();
    open(&cx, &path).unwrap();
    close(&path);
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    assert!(storage_error(open(&cx, &path)).contains("version 99"));
}

#[test]
fn a_file_another_process_is_writing_to() {
    let (_directory, path, cx) = home();
    open(&cx, &path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let reason = storage_error(apply(&cx, &path, "light.hallway", &Command::TurnOn));
    assert!(reason.contains("another process"), "{reason}");
    other.execute_batch("COMMIT").unwrap();
    apply(&cx, &path, "light.hallway", &Command::TurnOn).unwrap();
}

#[test]
fn a_home_that_cannot_be_written() {
    let (_directory, path, cx) = home();
    open(&cx, &path).unwrap();
    // Not by file permissions: they do not bind the superuser.
    crate::store::read(&cx, &path, |home| {
        Ok(home.pragma_update(None, "query_only", true)?)
    })
    .unwrap();
    assert!(get_state(&cx, &path, "light.hallway").is_ok());
    let reason = storage_error(apply(&cx, &path, "light.hallway", &Command::TurnOn));
    assert!(reason.contains("cannot be written"), "{reason}");
}

#[test]
fn a_file_removed_or_replaced_while_open() {
    let (directory, path, cx) = home();
    apply(&cx, &path, "light.hallway", &Command::TurnOn).unwrap();
    let copy = directory.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(
        get_state(&cx, &path, "light.hallway").unwrap().power,
        Some(false),
        "a new home was made"
    );
    fs::rename(&copy, &path).unwrap();
    assert_eq!(
        get_state(&cx, &path, "light.hallway").unwrap().power,
        Some(true),
        "the copy is in use"
    );
}

#[test]
fn files_cut_short_or_overwritten_anywhere() {
    let (_directory, path, cx) = home();
    open(&cx, &path).unwrap();
    close(&path);
    let good = fs::read(&path).unwrap();
    let exercise = || {
        let _ = open(&cx, &path);
        let _ = list_devices(&cx, &path);
        let _ = apply(&cx, &path, "scene.movie_time", &Command::ActivateScene);
        let _ = check(&cx, &path);
        close(&path);
    };
    for length in (0..good.len()).step_by(1021) {
        fs::write(&path, &good[..length]).unwrap();
        exercise();
    }
    let mut seed = 42_u64;
    for _ in 0..60 {
        let mut bytes = good.clone();
        for _ in 0..40 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] = (seed >> 20) as u8;
        }
        fs::write(&path, &bytes).unwrap();
        exercise();
    }
    fs::write(&path, &good).unwrap();
    assert!(
        list_devices(&cx, &path).is_ok(),
        "a good file in the bad one's place is used again"
    );
}

#[test]
fn a_file_damaged_while_open_is_not_kept_open() {
    let (_directory, path, cx) = home();
    open(&cx, &path).unwrap();
    let good = fs::read(&path).unwrap();
    // In place, so that it stays the same file.
    fs::write(&path, "garbage ".repeat(1000)).unwrap();
    storage_error(list_devices(&cx, &path));
    assert!(!close(&path), "it was closed already");
    fs::write(&path, good).unwrap();
    list_devices(&cx, &path).unwrap();
}

#[test]
fn a_home_is_its_owners_and_survives_a_loss_of_power() {
    use std::os::unix::fs::PermissionsExt;

    let (_directory, path, cx) = home();
    open(&cx, &path).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let (journal, synchronous) = crate::store::read(&cx, &path, |home| {
        let text = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let journal = home.pragma_query_value(None, "journal_mode", text)?;
        let synchronous = home.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        Ok((journal, synchronous))
    })
    .unwrap();
    // Each commit of a rollback journal is on the disk only with 2 (FULL):
    // https://sqlite.org/pragma.html#pragma_synchronous.
    assert_eq!((&*journal, synchronous), ("delete", 2));
}

#[test]
fn many_threads_at_once() {
    let (_directory, path, cx) = home();
    open(&cx, &path).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let cx = Context::detached();
                for round in 0..25 {
                    let percent = i64::from(thread * 25 + round) % 101;
                    apply(
                        &cx,
                        path,
                        "light.kitchen_ceiling",
                        &Command::SetBrightness { percent },
                    )
                    .unwrap();
                    list_devices(&cx, path).unwrap();
                }
            });
        }
    });
    assert_eq!(
        crate::catalog::recent_changes(&cx, &path, 200)
            .unwrap()
            .len(),
        100
    );
}
