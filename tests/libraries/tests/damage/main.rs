//! Thousands of damaged libraries and manifests. Each is a clear error, none reaches the dynamic
//! linker, and the repaired module loads and answers. The same cases in every run.

mod files;
mod linker;
mod manifests;
mod random;
mod stage;

use manifests::Manifests;
use random::Random;
use stage::Stage;

#[test]
fn no_damage_reaches_the_linker() {
    let mut stage = Stage::new();
    let random = &mut Random::new(1);
    files::exposed(&mut stage, random);
    let exposed = stage.cases();
    files::vouched_for(&mut stage, random);
    let vouched_for = stage.cases() - exposed;

    let mut manifests = Manifests::new(&mut stage);
    manifests.bytes(random);
    manifests.lines();
    manifests.values(random);
    manifests.exchanged();
    manifests.paths_and_hashes(random);
    manifests.monsters(random);
    let harmless = manifests.loaded;
    let changed = stage.cases() - exposed - vouched_for;

    println!("damaged libraries: {exposed}, with a manifest that has their hashes: {vouched_for}");
    println!("changed manifests: {changed}, of which harmless: {harmless}");
    assert!(stage.cases() >= 2000, "{}", stage.cases());
    assert!(harmless * 2 < changed, "most must not be harmless");
}
