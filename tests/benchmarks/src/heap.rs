//! A module's own heap against glibc's malloc: the same loop, once inside the module's library and
//! once in this program. mimalloc's heaps, one for each thread of a library, are a rival.

#![forbid(unsafe_code)]

use benchmark_work as work;

use crate::fixture;
use crate::measure::{Clock, Plan, Way, check, compare_by};
use crate::rivals::Mimalloc;
use crate::row::{Row, Target};

const AIM: &[Target] = &[Target::Ratio(1.2)];

/// Something that is done so many times.
type Work<'a> = &'a (dyn Fn(u64) -> u64 + Sync);

/// Blocks of so many bytes of which every page is written. Nobody keeps the pages of the last one.
const WRITTEN: [(&str, u64); 4] = [
    ("64 KiB", 64 << 10),
    ("1 MiB", 1 << 20),
    ("4 MiB", 4 << 20),
    ("48 MiB, so fresh pages", 48 << 20),
];

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let fixture = fixture::open()?;
    let probe = || fixture.probe();
    let rival = Mimalloc::open()?;
    let mut rows = Vec::new();
    for threads in [1, 2] {
        let mut run =
            |clock: Clock, case: &str, glibc: Work<'_>, own: Work<'_>, rival: Work<'_>| {
                let ways = [
                    Way::new("glibc", || Box::new(glibc)),
                    Way::new("module heap", || Box::new(own)).aimed(AIM),
                    Way::new("mimalloc's heaps", || Box::new(rival)),
                ];
                check(&ways)?;
                rows.extend(compare_by(clock, "heap", case, threads, plan, 0, &ways));
                Ok::<(), String>(())
            };
        run(
            Clock::Callers,
            "64 B alloc and free",
            &work::allocate_small,
            &|count| probe().allocate_small(count).unwrap_or_default(),
            &|count| (rival.small)(count),
        )?;
        run(
            Clock::Callers,
            "16 B to 4 KiB, 64 alive",
            &work::allocate_mixed,
            &|count| probe().allocate_mixed(count).unwrap_or_default(),
            &|count| (rival.mixed)(count),
        )?;
        run(
            Clock::Callers,
            "64 B, 10,000 alive",
            &work::allocate_many,
            &|count| probe().allocate_many(count).unwrap_or_default(),
            &|count| (rival.many)(count),
        )?;
        // The other thread works as well.
        run(
            Clock::Process,
            "64 B, freed by the other of two threads, CPU time of both",
            &work::exchange,
            &|count| probe().exchange(count).unwrap_or_default(),
            &|count| (rival.exchange)(count),
        )?;
        let buffers = "16 to 256 KiB, 16 alive, each page written";
        run(
            Clock::Callers,
            buffers,
            &work::allocate_buffers,
            &|count| probe().allocate_buffers(count).unwrap_or_default(),
            &|count| (rival.buffers)(count),
        )?;
        for (size, bytes) in WRITTEN {
            run(
                Clock::Callers,
                &format!("{size}, each page written"),
                &|count| work::allocate_written(bytes, count),
                &|count| probe().allocate_written(bytes, count).unwrap_or_default(),
                &|count| (rival.written)(bytes, count),
            )?;
        }
        run(
            Clock::Callers,
            "a list that grows to 1 MiB",
            &work::grow,
            &|count| probe().grow(count).unwrap_or_default(),
            &|count| (rival.grow)(count),
        )?;
    }
    Ok(rows)
}
