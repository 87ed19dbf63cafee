//! The hash of an operation and its arguments.
#![forbid(unsafe_code)]

use std::hash::{BuildHasher, RandomState};

/// Hashes by folded multiplication (both halves of a 128-bit product, XORed), with secrets of its own so that whoever
/// supplies arguments can't aim at collisions. Two keys with the same hash displace each other; nothing worse happens.
pub(super) struct KeyHasher {
    secrets: [u64; 4],
}

impl KeyHasher {
    pub(super) fn random() -> KeyHasher {
        let source = RandomState::new();
        // Odd, so that none is 0, which would swallow what it is multiplied with.
        KeyHasher {
            secrets: [1u64, 2, 3, 4].map(|number| source.hash_one(number) | 1),
        }
    }

    #[inline(always)]
    pub(super) fn hash(&self, operation: u32, arguments: &[u8]) -> u64 {
        let [first, second, third, last] = self.secrets;
        let length = arguments.len();
        let mut state = first ^ (u64::from(operation) << 32) ^ length as u64;
        let (long, rest) = arguments.as_chunks::<64>();
        if !long.is_empty() {
            state = self.long(state, long);
        }
        if length > 16 {
            // What no whole block covers is covered by the last 16 bytes, which may overlap a block.
            for block in rest.as_chunks::<16>().0 {
                let (low, high) = halves(block);
                state = fold(low ^ second, high ^ state);
            }
        }
        let (low, high) = match arguments.last_chunk::<16>() {
            Some(block) => halves(block),
            None => match (arguments.first_chunk::<8>(), arguments.last_chunk::<8>()) {
                (Some(low), Some(high)) => (u64::from_le_bytes(*low), u64::from_le_bytes(*high)),
                _ => (short(arguments), 0),
            },
        };
        // It doesn't wait for the blocks before it.
        let tail = fold(low ^ third, high ^ first);
        fold(state ^ tail ^ second, last)
    }

    /// Four lanes for long keys: the multiplications of one needn't wait for those of another.
    #[inline(never)]
    fn long(&self, state: u64, blocks: &[[u8; 64]]) -> u64 {
        let [_, second, third, last] = self.secrets;
        let mut lanes = [state, second, third, last];
        for block in blocks {
            for (lane, part) in lanes.iter_mut().zip(block.as_chunks::<16>().0) {
                let (low, high) = halves(part);
                *lane = fold(low ^ second, high ^ *lane);
            }
        }
        lanes
            .iter()
            .fold(0, |state, lane| state.rotate_left(17) ^ lane)
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[inline]
fn halves(block: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*block);
    (both as u64, (both >> 64) as u64)
}

/// Fewer than 8 bytes, as a number; their count is part of the hash already.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(low), Some(high)) => {
            u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << 32
        }
        _ => bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_bit_of_a_key_changes_about_half_of_the_hash() {
        let hasher = KeyHasher::random();
        for length in [
            1, 3, 4, 7, 8, 11, 15, 16, 17, 31, 32, 33, 48, 64, 65, 100, 130, 192,
        ] {
            let key: Vec<u8> = (1..=length as u8).collect();
            let plain = hasher.hash(7, &key);
            let mut flipped_bits = 0;
            for bit in 0..length * 8 {
                let mut other = key.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                let distance = (plain ^ hasher.hash(7, &other)).count_ones();
                assert!(
                    distance > 5,
                    "bit {bit} of {length} bytes changes {distance} bits"
                );
                flipped_bits += distance;
            }
            let average = f64::from(flipped_bits) / (length * 8) as f64;
            assert!(
                (24.0..40.0).contains(&average),
                "{length} bytes: {average} bits change"
            );
        }
    }

    #[test]
    fn every_bit_of_an_operation_changes_many_of_the_hash() {
        let hasher = KeyHasher::random();
        for arguments in [&[][..], &[7; 8], &[7; 24], &[7; 100]] {
            let distances = (0..32).map(|bit| {
                let one = hasher.hash(5, arguments);
                (one ^ hasher.hash(5 ^ 1 << bit, arguments)).count_ones()
            });
            let average = f64::from(distances.sum::<u32>()) / 32.0;
            assert!(
                (16.0..48.0).contains(&average),
                "{arguments:?}: {average} bits change"
            );
        }
    }

    #[test]
    fn length_and_operation_are_part_of_the_key() {
        let hasher = KeyHasher::random();
        let zeros = [0; 200];
        let by_length: HashSet<u64> = (0..200)
            .map(|length| hasher.hash(0, &zeros[..length]))
            .collect();
        let by_operation: HashSet<u64> = (0..10_000)
            .map(|operation| hasher.hash(operation, &[]))
            .collect();
        assert_eq!((by_length.len(), by_operation.len()), (200, 10_000));
    }

    #[test]
    fn small_numbers_spread_over_the_bits_that_choose_a_shard() {
        let hasher = KeyHasher::random();
        let mut shards = [0; 32];
        for number in 0..32_000u64 {
            shards[(hasher.hash(3, &number.to_le_bytes()) >> 40) as usize % 32] += 1;
        }
        assert!(
            shards.iter().all(|count| (800..1_200).contains(count)),
            "{shards:?}"
        );
    }
}
