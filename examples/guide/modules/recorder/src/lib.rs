//! Keeps notes until they are saved. A thread of its own takes them.
#![forbid(unsafe_code)]

use std::mem;
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use lmms::operation;

lmms::module!(veto = unsaved, shutdown = stop);

/// Notes that are not saved yet.
static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The thread, and how it gets notes.
static WRITER: Mutex<Option<(Sender<String>, JoinHandle<()>)>> = Mutex::new(None);

/// Takes a note.
#[operation(interface = "recorder")]
fn note(text: &str) {
    let mut writer = lock(&WRITER);
    let (sender, _) = writer.get_or_insert_with(|| {
        let (sender, notes) = mpsc::channel();
        let thread = thread::spawn(move || {
            for text in notes {
                lock(&NOTES).push(text);
            }
        });
        (sender, thread)
    });
    // The thread ends only after its sender.
    let _ = sender.send(text.to_owned());
}

/// Hands over all notes.
#[operation(interface = "recorder")]
fn save() -> Vec<String> {
    stop();
    mem::take(&mut *lock(&NOTES))
}

/// Why the module can't be unloaded: it would forget notes.
fn unsaved() -> Option<String> {
    let is_writing = lock(&WRITER).is_some();
    is_writing.then(|| "notes are not saved".to_owned())
}

/// Ends the thread after its last note.
fn stop() {
    let writer = lock(&WRITER).take();
    if let Some((sender, thread)) = writer {
        drop(sender);
        // It doesn't panic.
        let _ = thread.join();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
