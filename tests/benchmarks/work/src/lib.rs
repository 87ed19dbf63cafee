//! The work that is called in every way: the same source in the program, in modules and in rivals.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

/// Adds two numbers.
#[inline]
pub fn add(left: u64, right: u64) -> u64 {
    left.wrapping_add(right)
}

/// What is scattered.
static BUFFER: [AtomicU64; 1 << 17] = [const { AtomicU64::new(0) }; 1 << 17];

/// Four scattered stores into a mebibyte: work that a store buffer can't hide.
#[inline]
pub fn scatter(seed: u64) -> u64 {
    let mut random = seed;
    for _ in 0..4 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        BUFFER[(random >> 40) as usize % BUFFER.len()].store(random, Ordering::Relaxed);
    }
    random
}

/// What was scattered there. Stores that nobody can ever read are left out by the compiler, so every library has to
/// offer this.
#[inline]
pub fn scattered(index: u64) -> u64 {
    BUFFER[index as usize % BUFFER.len()].load(Ordering::Relaxed)
}

/// Joins two texts: text in, text out.
#[inline]
pub fn join(first: &str, second: &str) -> String {
    let mut joined = String::with_capacity(first.len() + second.len());
    joined.push_str(first);
    joined.push_str(second);
    joined
}

/// Every byte the other way round: bytes in, bytes out.
#[inline]
pub fn invert(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

/// Takes owned values and gives one of them back.
#[inline]
pub fn swap(text: String, bytes: Vec<u8>) -> (String, u64) {
    let length = bytes.len() as u64;
    (text, length)
}

/// 64 bytes for a name, as text.
pub fn text(name: &str) -> String {
    let mut text = name.repeat(64 / name.len().max(1) + 1);
    text.truncate(64);
    text
}

/// 64 bytes for a name.
pub fn block(name: &str) -> [u8; 64] {
    let mut block = [0; 64];
    for (byte, letter) in block.iter_mut().zip(name.bytes().cycle()) {
        *byte = letter;
    }
    block
}

/// Allocates and frees a block of 64 bytes so many times.
#[inline(never)]
pub fn allocate_small(count: u64) -> u64 {
    let mut sum = 0;
    for number in 0..count {
        let block = black_box(Box::new([number; 8]));
        sum += block[0];
    }
    sum
}

/// Allocates and frees blocks of 16 bytes to 4 KiB, 64 of them alive at a time, so many times.
#[inline(never)]
pub fn allocate_mixed(count: u64) -> u64 {
    let mut alive: [Vec<u8>; 64] = [const { Vec::new() }; 64];
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    for number in 0..count {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Small blocks are common, large ones rare.
        let size = 16usize << (random.trailing_zeros().min(8));
        alive[(random >> 32) as usize % alive.len()] = black_box(Vec::with_capacity(size));
        black_box(number);
    }
    alive.iter().map(|block| block.capacity() as u64).sum()
}

/// Allocates and frees a block of so many bytes so many times, and writes to each of its pages.
#[inline(never)]
pub fn allocate_written(bytes: u64, count: u64) -> u64 {
    let mut sum = 0;
    for _ in 0..count {
        let mut block: Vec<u8> = black_box(Vec::with_capacity(bytes as usize));
        write_pages(&mut block);
        sum += black_box(block).capacity() as u64;
    }
    sum
}

/// Writes to each page of a buffer, each time to another line of it: lines at the same place of all pages share a few
/// sets of the processor's caches, and how that goes depends on where in its page a buffer begins.
fn write_pages(buffer: &mut Vec<u8>) {
    for (number, page) in buffer.spare_capacity_mut().chunks_mut(4096).enumerate() {
        let line = number * 64 * 5 % page.len();
        page[line].write(1);
    }
}

/// Lets a list grow to a mebibyte, element by element, so many times.
#[inline(never)]
pub fn grow(count: u64) -> u64 {
    let mut sum = 0;
    for _ in 0..count {
        let mut list = Vec::new();
        for number in 0..1_u64 << 17 {
            list.push(number);
        }
        sum += black_box(list).len() as u64;
    }
    sum
}

/// Allocates and frees buffers of 16 to 256 KiB, 16 of them alive at a time, so many times, and writes to each page.
#[inline(never)]
pub fn allocate_buffers(count: u64) -> u64 {
    let mut alive: [Vec<u8>; 16] = [const { Vec::new() }; 16];
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..count {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let size = (16 << 10) + random as usize % (240 << 10);
        let mut buffer: Vec<u8> = black_box(Vec::with_capacity(size));
        write_pages(&mut buffer);
        alive[(random >> 32) as usize % alive.len()] = buffer;
    }
    alive.iter().map(|buffer| buffer.capacity() as u64).sum()
}

/// Allocates blocks of 64 bytes, and frees them once ten thousand are alive, so many times.
#[inline(never)]
pub fn allocate_many(count: u64) -> u64 {
    let mut alive = Vec::with_capacity(10_000);
    let mut sum = 0;
    for number in 0..count {
        if alive.len() == alive.capacity() {
            alive.clear();
        }
        alive.push(black_box(Box::new([number; 8])));
        sum += number;
    }
    sum
}

/// Two threads allocate blocks of 64 bytes, so many each, and free each other's, a thousand at a time.
#[inline(never)]
pub fn exchange(count: u64) -> u64 {
    let (to_other, from_here) = sync_channel::<Vec<Box<[u64; 8]>>>(4);
    let (to_here, from_other) = sync_channel::<Vec<Box<[u64; 8]>>>(4);
    let blocks = |count: usize| (0..count as u64).map(|number| black_box(Box::new([number; 8])));
    thread::scope(|scope| {
        scope.spawn(move || {
            for received in from_here {
                let returned = blocks(received.len()).collect();
                drop(received);
                if to_here.send(returned).is_err() {
                    return;
                }
            }
        });
        let mut received = 0;
        let mut ahead = 0;
        for first in (0..count).step_by(1000) {
            let size = 1000.min(count - first) as usize;
            ahead += 1;
            if to_other.send(blocks(size).collect()).is_err() {
                break;
            }
            if ahead == 4 {
                ahead -= 1;
                received += from_other.recv().map_or(0, |blocks| blocks.len() as u64);
            }
        }
        drop(to_other);
        received
            + from_other
                .into_iter()
                .map(|blocks| blocks.len() as u64)
                .sum::<u64>()
    })
}
