#![deny(warnings)]
#![forbid(unsafe_code)]
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(
    text: String,
    path: PathBuf,
    wait: Duration,
    at: SystemTime,
    map: HashMap<String, Vec<u8>>,
    tree: BTreeMap<u8, BTreeSet<char>>,
    set: HashSet<String>,
    boxed: Box<Option<u8>>,
    tuple: (u8, String, [u16; 4]),
    unit: (),
    nested: Result<Option<u8>, String>,
) -> (PathBuf, Duration, SystemTime) {
    let _ = (text, map, tree, set, boxed, tuple, unit, nested);
    (path, wait, at)
}

fn main() {}
