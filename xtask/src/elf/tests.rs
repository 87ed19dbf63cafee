//! Facts and grades of real libraries and of invented ones.

use lmms::manifest::UnloadGrade;

use super::*;

fn module() -> Elf {
    Elf {
        exports: vec!["lmms_module_sample".to_owned()],
        needed: vec!["libgcc_s.so.1".to_owned(), "libc.so.6".to_owned()],
        ..Elf::default()
    }
}

fn codes(elf: &Elf, reason: Option<&str>) -> Vec<String> {
    let findings = grade(elf, reason).findings;
    findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn a_plain_module_is_safe() {
    let grade = grade(&module(), None);
    assert!(grade.safe, "{grade:?}");
    assert!(grade.findings.is_empty(), "{grade:?}");
}

#[test]
fn each_hazard_is_found_by_its_code() {
    type Plant = fn(&mut Elf);
    let hazards: [(&str, bool, Plant); 8] = [
        ("entry", true, |elf| elf.exports.clear()),
        ("nodelete", true, |elf| {
            elf.flags.insert("NODELETE".to_owned());
        }),
        ("unique-symbols", true, |elf| {
            elf.unique_symbols.push("_ZN1xE".to_owned());
        }),
        ("static-tls", true, |elf| elf.tls_model = TlsModel::Static),
        ("executable-stack", false, |elf| elf.executable_stack = true),
        ("text-relocations", false, |elf| elf.text_relocations = true),
        ("extra-exports", false, |elf| {
            elf.exports.push("helper".to_owned())
        }),
        ("foreign-libraries", false, |elf| {
            elf.needed.push("libstdc++.so.6".to_owned());
        }),
    ];
    for (code, blocks, plant) in hazards {
        let mut elf = module();
        plant(&mut elf);
        assert_eq!(codes(&elf, None), [code]);
        assert_eq!(grade(&elf, None).safe, !blocks, "{code}");
    }
}

#[test]
fn what_a_library_knows_of_itself_blocks_and_is_remembered() {
    let grade = grade(&module(), Some("it made a thread"));
    assert!(!grade.safe);
    assert_eq!(own_reason(&grade), Some("it made a thread"));
    assert_eq!(own_reason(&UnloadGrade::default()), None);
}

#[test]
fn blocking_findings_come_first() {
    let mut elf = module();
    elf.executable_stack = true;
    elf.tls_model = TlsModel::Static;
    assert_eq!(
        codes(&elf, Some("unseen threads")),
        ["static-tls", "unseen", "executable-stack"]
    );
}

#[test]
fn the_tls_model_shows_in_flags_and_relocations() {
    let model = |flag: Option<&str>, relocation: Option<&str>, size| {
        let elf = Elf {
            flags: flag.into_iter().map(str::to_owned).collect(),
            relocations: relocation
                .into_iter()
                .map(|kind| (kind.to_owned(), 1))
                .collect(),
            tls_size: size,
            ..Elf::default()
        };
        elf.judge_tls()
    };
    assert_eq!(model(None, None, 0), TlsModel::None);
    assert_eq!(model(None, None, 8), TlsModel::Dynamic);
    assert_eq!(model(None, Some("DTPMOD"), 0), TlsModel::Dynamic);
    assert_eq!(model(None, Some("TLSDESC"), 8), TlsModel::Descriptor);
    assert_eq!(model(None, Some("TPOFF"), 8), TlsModel::Static);
    assert_eq!(model(Some("STATIC_TLS"), None, 8), TlsModel::Static);
}

#[test]
fn two_entries_are_named() {
    let mut elf = module();
    elf.exports.push("lmms_module_other".to_owned());
    let grade = grade(&elf, None);
    assert!(
        grade.findings[0].what.contains("lmms_module_other"),
        "{grade:?}"
    );
}

#[test]
fn what_leaves_pointers_behind_forbids_unloading_and_what_hides_threads_is_noted() {
    let mut elf = module();
    elf.imports.push("aio_read64@GLIBC_2.34".to_owned());
    elf.imports.push("hsearch".to_owned());
    elf.imports.push("setvbuf".to_owned());
    let found = grade(&elf, None);
    assert!(!found.safe);
    let finding = &found.findings[0];
    assert_eq!(finding.code, "escapes");
    assert!(
        finding.what.contains("`aio_read64@GLIBC_2.34` (a buffer"),
        "{finding:?}"
    );
    assert!(finding.what.contains("`hsearch`"), "{finding:?}");
    assert!(!finding.what.contains("setvbuf"), "{finding:?}");
    assert!(finding.advice.contains("hsearch_r"), "{finding:?}");
    assert!(!found.may_hide_threads());

    for entry in ["Py_InitializeEx", "PyGILState_Ensure", "JNI_CreateJavaVM"] {
        let mut elf = module();
        elf.imports.push(entry.to_owned());
        elf.needed.push("libpython3.11.so.1.0".to_owned());
        let found = grade(&elf, None);
        assert!(!found.safe, "{entry}");
        let finding = &found.findings[0];
        assert!(finding.what.contains("an interpreter"), "{finding:?}");
        assert!(
            finding.advice.contains("a process of its own"),
            "{finding:?}"
        );
    }

    let mut elf = module();
    elf.imports.push("clone".to_owned());
    let found = grade(&elf, None);
    assert!(found.safe && found.may_hide_threads(), "{found:?}");
    elf.imports = vec!["__clone@GLIBC_2.2.5".to_owned()];
    assert!(grade(&elf, None).may_hide_threads());
    elf.imports = vec!["clonefile".to_owned()];
    assert!(!grade(&elf, None).may_hide_threads());
    elf.needed.push("libodd.so.1".to_owned());
    assert!(grade(&elf, None).may_hide_threads());
}

#[test]
fn reads_its_own_test_program() {
    let program = std::env::current_exe().expect("a test has a program");
    let elf = Elf::read(&std::fs::read(program).unwrap()).unwrap();
    assert!(
        elf.needed.iter().any(|name| name.starts_with("libc.so")),
        "{:?}",
        elf.needed
    );
    assert!(
        elf.segments.iter().any(|segment| segment.access == "rx"),
        "{:?}",
        elf.segments
    );
    assert!(elf.relocation_count() > 0);
    assert!(!elf.executable_stack);
    assert!(
        elf.imports.iter().any(|name| name == "pthread_create"),
        "{:?}",
        elf.imports
    );
    assert!(
        elf.symbols
            .iter()
            .any(|name| name.contains("reads_its_own_test_program"))
    );
    assert!(
        elf.producers
            .iter()
            .any(|producer| producer.contains("rustc")),
        "{:?}",
        elf.producers
    );
}

#[test]
fn damaged_files_are_errors_not_crashes() {
    let program = std::env::current_exe().expect("a test has a program");
    let whole = std::fs::read(program).unwrap();
    assert!(Elf::read(b"").is_err());
    assert!(Elf::read(b"\x7fELF").is_err());
    assert!(Elf::read(b"#!/bin/sh\n").is_err());
    // The section table stands at the end, so any shorter file lacks it.
    assert!(Elf::read(&whole[..whole.len() / 2]).is_err());
    for position in (0..64).chain((64..4096).step_by(37)) {
        let mut damaged = whole[..whole.len().min(1 << 20)].to_vec();
        damaged[position] ^= 0xff;
        let _ = Elf::read(&damaged);
    }
}
