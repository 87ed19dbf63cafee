//! A module's own heap against glibc's malloc: the same loop, once inside the module's library and
//! once in this program.

#![forbid(unsafe_code)]

use benchmark_work as work;

use crate::fixture;
use crate::measure::{Plan, Way, check, compare};
use crate::row::{Row, Target};

const AIM: &[Target] = &[Target::Ratio(1.2)];

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let probe = fixture::open()?;
    let probe = &probe;
    let mut rows = Vec::new();
    for threads in [1, 2] {
        let ways = [
            Way::new("glibc", || Box::new(work::allocate_small)),
            Way::new("module heap", || {
                Box::new(|count| probe.probe().allocate_small(count).unwrap_or_default())
            })
            .aimed(AIM),
        ];
        check(&ways)?;
        rows.extend(compare(
            "heap",
            "64 B alloc and free",
            threads,
            plan,
            0,
            &ways,
        ));
        let ways = [
            Way::new("glibc", || Box::new(work::allocate_mixed)),
            Way::new("module heap", || {
                Box::new(|count| probe.probe().allocate_mixed(count).unwrap_or_default())
            })
            .aimed(AIM),
        ];
        check(&ways)?;
        rows.extend(compare(
            "heap",
            "16 B to 4 KiB, 64 alive",
            threads,
            plan,
            0,
            &ways,
        ));
    }
    Ok(rows)
}
