//! Damaged libraries: those that the manifest exposes, and those that it vouches for.

#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use lmms::Error;

use crate::random::Random;
use crate::stage::{MODULES, Stage, consistent};

fn is_other_file(error: &Error) -> bool {
    matches!(error, Error::HashMismatch { .. })
}

fn is_other_size(error: &Error) -> bool {
    matches!(error, Error::SizeMismatch { .. })
}

fn is_no_module(error: &Error) -> bool {
    matches!(error, Error::NotAModule { .. })
}

/// Bytes that are not those of the manifest.
pub fn exposed(stage: &mut Stage, random: &mut Random) {
    for module in MODULES {
        let path = stage.library(module);
        let whole = fs::read(&path).unwrap();
        for round in 0..60 {
            let keep = match round {
                0 => 0,
                1 => whole.len() - 1,
                2 => 64,
                _ => random.below(whole.len()),
            };
            let what = format!("{module} cut to {keep}");
            stage.refused(module, &what, &[(&path, &whole[..keep])], is_other_size);
        }
        for more in [1, 4096, 100_000] {
            let longer = [&whole[..], &vec![0; more]].concat();
            let what = format!("{module} and {more} more");
            stage.refused(module, &what, &[(&path, &longer)], is_other_size);
        }
        for round in 0..200 {
            let (what, damaged) = random.damage(&whole, 8192);
            let what = format!("{module} with {what}, {round}");
            stage.refused(module, &what, &[(&path, &damaged)], is_other_file);
        }
        for other in MODULES.into_iter().filter(|other| *other != module) {
            let theirs = fs::read(stage.library(other)).unwrap();
            let what = format!("{other} for {module}");
            let both = [(&*path, &theirs[..]), (&*stage.library(other), &whole[..])];
            stage.refused(module, &what, &both, is_other_size);
            let mut padded = theirs.clone();
            padded.resize(whole.len(), 0);
            stage.refused(module, &what, &[(&path, &padded)], is_other_file);
        }
        not_even_files(stage, module);
    }
}

fn not_even_files(stage: &mut Stage, module: &str) {
    let path = stage.library(module);
    let aside = stage.path("aside");
    let repair = || {
        if path.is_dir() {
            fs::remove_dir(&path).unwrap();
        } else {
            let _ = fs::remove_file(&path);
        }
        fs::rename(&aside, &path).unwrap();
    };
    let mut case = |what: &str, put: &dyn Fn(&Path), is_right: fn(&Error) -> bool| {
        let damage = || {
            fs::rename(&path, &aside).unwrap();
            put(&path);
        };
        stage.refused_with(
            module,
            &format!("{module}: {what}"),
            damage,
            repair,
            is_right,
        );
    };
    let is_not_there = |error: &Error| matches!(error, Error::File { action: "open", .. });
    case("missing", &|_| (), is_not_there);
    case(
        "a folder",
        &|path| fs::create_dir(path).unwrap(),
        is_no_module,
    );
    case(
        "a link to nothing",
        &|path| symlink("nothing", path).unwrap(),
        is_not_there,
    );
    case(
        "a link to itself",
        &|path| symlink(path, path).unwrap(),
        is_not_there,
    );
    case(
        "no end",
        &|path| symlink("/dev/zero", path).unwrap(),
        is_no_module,
    );
    case(
        "a pipe",
        &|path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        is_no_module,
    );
}

/// Libraries that cannot work, with a manifest that has their hashes.
pub fn vouched_for(stage: &mut Stage, random: &mut Random) {
    let manifest_path = stage.manifest();
    let manifest = fs::read(&manifest_path).unwrap();
    for module in MODULES {
        let path = stage.library(module);
        let whole = fs::read(&path).unwrap();
        let mut case = |what: &str, library: &[u8], is_right: fn(&Error) -> bool| {
            let vouched = consistent(&manifest, module, library);
            let both = [(&*path, library), (&*manifest_path, &vouched[..])];
            stage.refused(module, &format!("{module}: {what}"), &both, is_right);
        };
        let end = end_of_segments(&whole);
        for round in 0..60 {
            let keep = if round == 0 {
                end - 1
            } else {
                random.below(end)
            };
            case(&format!("cut to {keep}"), &whole[..keep], is_no_module);
        }
        for length in [0, 1, 5, 1000, 100_000] {
            let noise: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
            case("noise", &noise, is_no_module);
        }
        headers(&whole, &mut case);
        texts(&whole, module, &mut case);
        for other in MODULES.into_iter().filter(|other| *other != module) {
            let theirs = fs::read(modules_library(other)).unwrap();
            case(&format!("{other} in its place"), &theirs, is_no_module);
        }
        // The linker needs nothing behind the last segment.
        let cut = &whole[..end];
        let vouched = consistent(&manifest, module, cut);
        fs::write(&path, cut).unwrap();
        stage.loaded(module, "cut behind its segments", &manifest_path, &vouched);
        fs::write(&path, &whole).unwrap();
    }
}

fn modules_library(module: &str) -> std::path::PathBuf {
    lmms_library_tests::modules().join(format!("{module}.so"))
}

type Case<'a> = dyn FnMut(&str, &[u8], fn(&Error) -> bool) + 'a;

/// Other machines, and what is no library.
fn headers(whole: &[u8], case: &mut Case<'_>) {
    let is_foreign = |error: &Error| matches!(error, Error::Platform { .. });
    let mut with = |what: &str, at: usize, byte: u8, is_right: fn(&Error) -> bool| {
        let mut changed = whole.to_vec();
        assert_ne!(changed[at], byte);
        changed[at] = byte;
        case(&format!("{what} {byte}"), &changed, is_right);
    };
    for machine in (0..=255).filter(|machine| *machine != whole[18]).step_by(8) {
        with("machine", 18, machine, is_foreign);
    }
    for class in [0, 1, 3, 255] {
        with("class", 4, class, is_foreign);
    }
    for order in [0, 3 - whole[5], 3, 255] {
        with("byte order", 5, order, is_foreign);
    }
    for kind in [0, 1, 2, 4, 9, 255] {
        with("type", 16, kind, is_no_module);
    }
    for at in 0..4 {
        with("magic", at, 0x20, is_no_module);
    }
    for at in 34..40 {
        with("place of the segments", at, 0x7f, is_no_module);
    }
}

/// Another toolchain and another entry.
fn texts(whole: &[u8], module: &str, case: &mut Case<'_>) {
    let is_foreign = |error: &Error| matches!(error, Error::ToolchainMismatch { .. });
    let toolchain = lmms::TOOLCHAIN.as_bytes();
    for at in 0..toolchain.len() {
        let mut other = toolchain.to_vec();
        other[at] ^= 1;
        let patched = replaced(whole, toolchain, &other);
        case(&format!("toolchain changed at {at}"), &patched, is_foreign);
    }
    let entry = format!("lmms_module_{module}\0");
    for at in 0..entry.len() - 1 {
        let mut other = entry.clone().into_bytes();
        other[at] ^= 1;
        let patched = replaced(whole, entry.as_bytes(), &other);
        case(&format!("entry changed at {at}"), &patched, is_no_module);
    }
}

fn replaced(whole: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let mut rest = 0;
    while let Some(place) = memchr::memmem::find(&bytes[rest..], from) {
        bytes[rest + place..][..to.len()].copy_from_slice(to);
        rest += place + to.len();
    }
    assert_ne!(rest, 0, "nothing to patch");
    bytes
}

/// Where the last of the segments ends that the linker maps.
fn end_of_segments(whole: &[u8]) -> usize {
    let number = |at: usize, size: usize| {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&whole[at..at + size]);
        u64::from_le_bytes(bytes) as usize
    };
    let (table, count) = (number(32, 8), number(56, 2));
    let ends = (0..count).map(|index| {
        let segment = table + index * 56;
        number(segment + 8, 8) + number(segment + 32, 8)
    });
    ends.max().unwrap()
}
