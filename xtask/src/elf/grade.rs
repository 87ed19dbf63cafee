//! What the facts of a library mean for unloading it.

#![forbid(unsafe_code)]

use lmms::manifest::{Finding, UnloadGrade};

use super::escapes::{self, Fate};
use super::{Elf, TlsModel};

/// Libraries that are in every process anyway, so needing them changes nothing at unload.
const EVERYWHERE: &[&str] = &[
    "ld-linux-",
    "libc.so",
    "libdl.so",
    "libgcc_s.so",
    "libm.so",
    "libpthread.so",
    "librt.so",
];

/// Judges whether a library can be unloaded, worst finding first.
///
/// `own_reason` is why it can't, as far as the library itself knows: whether its calls for threads,
/// keys, destructors and memory go through the host does not show in its headers.
pub fn grade(elf: &Elf, own_reason: Option<&str>) -> UnloadGrade {
    let mut findings: Vec<Finding> = [
        no_entry(elf),
        nodelete(elf),
        unique_symbols(elf),
        static_tls(elf),
        unseen(own_reason),
        escapes(elf),
        executable_stack(elf),
        text_relocations(elf),
        extra_exports(elf),
        foreign_libraries(elf),
        raw_threads(elf),
    ]
    .into_iter()
    .flatten()
    .collect();
    // Stable: within a class the order above is the order of weight.
    findings.sort_by_key(|finding| !finding.blocks_unload);
    UnloadGrade {
        safe: !findings.iter().any(|finding| finding.blocks_unload),
        findings,
    }
}

/// What a grade says of a library whose `NODELETE` mark was taken out.
pub(crate) fn cleared() -> Finding {
    Finding {
        code: Finding::NODELETE_CLEARED.to_owned(),
        blocks_unload: false,
        what: "the toolchain had marked it NODELETE (DF_1_NODELETE), and the mark was taken out: its threads, keys and \
               destructors go through the host, so it unloads"
            .to_owned(),
        advice: "nothing; to do without, remove `-z nodelete` from the link arguments".to_owned(),
    }
}

/// The library's own reason in a grade that was given before.
pub(crate) fn own_reason(grade: &UnloadGrade) -> Option<&str> {
    let finding = grade
        .findings
        .iter()
        .find(|finding| finding.code == UNSEEN)?;
    Some(&finding.what)
}

const UNSEEN: &str = "unseen";

/// The code of the finding that a library has static thread-local storage.
pub(crate) const STATIC_TLS: &str = "static-tls";

fn no_entry(elf: &Elf) -> Option<Finding> {
    let what = match elf.entries().count() {
        1 => return None,
        0 => "it exports no `lmms_module_…` function, so it is not a module".to_owned(),
        several => format!("it exports {several} `lmms_module_…` functions: {}", {
            elf.entries().collect::<Vec<_>>().join(", ")
        }),
    };
    Some(Finding {
        code: "entry".to_owned(),
        blocks_unload: true,
        what,
        advice: "let the tool of LMMS build it, one module per library, with \
                 `lmms::module!();` once at the crate's root"
            .to_owned(),
    })
}

fn nodelete(elf: &Elf) -> Option<Finding> {
    elf.flags.contains("NODELETE").then(|| Finding {
        code: "nodelete".to_owned(),
        blocks_unload: true,
        what: "it is marked NODELETE (DF_1_NODELETE): the system never unmaps it".to_owned(),
        advice: "remove `-z nodelete` from the link arguments (a build script, RUSTFLAGS or \
                 .cargo/config.toml), or use a toolchain that does not add it"
            .to_owned(),
    })
}

fn unique_symbols(elf: &Elf) -> Option<Finding> {
    let first = elf.unique_symbols.first()?;
    Some(Finding {
        code: "unique-symbols".to_owned(),
        blocks_unload: true,
        what: format!(
            "it exports {} STB_GNU_UNIQUE symbol(s), such as `{first}`: glibc then never unmaps it",
            elf.unique_symbols.len()
        ),
        advice: "compile the C++ code in it with `-fno-gnu-unique`, or keep it from being exported"
            .to_owned(),
    })
}

fn static_tls(elf: &Elf) -> Option<Finding> {
    (elf.tls_model == TlsModel::Static).then(|| Finding {
        code: STATIC_TLS.to_owned(),
        blocks_unload: true,
        what: "it uses static thread-local storage (DF_STATIC_TLS or TPOFF relocations): its room \
               is not given back, and after some loads the next one fails"
            .to_owned(),
        advice: "compile its C code with `-ftls-model=global-dynamic`, Rust code without \
                 `-Z tls-model`"
            .to_owned(),
    })
}

fn unseen(reason: Option<&str>) -> Option<Finding> {
    reason.map(|reason| Finding {
        code: UNSEEN.to_owned(),
        blocks_unload: true,
        what: reason.to_owned(),
        advice: "let the tool of LMMS build it, and make nothing in static constructors: \
                 the host must see every thread, key and destructor of a module that it unloads"
            .to_owned(),
    })
}

fn escapes(elf: &Elf) -> Option<Finding> {
    let mut used = Vec::new();
    for import in &elf.imports {
        if let Some((row, Fate::Refused(instead))) = escapes::judge(import) {
            used.push((import, row.keeps, instead));
        }
    }
    if used.is_empty() {
        return None;
    }
    let names: Vec<String> = used
        .iter()
        .map(|(name, keeps, _)| format!("`{name}` ({keeps})"))
        .collect();
    let advice: Vec<String> = used
        .iter()
        .map(|(name, _, instead)| format!("instead of `{name}`: {instead}"))
        .collect();
    Some(Finding {
        code: "escapes".to_owned(),
        blocks_unload: true,
        what: format!(
            "it uses what keeps pointers into it that nobody can take back: {}",
            names.join(", ")
        ),
        advice: advice.join("; "),
    })
}

fn raw_threads(elf: &Elf) -> Option<Finding> {
    let clones = elf
        .imports
        .iter()
        .any(|import| escapes::is_symbol(import, "clone"));
    clones.then(|| Finding {
        code: Finding::RAW_THREADS.to_owned(),
        blocks_unload: false,
        what: "it calls `clone`: threads made that way are only found by looking for them, so any \
               busy thread of the process that is younger than its load keeps it loaded"
            .to_owned(),
        advice: "make threads with `std::thread` or `pthread_create`, which the host counts"
            .to_owned(),
    })
}

fn executable_stack(elf: &Elf) -> Option<Finding> {
    elf.executable_stack.then(|| Finding {
        code: "executable-stack".to_owned(),
        blocks_unload: false,
        what: "it asks for an executable stack: newer systems refuse to load it, older ones make \
               every thread's stack executable"
            .to_owned(),
        advice: "assemble its assembly files with `-Wa,--noexecstack`, or add \
                 `.section .note.GNU-stack,\"\",@progbits` to them"
            .to_owned(),
    })
}

fn text_relocations(elf: &Elf) -> Option<Finding> {
    elf.text_relocations.then(|| Finding {
        code: "text-relocations".to_owned(),
        blocks_unload: false,
        what:
            "its code is patched at load (DT_TEXTREL): slow to load, and the pages are not shared"
                .to_owned(),
        advice: "compile its C and assembly code as position-independent (`-fPIC`)".to_owned(),
    })
}

fn extra_exports(elf: &Elf) -> Option<Finding> {
    let extra: Vec<&str> = elf
        .exports
        .iter()
        .map(String::as_str)
        .filter(|name| !super::is_entry(name))
        .collect();
    let first = extra.first()?;
    Some(Finding {
        code: "extra-exports".to_owned(),
        blocks_unload: false,
        what: format!(
            "it exports {} symbol(s) besides its entry, such as `{first}`: another library can bind \
             to them and then keeps this one in memory",
            extra.len()
        ),
        advice: "drop `#[no_mangle]`/`#[export_name]` from what nobody outside calls".to_owned(),
    })
}

fn foreign_libraries(elf: &Elf) -> Option<Finding> {
    let foreign: Vec<&str> = elf
        .needed
        .iter()
        .map(String::as_str)
        .filter(|name| !EVERYWHERE.iter().any(|known| name.starts_with(known)))
        .collect();
    if foreign.is_empty() {
        return None;
    }
    Some(Finding {
        code: Finding::FOREIGN_LIBRARIES.to_owned(),
        blocks_unload: false,
        what: format!(
            "it needs {}: such a library is loaded with it, its memory is not watched, its threads \
             only by looking for them, and it may stay when this one goes",
            foreign.join(", ")
        ),
        advice: "link it statically (many `-sys` crates have a feature `bundled`, `vendored` or \
                 `static`)"
            .to_owned(),
    })
}
