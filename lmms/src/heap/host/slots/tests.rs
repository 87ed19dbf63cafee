//! Tests of the slots.

use super::*;

#[test]
fn behind_a_module_the_next_heap_is_ready_in_another_slot() {
    let mut slots = Slots::NONE;
    let first = slots.take().expect("there is address space");
    assert!(!first.heap().allocate(100, 16).is_null());
    let range = first.range();
    // SAFETY: the test's own, and not used again.
    unsafe { first.close() }.expect("pages can be unmapped");
    slots.give_back(first);
    let ready = slots.spare.as_ref().expect("it is made at once");
    assert!(ready.range() != range, "stale pointers fault");
    let pages = ready.resident_bytes().expect("smaps") / page_bytes();
    assert!(pages >= 2, "a module needs no other page to start");

    let ready = slots.take().expect("it is there");
    assert!(slots.spare.is_none());
    assert!(!ready.heap().allocate(100, 16).is_null());
    let another = slots.take().expect("there is address space");
    assert!(another.range() != range && another.range() != ready.range());
}

#[test]
fn a_small_slot_is_not_divided() {
    const SMALL: usize = 4 << 20;
    let base = reserve(SMALL, 1).expect("there is address space");
    // SAFETY: SLOT-1, SLOT-2: just reserved, and the test's own.
    let heap = unsafe { Heap::start(base, SMALL) }.expect("there is memory");
    // SAFETY: HEAP-1: it is never thrown away.
    let heap = unsafe { heap.as_ref() };
    let block = heap.allocate(SMALL / 2, 16);
    assert!(!block.is_null());
    heap.supplies.get(0).lock.acquire();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| heap.allocate(SMALL / 8, 16).is_null());
        (0..1000).for_each(|_| std::thread::yield_now());
        heap.supplies.get(0).lock.release();
        assert!(!waiting.join().expect("it allocates"));
    });
    assert_eq!(heap.supplies().count(), 1);
}
