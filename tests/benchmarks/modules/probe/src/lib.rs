//! The module that is measured.

#![forbid(unsafe_code)]

use benchmark_work as work;
use lmms::operation;

lmms::module!();

/// Adds two numbers.
#[operation(interface = "probe")]
fn add(left: u64, right: u64) -> u64 {
    work::add(left, right)
}

/// Four scattered stores into a mebibyte.
#[operation(interface = "probe")]
fn scatter(seed: u64) -> u64 {
    work::scatter(seed)
}

/// What was scattered there.
#[operation(interface = "probe")]
fn scattered(index: u64) -> u64 {
    work::scattered(index)
}

/// Joins two texts.
#[operation(interface = "probe")]
fn join(first: &str, second: &str) -> String {
    work::join(first, second)
}

/// Every byte the other way round.
#[operation(interface = "probe")]
fn invert(bytes: &[u8]) -> Vec<u8> {
    work::invert(bytes)
}

/// Takes owned values.
#[operation(interface = "probe")]
fn swap(text: String, bytes: Vec<u8>) -> (String, u64) {
    work::swap(text, bytes)
}

/// 64 bytes for a name, remembered.
#[operation(interface = "probe", cache(ttl = "1h"))]
fn remembered(name: &str) -> String {
    work::text(name)
}

/// 64 bytes for a name, remembered: a result without memory of its own.
#[operation(interface = "probe", cache(ttl = "1h"))]
fn remembered_block(name: &str) -> [u8; 64] {
    work::block(name)
}

/// Allocates and frees 64 bytes so many times.
#[operation(interface = "probe")]
fn allocate_small(count: u64) -> u64 {
    work::allocate_small(count)
}

/// Allocates and frees blocks of many sizes so many times.
#[operation(interface = "probe")]
fn allocate_mixed(count: u64) -> u64 {
    work::allocate_mixed(count)
}

/// Allocates, writes and frees blocks of so many bytes so many times.
#[operation(interface = "probe")]
fn allocate_written(bytes: u64, count: u64) -> u64 {
    work::allocate_written(bytes, count)
}

/// Lets a list grow so many times.
#[operation(interface = "probe")]
fn grow(count: u64) -> u64 {
    work::grow(count)
}

/// Allocates and frees buffers of many sizes so many times.
#[operation(interface = "probe")]
fn allocate_buffers(count: u64) -> u64 {
    work::allocate_buffers(count)
}

/// Allocates blocks of which many are alive so many times.
#[operation(interface = "probe")]
fn allocate_many(count: u64) -> u64 {
    work::allocate_many(count)
}

/// Allocates and frees another thread's blocks so many times.
#[operation(interface = "probe")]
fn exchange(count: u64) -> u64 {
    work::exchange(count)
}
