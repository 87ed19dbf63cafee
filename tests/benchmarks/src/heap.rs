//! A module's own heap against glibc's malloc: the same loop, once inside the module's library and
//! once in this program.

#![forbid(unsafe_code)]

use benchmark_work as work;

use crate::fixture;
use crate::measure::{Plan, Way, check, compare};
use crate::row::{Row, Target};

const AIM: &[Target] = &[Target::Ratio(1.2)];

/// Blocks of so many bytes of which every page is written. Nobody keeps the pages of the last one.
const WRITTEN: [(&str, u64); 4] = [
    ("64 KiB", 64 << 10),
    ("1 MiB", 1 << 20),
    ("4 MiB", 4 << 20),
    ("48 MiB, so fresh pages", 48 << 20),
];

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let probe = fixture::open()?;
    let probe = &probe;
    let mut rows = Vec::new();
    for threads in [1, 2] {
        let mut run = |case: &str, [glibc, own]: [Way<'_>; 2]| {
            let ways = [glibc, own.aimed(AIM)];
            check(&ways)?;
            rows.extend(compare("heap", case, threads, plan, 0, &ways));
            Ok::<(), String>(())
        };
        run(
            "64 B alloc and free",
            [
                Way::new("glibc", || Box::new(work::allocate_small)),
                Way::new("module heap", || {
                    Box::new(|count| probe.probe().allocate_small(count).unwrap_or_default())
                }),
            ],
        )?;
        run(
            "16 B to 4 KiB, 64 alive",
            [
                Way::new("glibc", || Box::new(work::allocate_mixed)),
                Way::new("module heap", || {
                    Box::new(|count| probe.probe().allocate_mixed(count).unwrap_or_default())
                }),
            ],
        )?;
        for (size, bytes) in WRITTEN {
            run(
                &format!("{size}, each page written"),
                [
                    Way::new("glibc", move || {
                        Box::new(move |count| work::allocate_written(bytes, count))
                    }),
                    Way::new("module heap", move || {
                        Box::new(move |count| {
                            let probe = probe.probe();
                            probe.allocate_written(bytes, count).unwrap_or_default()
                        })
                    }),
                ],
            )?;
        }
        run(
            "a list that grows to 1 MiB",
            [
                Way::new("glibc", || Box::new(work::grow)),
                Way::new("module heap", || {
                    Box::new(|count| probe.probe().grow(count).unwrap_or_default())
                }),
            ],
        )?;
    }
    Ok(rows)
}
