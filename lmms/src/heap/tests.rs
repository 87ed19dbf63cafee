//! Tests of the heap as its users see it.

mod supplies;
mod trimming;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;

use super::host::HeapUsage;
use super::{Heap, HeapSlot};

/// A small pseudo-random sequence, so that a failing run can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }

    fn size(&mut self) -> usize {
        match self.next(100) {
            0..70 => self.next(300),
            70..90 => self.next(20_000),
            90..99 => self.next(400_000),
            _ => self.next(3_000_000),
        }
    }

    fn align(&mut self) -> usize {
        if self.next(4) == 0 {
            1 << self.next(18)
        } else {
            16
        }
    }
}

struct Block {
    size: usize,
    align: usize,
    seed: u8,
}

fn slot() -> HeapSlot {
    HeapSlot::create().expect("the test machine has address space")
}

fn destroy(slot: HeapSlot) {
    // SAFETY: the tests that call this are done with the heap.
    unsafe { slot.destroy() }.expect("pages can be unmapped");
}

fn byte(seed: u8, at: usize) -> u8 {
    seed ^ (at as u8).wrapping_mul(31) ^ (at >> 8) as u8
}

/// Writes a pattern that is sparse in large blocks.
fn fill(block: *mut u8, size: usize, seed: u8) {
    for at in (0..size).step_by(step(size)) {
        // SAFETY: within a live block of the test.
        unsafe { block.wrapping_add(at).write(byte(seed, at)) };
    }
}

fn check(block: *mut u8, old: usize, kept: usize, seed: u8) {
    for at in (0..old).step_by(step(old)).take_while(|&at| at < kept) {
        // SAFETY: within a live block of the test.
        let found = unsafe { block.wrapping_add(at).read() };
        assert_eq!(found, byte(seed, at), "byte {at} of {old}");
    }
}

fn step(size: usize) -> usize {
    if size < 4096 { 1 } else { 509 }
}

/// Random calls, checked against a map of what must be live: contents, alignment, overlap, accounts.
fn churn(heap: &Heap, seed: u64, rounds: usize, most: usize) -> BTreeMap<usize, Block> {
    let mut random = Random(seed);
    let mut live: BTreeMap<usize, Block> = BTreeMap::new();
    for round in 0..rounds {
        let choice = random.next(10);
        let victim = live
            .range(random.next(usize::MAX)..)
            .next()
            .or_else(|| live.iter().next());
        let victim = victim.map(|(&address, _)| address);
        if let Some(address) = victim.filter(|_| choice < 4 || live.len() >= most) {
            let block = live.remove(&address).expect("just found");
            let pointer = super::block_at(address);
            check(pointer, block.size, block.size, block.seed);
            if choice == 0 {
                let size = random.size();
                // SAFETY: a live block of this heap.
                let moved = unsafe { heap.reallocate(pointer, size, block.align) };
                assert!(!moved.is_null());
                check(moved, block.size, block.size.min(size), block.seed);
                fill(moved, size, block.seed);
                insert(&mut live, heap, moved, Block { size, ..block });
            } else {
                // SAFETY: a live block of this heap.
                unsafe { heap.free(pointer) };
            }
            continue;
        }
        let (size, align, zeroed) = (random.size(), random.align(), random.next(3) == 0);
        let pointer = if zeroed {
            heap.allocate_zeroed(size, align)
        } else {
            heap.allocate(size, align)
        };
        assert!(!pointer.is_null());
        assert_eq!(pointer.addr() % align, 0);
        if zeroed {
            for at in (0..size).step_by(step(size)) {
                // SAFETY: within a new block.
                let found = unsafe { pointer.wrapping_add(at).read() };
                assert_eq!(found, 0, "byte {at} of {size}");
            }
        }
        let seed = round as u8;
        fill(pointer, size, seed);
        insert(&mut live, heap, pointer, Block { size, align, seed });
    }
    live
}

fn insert(live: &mut BTreeMap<usize, Block>, heap: &Heap, pointer: *mut u8, block: Block) {
    let address = pointer.expose_provenance();
    assert!(heap.contains(pointer));
    // SAFETY: a live block of this heap.
    let usable = unsafe { heap.usable(pointer) };
    assert!(usable >= block.size);
    if let Some((before, other)) = live.range(..=address).next_back() {
        assert!(before + other.size.max(1) <= address, "overlap");
    }
    if let Some((after, _)) = live.range(address..).next() {
        assert!(address + usable <= *after, "overlap");
    }
    live.insert(address, block);
}

fn free_all(heap: &Heap, live: BTreeMap<usize, Block>) {
    for (address, block) in live {
        let pointer = super::block_at(address);
        check(pointer, block.size, block.size, block.seed);
        // SAFETY: a live block of this heap.
        unsafe { heap.free(pointer) };
    }
}

#[test]
fn random_calls_agree_with_a_shadow_map() {
    for seed in 1..=6 {
        let slot = slot();
        let live = churn(slot.heap(), seed * 0x9E37_79B9, 20_000, 600);
        let usage = slot.usage();
        assert_eq!(usage.live_blocks, live.len());
        assert!(usage.live_bytes >= live.values().map(|block| block.size).sum());
        free_all(slot.heap(), live);
        let committed_bytes = slot.usage().committed_bytes;
        assert_eq!(
            slot.usage(),
            HeapUsage {
                committed_bytes,
                ..HeapUsage::default()
            }
        );
        destroy(slot);
    }
}

#[test]
fn threads_free_each_others_blocks() {
    let slot = slot();
    let heap = slot.heap();
    let threads = 6;
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..threads)
        .map(|_| mpsc::channel::<(usize, usize, u8)>())
        .unzip();
    std::thread::scope(|scope| {
        for (me, inbox) in receivers.into_iter().enumerate() {
            let senders = senders.clone();
            scope.spawn(move || {
                let mut random = Random(me as u64 * 77 + 5);
                for round in 0..15_000 {
                    let size = random.next(600);
                    let pointer = heap.allocate(size, 16);
                    fill(pointer, size, round as u8);
                    let to = random.next(threads);
                    senders[to]
                        .send((pointer.expose_provenance(), size, round as u8))
                        .expect("receiver lives");
                    while let Ok((address, size, seed)) = inbox.try_recv() {
                        let pointer = super::block_at(address);
                        check(pointer, size, size, seed);
                        // SAFETY: a live block of this heap, handed over.
                        unsafe { heap.free(pointer) };
                    }
                }
                drop(senders);
                for (address, size, seed) in inbox {
                    let pointer = super::block_at(address);
                    check(pointer, size, size, seed);
                    // SAFETY: a live block of this heap, handed over.
                    unsafe { heap.free(pointer) };
                }
            });
        }
        drop(senders);
    });
    assert_eq!(slot.usage().live_blocks, 0);
    assert_eq!(slot.usage().live_bytes, 0);
    destroy(slot);
}

#[test]
fn threads_churn_side_by_side() {
    let slot = slot();
    let heap = slot.heap();
    let threads = 24;
    let lives: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|seed| scope.spawn(move || churn(heap, seed * 31 + 1, 2_000, 60)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    assert_eq!(
        slot.usage().live_blocks,
        lives.iter().map(BTreeMap::len).sum::<usize>()
    );
    for live in lives {
        free_all(heap, live);
    }
    assert_eq!(slot.usage().live_blocks, 0);
    destroy(slot);
}

#[test]
fn a_producer_and_a_consumer_need_no_more_memory_over_time() {
    let slot = slot();
    let heap = slot.heap();
    let (sender, receiver) = mpsc::sync_channel::<usize>(64);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for address in receiver {
                // SAFETY: a live block of this heap, handed over.
                unsafe { heap.free(super::block_at(address)) };
            }
        });
        for _ in 0..100_000 {
            sender
                .send(heap.allocate(200, 16).expose_provenance())
                .expect("receiver lives");
        }
        drop(sender);
    });
    assert!(slot.usage().committed_bytes < 8 << 20, "{:?}", slot.usage());
    destroy(slot);
}

#[test]
fn a_full_slot_gives_null_and_recovers() {
    let slot = slot();
    let heap = slot.heap();
    assert!(heap.allocate(slot.heap().size(), 16).is_null());
    assert!(heap.allocate(usize::MAX, 16).is_null());
    assert!(heap.allocate(usize::MAX / 2, 1 << 40).is_null());
    assert!(heap.allocate_zeroed(isize::MAX as usize, 16).is_null());
    let most = slot.heap().size() / 2;
    let first = heap.allocate(most, 16);
    assert!(!first.is_null());
    assert!(heap.allocate(most, 16).is_null());
    // SAFETY: a live block of this heap.
    assert!(unsafe { heap.reallocate(first, slot.heap().size() - 1, 16) }.is_null());
    // SAFETY: still live, since it could not be resized.
    unsafe { heap.free(first) };
    let again = heap.allocate(most, 16);
    assert_eq!(again, first);
    destroy(slot);
}

#[test]
fn small_blocks_fail_gracefully_too() {
    let slot = slot();
    let heap = slot.heap();
    let mut taken = slot.heap().size() / 2;
    while taken >= super::SPAN_BYTES {
        if heap.allocate(taken, 16).is_null() {
            taken /= 2;
        }
    }
    assert!(heap.allocate(64, 16).is_null());
    assert!(heap.allocate(64, 16).is_null());
    destroy(slot);
}

#[test]
fn a_large_block_grows_and_shrinks_where_it_is() {
    let slot = slot();
    let heap = slot.heap();
    let block = heap.allocate(100_000, 16);
    for size in [200_000, 4_000_000, 90_000, 17_000, 1_000_000] {
        // SAFETY: a live block of this heap.
        assert_eq!(unsafe { heap.reallocate(block, size, 16) }, block);
        assert_eq!(slot.usage().live_bytes, size.next_multiple_of(4096));
    }
    destroy(slot);
}

#[test]
fn the_first_block_costs_two_pages() {
    let slot = slot();
    let block = slot.heap().allocate(64, 16);
    fill(block, 64, 1);
    assert_eq!(slot.resident_bytes().expect("smaps"), 2 * 4096);
    destroy(slot);
}

#[test]
fn behind_a_block_that_ends_with_a_page_there_is_another_page() {
    let slot = slot();
    let resident = || slot.resident_bytes().expect("smaps");
    let first = slot.heap().allocate(4096, 16);
    fill(first, 4096, 1);
    assert_eq!(
        resident(),
        3 * 4096,
        "the header's, the block's, and one ahead"
    );
    let second = slot.heap().allocate(4096, 16);
    assert_eq!(second, first.wrapping_add(4096));
    assert_eq!(resident(), 4 * 4096, "two blocks', and one ahead");
    // The last block of a span has nothing behind it.
    for _ in 0..14 {
        slot.heap().allocate(4096, 16);
    }
    assert_eq!(resident(), (1 + 16) * 4096, "the header and a span");
    destroy(slot);
}

#[test]
fn slots_are_reused_empty() {
    let (mut seen, mut first) = (0, None);
    for _ in 0..200 {
        let slot = slot();
        let base = *first.get_or_insert(slot.range().start);
        seen += usize::from(slot.range().start == base);
        assert_eq!(slot.usage().live_blocks, 0);
        let block = slot.heap().allocate_zeroed(5000, 16);
        check_zero(block, 5000);
        fill(block, 5000, 7);
        destroy(slot);
    }
    assert!(seen > 1, "a slot comes back");
}

#[test]
fn a_destroyed_heap_cannot_be_touched() {
    let slot = slot();
    let block = slot.heap().allocate(100, 16);
    fill(block, 100, 1);
    assert_eq!(read_by_kernel(block), Ok(1));
    assert!(slot.resident_bytes().expect("/proc is there") > 0);
    let parts = slot.accessible();
    destroy(slot);
    // Nobody else is given this slot while there are others, and this test needs it for a moment only.
    assert_eq!(read_by_kernel(block), Err(Some(libc::EFAULT)));
    let left = crate::heap::resident(&parts).expect("/proc is there");
    assert_eq!(left.bytes, 0);
}

/// Lets the kernel read a byte, which answers with an error where the program would die.
fn read_by_kernel(address: *const u8) -> Result<isize, Option<i32>> {
    let mut pipe = [0; 2];
    // SAFETY: room for two descriptors.
    assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
    // SAFETY: the kernel checks the address.
    let written = unsafe { libc::write(pipe[1], address.cast(), 1) };
    let error = std::io::Error::last_os_error().raw_os_error();
    for end in pipe {
        // SAFETY: opened above.
        unsafe { libc::close(end) };
    }
    if written < 0 { Err(error) } else { Ok(written) }
}

fn check_zero(block: *mut u8, size: usize) {
    for at in 0..size {
        // SAFETY: within a live block.
        assert_eq!(unsafe { block.wrapping_add(at).read() }, 0);
    }
}
