//! What free memory a heap keeps, and gives back when it is trimmed, also while threads work.

use super::*;

/// The owner of a shard and visitors keep each other out: else a visitor takes away a span that looks empty to it while
/// the owner allocates there, and other classes get it.
#[test]
fn accounts_may_be_read_and_pages_given_back_while_threads_work() {
    let slot = slot();
    let heap = slot.heap();
    let working = AtomicUsize::new(2);
    std::thread::scope(|scope| {
        for worker in 0..2 {
            let working = &working;
            scope.spawn(move || {
                for round in 0..100_000 {
                    let sizes = [48 + worker * 16, 64 + round % 7 * 16];
                    let blocks = sizes.map(|size| heap.allocate(size, 16));
                    for (block, size) in blocks.into_iter().zip(sizes) {
                        fill(block, size, round as u8);
                    }
                    for (block, size) in blocks.into_iter().zip(sizes) {
                        check(block, size, size, round as u8);
                        // SAFETY: a live block of this heap.
                        unsafe { heap.free(block) };
                    }
                }
                working.fetch_sub(1, Relaxed);
            });
        }
        let mut visits = 0;
        while working.load(Relaxed) > 0 {
            visits += 1;
            heap.trim();
            let usage = slot.usage();
            // The sizes are counted one after the other, so what a worker had before and what it has
            // now may both count: of each of the workers one block of each of eight sizes at most.
            assert!(
                usage.live_blocks <= 16 && usage.live_bytes <= 16 * 176,
                "{usage:?} after {visits}"
            );
        }
    });
    assert_eq!(slot.usage().live_blocks, 0);
    destroy(slot);
}

#[test]
fn trimming_keeps_what_is_live() {
    let slot = slot();
    let live = churn(slot.heap(), 99, 10_000, 400);
    slot.heap().trim();
    assert_eq!(slot.usage().live_blocks, live.len());
    free_all(slot.heap(), live);
    slot.heap().trim();
    let again = churn(slot.heap(), 100, 10_000, 400);
    free_all(slot.heap(), again);
    assert_eq!(slot.usage().live_blocks, 0);
    destroy(slot);
}

/// Uses every page of a block and frees it.
fn use_and_free(heap: &Heap, size: usize) {
    let block = heap.allocate(size, 16);
    for at in (0..size).step_by(4096) {
        // SAFETY: within a live block of the test.
        unsafe { block.wrapping_add(at).write(1) };
    }
    // SAFETY: the test's own block.
    unsafe { heap.free(block) };
}

#[test]
fn large_free_blocks_stay_within_a_budget_and_go_when_trimmed() {
    let slot = slot();
    let heap = slot.heap();
    let resident = || slot.resident_bytes().expect("smaps");
    use_and_free(heap, 1 << 20);
    assert!(resident() > 1 << 20, "the next call may want it");
    use_and_free(heap, 64 << 20);
    assert!(resident() < 4 << 20, "{}", resident());
    heap.trim();
    assert!(resident() < 64 << 10, "{}", resident());
    destroy(slot);
}

#[test]
fn buffers_that_are_wanted_again_and_again_keep_their_pages() {
    let slot = slot();
    let heap = slot.heap();
    let resident = || slot.resident_bytes().expect("smaps");
    let rounds = |count| (0..count).for_each(|_| use_and_free(heap, 4 << 20));
    rounds(2);
    assert!(resident() < 2 << 20, "twice is not often: {}", resident());
    rounds(30);
    assert!(resident() > 4 << 20, "{}", resident());
    heap.trim();
    assert!(resident() < 64 << 10, "{}", resident());
    rounds(2);
    assert!(resident() < 2 << 20, "it began anew: {}", resident());
    (0..60).for_each(|_| use_and_free(heap, 48 << 20));
    assert!(resident() < 40 << 20, "it has a limit: {}", resident());
    destroy(slot);
}

#[test]
fn a_thread_gets_the_span_again_that_it_freed_last() {
    let slot = slot();
    let heap = slot.heap();
    let first = heap.allocate(40_000, 16);
    fill(first, 40_000, 3);
    // SAFETY: the test's own block.
    unsafe { heap.free(first) };
    assert_eq!(slot.usage().live_blocks, 0, "nobody uses it");
    let elsewhere = std::thread::scope(|scope| {
        let other = scope.spawn(|| heap.allocate(50_000, 16).addr());
        other.join().expect("it allocates")
    });
    assert_ne!(elsewhere, first.addr(), "another thread keeps its own");
    let again = heap.allocate_zeroed(60_000, 16);
    assert_eq!(again, first);
    check_zero(again, 60_000);
    let usage = slot.usage();
    let bytes = [50_000_usize, 60_000].map(|size| size.next_multiple_of(4096));
    assert_eq!(
        (usage.live_blocks, usage.live_bytes),
        (2, bytes.iter().sum())
    );
    // SAFETY: the test's own block.
    unsafe { heap.free(again) };
    heap.trim();
    assert!(slot.resident_bytes().expect("smaps") < 64 << 10);
    destroy(slot);
}

/// As above: else a visitor gives the kept span away while its thread takes it, and two blocks lie in one place.
#[test]
fn kept_spans_may_be_given_back_while_threads_work() {
    let slot = slot();
    let heap = slot.heap();
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for size in [20_000, 50_000] {
            let enough = &enough;
            scope.spawn(move || {
                while !enough.load(Relaxed) {
                    let blocks = [size, size].map(|size| heap.allocate(size, 16));
                    assert_ne!(blocks[0], blocks[1]);
                    for block in blocks {
                        // SAFETY: a live block of this heap.
                        unsafe { heap.free(block) };
                    }
                }
            });
        }
        for _ in 0..100_000 {
            for index in heap.shards_in_use() {
                let visit = heap.visit(index).expect("this test needs membarrier");
                heap.release_kept(visit.shard);
            }
        }
        enough.store(true, Relaxed);
    });
    assert_eq!(slot.usage().live_blocks, 0);
    destroy(slot);
}
