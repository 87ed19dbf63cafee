//! Size classes: 16 to 128 bytes in steps of 16, then four per doubling up to 16 KiB.
#![forbid(unsafe_code)]

/// Least alignment of every block, and the step of the smallest classes.
pub(super) const GRAIN: usize = 16;
/// Number of size classes.
pub(super) const CLASSES: usize = 36;
/// Largest block that comes from a size class.
pub(super) const LARGEST: usize = 16 << 10;
/// Largest alignment a size class can serve.
const LARGEST_ALIGN: usize = 4096;

/// Block size of each class in bytes.
pub(super) static SIZES: [u32; CLASSES] = sizes();

const fn sizes() -> [u32; CLASSES] {
    let mut sizes = [0; CLASSES];
    let mut class = 0;
    while class < CLASSES {
        sizes[class] = if class < 8 {
            (class as u32 + 1) * GRAIN as u32
        } else {
            let base = 128u32 << ((class - 8) / 4);
            base + base / 4 * ((class as u32 - 8) % 4 + 1)
        };
        class += 1;
    }
    sizes
}

/// The class of the smallest block with `size` bytes. `size` is at most [`LARGEST`].
#[inline(always)]
pub(super) fn class_of(size: usize) -> usize {
    if size <= 128 {
        return (size.max(1) - 1) / GRAIN;
    }
    let last = size - 1;
    let log = last.ilog2() as usize;
    (8 + (log - 7) * 4 + ((last >> (log - 2)) & 3)).min(CLASSES - 1)
}

/// The class for `size` bytes at the usual alignment, if there is one.
#[inline(always)]
pub(super) fn fitting(size: usize) -> Option<usize> {
    (size <= LARGEST).then(|| class_of(size))
}

/// The first class whose blocks hold `size` bytes and are all multiples of `align`.
pub(super) fn aligned_class(size: usize, align: usize) -> Option<usize> {
    if align > LARGEST_ALIGN || size > LARGEST {
        return None;
    }
    let rounded = size.max(1).next_multiple_of(align);
    (class_of(rounded.min(LARGEST))..CLASSES).find(|&class| {
        let block = SIZES[class] as usize;
        block >= rounded && block.is_multiple_of(align)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_gets_the_tightest_class() {
        for size in 0..=LARGEST {
            let class = class_of(size);
            assert!(SIZES[class] as usize >= size);
            assert!(class == 0 || (SIZES[class - 1] as usize) < size);
        }
        assert_eq!(SIZES[CLASSES - 1] as usize, LARGEST);
    }

    #[test]
    fn aligned_classes_are_multiples() {
        for shift in 0..=12 {
            let align = 1 << shift;
            for size in (0..=LARGEST).step_by(7) {
                let class = aligned_class(size, align).expect("within both limits");
                assert!(SIZES[class] as usize >= size);
                assert_eq!(SIZES[class] as usize % align, 0);
            }
        }
        assert_eq!(aligned_class(1, 8192), None);
        assert_eq!(aligned_class(LARGEST + 1, 16), None);
    }
}
