//! What a resident call costs: the plain symbol that `dlsym` gives, the gateway, a pinned burst, and every rival, all
//! with the same work.

#![forbid(unsafe_code)]

use std::hint::black_box;

use lmms::__private::CallOutcome;

use crate::bare::Bare;
use crate::fixture::{self, Rare, failed};
use crate::measure::{Plan, Way, check, compare, each};
use crate::original;
use crate::rivals::{self, Counted, Epoch, Locked, Swapped, Wasm};
use crate::row::{Row, Target, rivals};

/// What the call does, and what is aimed at on one thread and on two.
struct Work {
    name: &'static str,
    scatters: bool,
    gateway: [&'static [Target]; 2],
    pinned: [&'static [Target]; 2],
}

const WORKS: [Work; 2] = [
    Work {
        name: "adds two numbers",
        scatters: false,
        gateway: [&[Target::Ratio(1.2)], &[Target::Ratio(1.35)]],
        pinned: [&[Target::Ratio(1.05)], &[Target::Ratio(1.05)]],
    },
    Work {
        name: "4 stores into 1 MiB",
        scatters: true,
        gateway: [&[Target::Ratio(1.2)], &[Target::Ratio(1.4)]],
        pinned: [&[], &[]],
    },
];

const NO_GUARD: &str = "no guard: unloading under it would crash";
const GUARDED: &str = "guarded";
const NEVER: &str = "no guard, never unloads";

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let probe = fixture::open()?;
    let rare = fixture::open_with(|builder| builder.clock(Rare))?;
    let bare = Bare::of(&probe)?;
    let library = rivals::libloading("librival_plain.so")?;
    let symbols = rivals::plain(&library)?;
    let library2 = rivals::dlopen2()?;
    let symbols2 = rivals::dlopen2_symbols(&library2)?;
    let abi_stable = rivals::abi_stable()?;
    let stabby = rivals::stabby()?;
    let counted = Counted::open()?;
    let locked = Locked::open()?;
    let swapped = Swapped::open()?;
    let epoch = Epoch::open()?;
    let wasm = Wasm::compile()?;
    // Every library really stores: a compiler leaves stores out that nobody can read.
    let last = value((bare.scatter)(7));
    if probe.probe().scattered(last >> 40).ok() != Some(last) {
        return Err("the module scatters nothing".to_owned());
    }
    for (library, name, last) in [
        ("librival_plain.so", "plain_scattered", symbols.1(7)),
        (
            "librival_abi_stable.so",
            "abi_stable_scattered",
            abi_stable.scatter()(7),
        ),
        ("librival_stabby.so", "stabby_scattered", stabby.1(7)),
    ] {
        if rivals::scattered(library, name, last >> 40)? != last {
            return Err(format!("{library} scatters nothing"));
        }
    }

    let mut rows = Vec::new();
    for work in &WORKS {
        let scatters = work.scatters;
        for threads in [1, 2] {
            let (add, scatter) = (*symbols.0, *symbols.1);
            let (add_thunk, scatter_thunk) = (bare.add, bare.scatter);
            let ways = [
                Way::new("bare function pointer", move || {
                    if scatters {
                        each!(move |number| black_box(scatter)(number))
                    } else {
                        each!(move |number| black_box(add)(number, 1))
                    }
                })
                .noted("the plain symbol, as dlsym gives it"),
                Way::new("LMMS thunk without the gateway", move || {
                    if scatters {
                        each!(move |number| value(black_box(scatter_thunk)(number)))
                    } else {
                        each!(move |number| value(black_box(add_thunk)(number, 1)))
                    }
                })
                .noted("what the gateway calls: no guard against unloading, one against panics"),
                Way::new("LMMS gateway", || {
                    if scatters {
                        each!(|number| probe.probe().scatter(number).unwrap_or_else(failed))
                    } else {
                        each!(|number| probe.probe().add(number, 1).unwrap_or_else(failed))
                    }
                })
                .aimed(work.gateway[threads - 1]),
                Way::new("LMMS gateway, calls that come alone", || {
                    if scatters {
                        each!(|number| rare.probe().scatter(number).unwrap_or_else(failed))
                    } else {
                        each!(|number| rare.probe().add(number, 1).unwrap_or_else(failed))
                    }
                })
                .noted("each notes when the module was used: the first one in a tenth of a second does"),
                Way::new("LMMS pinned", || {
                    let Ok(pinned) = probe.probe().pin() else {
                        return each!(|_| 0);
                    };
                    if scatters {
                        each!(move |number| pinned.scatter(number).unwrap_or_else(failed))
                    } else {
                        each!(move |number| pinned.add(number, 1).unwrap_or_else(failed))
                    }
                })
                .aimed(work.pinned[threads - 1]),
                Way::new("libloading", || {
                    let (add, scatter) = (&symbols.0, &symbols.1);
                    if scatters {
                        each!(move |number| black_box(scatter)(number))
                    } else {
                        each!(move |number| black_box(add)(number, 1))
                    }
                })
                .noted(NO_GUARD),
                Way::new("dlopen2", || {
                    let (add, scatter) = (&symbols2.0, &symbols2.1);
                    if scatters {
                        each!(move |number| black_box(scatter)(number))
                    } else {
                        each!(move |number| black_box(add)(number, 1))
                    }
                })
                .noted(NO_GUARD),
                Way::new("abi_stable", || {
                    if scatters {
                        each!(|number| black_box(abi_stable).scatter()(number))
                    } else {
                        each!(|number| black_box(abi_stable).add()(number, 1))
                    }
                })
                .noted(NEVER),
                Way::new("stabby", || {
                    let (add, scatter) = stabby;
                    if scatters {
                        each!(move |number| black_box(scatter)(number))
                    } else {
                        each!(move |number| black_box(add)(number, 1))
                    }
                })
                .noted(NEVER),
                Way::new("Arc<Library> per call", || {
                    if scatters {
                        each!(|number| black_box(&counted).scatter(number))
                    } else {
                        each!(|number| black_box(&counted).add(number, 1))
                    }
                })
                .noted(GUARDED),
                Way::new("crossbeam-epoch guard per call", || {
                    if scatters {
                        each!(|number| black_box(&epoch).scatter(number).unwrap_or_default())
                    } else {
                        each!(|number| black_box(&epoch).add(number, 1).unwrap_or_default())
                    }
                })
                .noted(GUARDED),
                Way::new("arc-swap guard per call", || {
                    if scatters {
                        each!(|number| black_box(&swapped).scatter(number))
                    } else {
                        each!(|number| black_box(&swapped).add(number, 1))
                    }
                })
                .noted(GUARDED),
                Way::new("RwLock + HashMap gateway", || {
                    if scatters {
                        each!(|number| {
                            locked
                                .scatter(black_box("probe"), number)
                                .unwrap_or_default()
                        })
                    } else {
                        each!(|number| {
                            locked
                                .add(black_box("probe"), number, 1)
                                .unwrap_or_default()
                        })
                    }
                })
                .noted(GUARDED),
                Way::new("wasmtime", || {
                    let Ok(mut wasm) = wasm.instance() else {
                        return each!(|_| 0);
                    };
                    if scatters {
                        each!(move |number| {
                            wasm.scatter
                                .call(&mut wasm.store, number)
                                .unwrap_or_default()
                        })
                    } else {
                        each!(move |number| {
                            wasm.add
                                .call(&mut wasm.store, (number, 1))
                                .unwrap_or_default()
                        })
                    }
                })
                .noted("a sandbox; an instance of its own on each thread"),
            ];
            check(&ways)?;
            rows.extend(compare("calls", work.name, threads, plan, 0, &ways));
        }
    }
    rows.extend(original::calls(plan));
    rivals(&mut rows, "LMMS gateway", |row| {
        row.note.as_deref().is_some_and(|note| {
            note == GUARDED || note.starts_with("a sandbox") || note.starts_with("Python")
        })
    });
    Ok(rows)
}

#[inline(always)]
fn value(outcome: CallOutcome<u64>) -> u64 {
    match outcome {
        CallOutcome::Returned(value) => *value,
        CallOutcome::Panicked => 0,
    }
}
