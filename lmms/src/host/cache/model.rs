//! Reading without a lock under the model checker: a value is not dropped while it is looked at.
//!
//! As in `protection::model`, threads get their blocks handed in, and both sides have a fence.
//!
//! `cargo xtask model`

#![forbid(unsafe_code)]

use std::sync::Arc as Shared;
use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

use super::hits::Hits;
use super::index::Index;
use super::shard::{NewEntry, Removed, Shard};
use crate::host::protection::{Barrier, Protection};
use crate::sync::{AtomicU64, Ordering};

const HASH: u64 = 3;

/// A result that is 1 until it is dropped.
fn new(alive: &Arc<AtomicU64>) -> NewEntry<'static> {
    NewEntry {
        hash: HASH,
        operation: 1,
        module: 0,
        arguments: &[],
        value: Shared::new(alive.clone()),
        size: 1,
        expires: Duration::MAX,
        hits: Shared::new(Hits::new()),
    }
}

/// A reader, and a writer that puts another value in place of the one that is there.
fn reader_and_writer(barrier: Barrier) {
    loom::model(move || {
        let readers = Arc::new(Protection::with_barrier(0, barrier));
        let index = Arc::new(Index::new());
        let mut shard = Shard::default();
        let mut removed = Removed::default();
        let [first, second] = [(); 2].map(|()| Arc::new(AtomicU64::new(1)));
        shard.insert(&index, new(&first), &mut removed);
        let reader = {
            let (readers, index) = (readers.clone(), index.clone());
            let block = readers.adopt_block();
            thread::spawn(move || {
                let reading = readers.read_on(&block);
                if let Some(record) = index.find(HASH, &reading) {
                    let alive: &Arc<AtomicU64> = record.value.downcast_ref().expect("a mark");
                    assert_eq!(alive.load(Ordering::Relaxed), 1, "read when it was dropped");
                }
            })
        };
        shard.insert(&index, new(&second), &mut removed);
        assert_eq!(removed.entries.len(), 1);
        if !readers.wait_for_readers() {
            // It would be kept: the reader may take for ever.
            reader.join().expect("the reader saw a value that lives");
            return;
        }
        // Here it would be dropped. It is only marked: the control must fail, not crash.
        first.store(0, Ordering::Relaxed);
        reader.join().expect("the reader saw a value that lives");
    });
}

#[test]
fn what_is_read_is_not_dropped() {
    reader_and_writer(Barrier::Fences);
}

/// The control: the model sees that the barrier is needed.
#[test]
#[should_panic(expected = "read when it was dropped")]
fn a_missing_barrier_is_seen() {
    reader_and_writer(Barrier::Missing);
}
