//! Keys of which some are asked for much more often than others.

#![forbid(unsafe_code)]

/// Texts, asked for in an order in which some come much more often than others.
#[derive(Debug)]
pub struct Keys {
    texts: Vec<String>,
    order: Vec<u32>,
}

/// How many are asked for before the order begins again: a power of two.
const ORDER: usize = 1 << 16;

impl Keys {
    /// So many keys, the n-th of them asked for in proportion to 1/n (Zipf's law with an exponent of 1).
    pub fn zipf(count: usize) -> Self {
        let mut sum = 0.0;
        let sums: Vec<f64> = (1..=count)
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut draw = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let share = (random >> 11) as f64 / (1u64 << 53) as f64;
            sums.partition_point(|below| *below < share * sum)
                .min(count - 1) as u32
        };
        Self {
            texts: (0..count)
                .map(|rank| format!("a key, rank {rank:05}"))
                .collect(),
            order: (0..ORDER).map(|_| draw()).collect(),
        }
    }

    /// The key that is asked for then.
    #[inline(always)]
    pub fn at(&self, number: u64) -> &str {
        &self.texts[self.order[number as usize % ORDER] as usize]
    }

    /// All of them, the most asked for last, so that no cache has thrown it out.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().rev().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_keys_are_asked_for_most() {
        let keys = Keys::zipf(1000);
        let asked = |rank| keys.order.iter().filter(|found| **found == rank).count() as f64;
        // 1/1 of the 1000th harmonic number, 7.485.
        let share = asked(0) / ORDER as f64;
        assert!((share - 1.0 / 7.485).abs() < 0.01, "{share}");
        let ratio = asked(0) / asked(9);
        assert!((8.0..12.5).contains(&ratio), "{ratio}");
    }
}
