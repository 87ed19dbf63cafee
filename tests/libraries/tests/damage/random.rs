//! Numbers that look random and are the same in every run (SplitMix64).

#![forbid(unsafe_code)]

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A place in `bytes` where `length` of them begin.
    pub fn place(&mut self, bytes: &[u8], length: usize) -> std::ops::Range<usize> {
        let start = self.below(bytes.len() - length + 1);
        start..start + length
    }

    /// One of the ways to damage bytes without changing how many there are.
    pub fn damage(&mut self, bytes: &[u8], longest: usize) -> (&'static str, Vec<u8>) {
        loop {
            let mut damaged = bytes.to_vec();
            let length = 1 + self.below(longest.min(bytes.len() / 2));
            let place = self.place(bytes, length);
            let what = match self.below(5) {
                0 => {
                    damaged[place.start] ^= 1 << self.below(8);
                    "a bit flipped"
                }
                1 => {
                    damaged[place].fill(0);
                    "zeroes"
                }
                2 => {
                    damaged[place].fill_with(|| self.next() as u8);
                    "noise"
                }
                3 => {
                    let from = self.place(bytes, length);
                    damaged.copy_within(from, place.start);
                    "a range twice"
                }
                _ => {
                    let from = self.place(bytes, length);
                    damaged[place.clone()].copy_from_slice(&bytes[from.clone()]);
                    damaged[from].copy_from_slice(&bytes[place]);
                    "ranges swapped"
                }
            };
            if damaged != bytes {
                return (what, damaged);
            }
        }
    }
}
