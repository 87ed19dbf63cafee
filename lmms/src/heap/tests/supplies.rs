//! Threads that meet at a supply. The tests hold its lock where another thread would be inside.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;

use super::super::supply::{PARTS, SMALLEST_DIVIDED};
use super::super::{Heap, HeapSlot, SPAN_BYTES};
use super::destroy;

const LARGE: usize = 3 * SPAN_BYTES;

fn slot() -> HeapSlot {
    let slot = HeapSlot::create().expect("the test machine has address space");
    let spans = slot.heap().size() / SPAN_BYTES;
    assert!(spans as u32 >= SMALLEST_DIVIDED, "a limit on addresses?");
    slot
}

/// Allocates, writes to each page, and says in which part of the slot the block lies.
fn allocate(heap: &Heap, size: usize) -> (*mut u8, usize) {
    let block = heap.allocate(size, 16);
    assert!(!block.is_null());
    for at in (0..size.min(LARGE)).step_by(4096) {
        // SAFETY: within a live block of the test.
        unsafe { block.wrapping_add(at).write(1) };
    }
    let offset = block.addr() - heap.base();
    (block, offset / (heap.size() / PARTS as usize))
}

fn free(heap: &Heap, block: *mut u8) {
    // SAFETY: a live block of the test.
    unsafe { heap.free(block) };
}

/// Runs `work` on a thread of its own, while the calling thread seems to be taking from the first supply.
fn meeting<R: Send>(heap: &Heap, work: impl FnOnce() -> R + Send) -> R {
    free(heap, allocate(heap, LARGE).0);
    let [first, second] = [0, 1].map(|number| heap.supplies.get(number));
    first.lock.acquire();
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        // To open the second supply the other thread holds its lock and asks the first one for its territory.
        let met = (0..1_000_000).any(|_| {
            std::thread::yield_now();
            second.lock.is_held()
        });
        first.lock.release();
        assert!(met, "it takes from elsewhere rather than wait");
        other.join().expect("the other thread has an answer")
    })
}

/// All that a heap has handed out was given back, and is there once.
fn assert_all_free(heap: &Heap) {
    let kept = heap.shards_in_use().count() as u32;
    for supply in heap.supplies() {
        let spans = supply.frontier.load(Relaxed) - supply.first.load(Relaxed);
        let lists = supply.lists.iter().map(|list| list.load(Relaxed));
        let free: u32 = lists.map(|first| free_spans(heap, first)).sum();
        assert!(free <= spans && free + kept >= spans, "{free} of {spans}");
    }
}

/// Spans in a list of free runs.
fn free_spans(heap: &Heap, mut index: u32) -> u32 {
    let mut spans = 0;
    while index != 0 {
        let span = heap.span_at(index);
        spans += span.length.load(Relaxed);
        index = span.next.load(Relaxed);
    }
    spans
}

#[test]
fn threads_that_meet_take_from_territories_of_their_own() {
    let slot = slot();
    let heap = slot.heap();
    let (held, _) = allocate(heap, LARGE);
    let parts = meeting(heap, || {
        let (block, part) = allocate(heap, LARGE);
        free(heap, block);
        let (again, _) = allocate(heap, LARGE);
        assert_eq!(again, block, "it goes back where it came from");
        // SAFETY: a live block of the test.
        let grown = unsafe { heap.reallocate(again, 2 * LARGE, 16) };
        assert_eq!(grown, block, "nobody else's block lies behind it");
        let (larger, elsewhere) = allocate(heap, heap.size() / 4);
        free(heap, larger);
        (block.expose_provenance(), part, elsewhere)
    });
    let (address, part, elsewhere) = parts;
    assert_eq!(part, 7, "the last eighth");
    assert_eq!(elsewhere, 0, "what its territory can't hold");
    assert_eq!(slot.accessible().len(), 2);
    let usage = slot.usage();
    assert_eq!((usage.live_blocks, usage.live_bytes), (2, 3 * LARGE));

    // Given back by a thread that takes from elsewhere.
    free(heap, super::super::block_at(address));
    free(heap, held);
    assert_eq!(slot.usage().live_blocks, 0);
    let resident = || slot.resident_bytes().expect("smaps");
    assert!(resident() > 2 * LARGE);
    heap.trim();
    assert!(resident() < 64 << 10, "{}", resident());

    let parts = slot.accessible();
    destroy(slot);
    let left = crate::heap::resident(&parts).expect("/proc is there");
    assert_eq!(left.bytes, 0);
}

#[test]
fn a_full_territory_is_no_full_slot() {
    let slot = slot();
    let heap = slot.heap();
    meeting(heap, || free(heap, allocate(heap, LARGE).0));
    let (mut size, mut blocks) = (heap.size() / 2, Vec::new());
    while size >= SPAN_BYTES {
        let block = heap.allocate(size, 16);
        if block.is_null() {
            size /= 2;
        } else {
            blocks.push((block, size));
        }
    }
    blocks.sort();
    let ends = blocks.windows(2);
    assert!(
        ends.into_iter()
            .all(|two| two[0].0.addr() + two[0].1 <= two[1].0.addr())
    );
    let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
    assert!(first.0.addr() - heap.base() < heap.size() / 8);
    let fence = heap.base() + heap.size() - SPAN_BYTES;
    assert_eq!(last.0.addr() + last.1, fence, "to the next slot");
    assert!(heap.allocate(64, 16).is_null());
    // In order, so that the first supply's last run is free before its neighbour.
    blocks.into_iter().for_each(|(block, _)| free(heap, block));
    assert_eq!(slot.usage().live_blocks, 0);
    assert_all_free(heap);
    destroy(slot);
}

#[test]
fn blocks_of_the_first_supply_keep_their_territory() {
    let slot = slot();
    let heap = slot.heap();
    let (block, _) = allocate(heap, heap.size() / 16 * 11);
    let first = heap.supplies.get(0);
    assert_eq!(heap.enter_another(0), Some(1));
    let opened = heap.supplies.get(1);
    let second = heap.enter_another(0);
    assert_eq!(second, Some(2));
    assert_eq!(
        heap.enter_another(0),
        None,
        "the block lies in the third one's territory"
    );
    for supply in [opened, heap.supplies.get(2)] {
        supply.lock.release();
    }
    let index = ((block.addr() - heap.base()) / SPAN_BYTES) as u32;
    let last = index + (heap.size() / 16 * 11 / SPAN_BYTES) as u32 - 1;
    for span in [index, last] {
        assert!(std::ptr::eq(heap.supply_of(span), first));
    }
    free(heap, block);
    assert_eq!(slot.usage().live_blocks, 0);
    destroy(slot);
}

#[test]
fn a_thread_waits_for_one_that_gives_back() {
    let slot = slot();
    let heap = slot.heap();
    let first = heap.supplies.get(0);
    let started = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let started = &started;
        let worker = scope.spawn(move || {
            let (block, _) = allocate(heap, LARGE);
            started.store(true, Relaxed);
            receiver.recv().expect("the lock is held now");
            started.store(false, Relaxed);
            let (other, part) = allocate(heap, LARGE);
            [block, other]
                .into_iter()
                .for_each(|block| free(heap, block));
            part
        });
        while !started.load(Relaxed) {
            std::thread::yield_now();
        }
        first.lock.acquire();
        sender.send(()).expect("the worker waits");
        while started.load(Relaxed) {
            std::thread::yield_now();
        }
        // It has no way to say that it waits.
        (0..1000).for_each(|_| std::thread::yield_now());
        first.lock.release();
        assert_eq!(worker.join().expect("it allocates"), 0);
    });
    assert_eq!(slot.accessible().len(), 1);
    destroy(slot);
}

#[test]
fn large_blocks_are_freed_by_others_while_all_take() {
    let slot = slot();
    let heap = slot.heap();
    meeting(heap, || free(heap, allocate(heap, LARGE).0));
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..4).map(|_| mpsc::sync_channel::<usize>(8)).unzip();
    std::thread::scope(|scope| {
        for (me, inbox) in receivers.into_iter().enumerate() {
            let next = senders[(me + 1) % senders.len()].clone();
            scope.spawn(move || {
                for round in 0..20_000 {
                    let size = (round * 7 + me) % 9 * (SPAN_BYTES / 2) + 20_000;
                    let block = heap.allocate(size, 16);
                    assert!(!block.is_null());
                    let ends = [block, block.wrapping_add(size - 8)];
                    for end in ends {
                        // SAFETY: within a live block of the test.
                        unsafe { end.cast::<usize>().write_unaligned(block.addr()) };
                    }
                    for end in ends {
                        // SAFETY: as above.
                        let found = unsafe { end.cast::<usize>().read_unaligned() };
                        assert_eq!(found, block.addr(), "two blocks in one place");
                    }
                    if let Err(full) = next.try_send(block.expose_provenance()) {
                        let (mpsc::TrySendError::Full(block)
                        | mpsc::TrySendError::Disconnected(block)) = full;
                        free(heap, super::super::block_at(block));
                    }
                    while let Ok(block) = inbox.try_recv() {
                        free(heap, super::super::block_at(block));
                    }
                }
                drop(next);
                for block in inbox {
                    free(heap, super::super::block_at(block));
                }
            });
        }
        drop(senders);
    });
    assert_eq!(slot.usage().live_blocks, 0);
    assert_all_free(heap);
    destroy(slot);
}
