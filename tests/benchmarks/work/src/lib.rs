//! The work that is called in every way: the same source in the program, in modules and in peers.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

/// Adds two numbers.
#[inline]
pub fn add(left: u64, right: u64) -> u64 {
    left.wrapping_add(right)
}

/// Four scattered stores into a mebibyte: work that a store buffer can't hide.
#[inline]
pub fn scatter(seed: u64) -> u64 {
    static BUFFER: [AtomicU64; 1 << 17] = [const { AtomicU64::new(0) }; 1 << 17];
    let mut random = seed;
    for _ in 0..4 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        BUFFER[(random >> 40) as usize % BUFFER.len()].store(random, Ordering::Relaxed);
    }
    random
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
        for page in block.spare_capacity_mut().chunks_mut(4096) {
            page[0].write(1);
        }
        sum += black_box(block).capacity() as u64;
    }
    sum
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
