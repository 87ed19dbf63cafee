//! What stands in the headers of a built library, read without loading it.
//!
//! [`Elf::read`] only collects facts; [`grade`] judges what they mean for unloading.

#![forbid(unsafe_code)]

mod escapes;
mod grade;
mod nodelete;

pub use grade::grade;
pub(crate) use grade::{STATIC_TLS, cleared, own_reason};
pub(crate) use nodelete::clear as clear_nodelete;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use serde::Serialize;

/// The facts of one ELF file that matter to a loader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Elf {
    /// The machine it is for, such as `x86_64`.
    pub machine: String,
    /// Size of the file in bytes.
    pub file_size: u64,
    /// The parts that are mapped into memory.
    pub segments: Vec<Segment>,
    /// Bytes of thread-local storage per thread.
    pub tls_size: u64,
    /// How thread-local storage is reached.
    pub tls_model: TlsModel,
    /// Whether the stack is asked to be executable.
    pub executable_stack: bool,
    /// Whether relocated data becomes read-only after loading.
    pub relro: bool,
    /// The shared libraries it needs (`DT_NEEDED`).
    pub needed: Vec<String>,
    /// The name it calls itself (`DT_SONAME`).
    pub soname: Option<String>,
    /// Names of the dynamic flags that are set, such as `NODELETE`.
    pub flags: BTreeSet<String>,
    /// Whether code has to be patched at load (`DT_TEXTREL`).
    pub text_relocations: bool,
    /// Number of functions run at load.
    pub init_functions: u64,
    /// Number of functions run at unload.
    pub fini_functions: u64,
    /// Relocations by type, such as `RELATIVE`.
    pub relocations: BTreeMap<String, u64>,
    /// Dynamic symbols that others can bind to.
    pub exports: Vec<String>,
    /// Dynamic symbols that are looked up elsewhere.
    pub imports: Vec<String>,
    /// Exports that the dynamic linker keeps one of per process (`STB_GNU_UNIQUE`).
    pub unique_symbols: Vec<String>,
    /// All names of the full symbol table; empty in a stripped file.
    #[serde(skip)]
    pub symbols: Vec<String>,
    /// Who built it, from `.comment`.
    pub producers: Vec<String>,
    /// The linker's build id as hex digits.
    pub build_id: Option<String>,
}

/// One mapped part of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// `r`, `w` and `x` as far as allowed.
    pub access: String,
    /// Bytes in the file.
    pub file_size: u64,
    /// Bytes in memory.
    pub memory_size: u64,
}

/// How a library reaches its thread-local storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsModel {
    /// It has none and asks for none.
    #[default]
    None,
    /// Through `__tls_get_addr`: loads and unloads at any time.
    Dynamic,
    /// Through TLS descriptors: loads and unloads at any time.
    Descriptor,
    /// At a fixed distance from the thread pointer: takes room that a process can't add.
    Static,
}

/// Why a file is no readable ELF library.
#[derive(Debug)]
#[non_exhaustive]
pub struct ElfError {
    part: &'static str,
    source: object::Error,
}

impl Elf {
    /// Reads the headers in `bytes`, which may be damaged in any way.
    ///
    /// # Errors
    /// [`ElfError`] when it is no 64-bit ELF file or a table points outside of it.
    pub fn read(bytes: &[u8]) -> Result<Self, ElfError> {
        let header = FileHeader64::<Endianness>::parse(bytes).map_err(within("header"))?;
        let endian = header.endian().map_err(within("header"))?;
        let mut facts = Self {
            machine: machine(header.e_machine(endian)),
            file_size: bytes.len() as u64,
            ..Self::default()
        };
        facts.read_segments(header, endian, bytes)?;
        let sections = header
            .sections(endian, bytes)
            .map_err(within("section table"))?;
        facts.read_dynamic(&sections, endian, bytes)?;
        facts.read_symbols(&sections, endian, bytes)?;
        facts.read_relocations(header, &sections, endian, bytes)?;
        facts.read_notes(&sections, endian, bytes);
        facts.tls_model = facts.judge_tls();
        Ok(facts)
    }

    /// Bytes that are mapped when it is loaded.
    pub fn mapped_size(&self) -> u64 {
        self.segments
            .iter()
            .map(|segment| segment.memory_size)
            .sum()
    }

    /// Number of all relocations.
    pub fn relocation_count(&self) -> u64 {
        self.relocations.values().sum()
    }

    /// Exports that are the entry of a module.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.exports
            .iter()
            .map(String::as_str)
            .filter(|name| is_entry(name))
    }

    fn read_segments(
        &mut self,
        header: &FileHeader64<Endianness>,
        endian: Endianness,
        bytes: &[u8],
    ) -> Result<(), ElfError> {
        // Without the header, old kernels and linkers assume an executable stack.
        self.executable_stack = true;
        let table = header
            .program_headers(endian, bytes)
            .map_err(within("program headers"))?;
        for program in table {
            let flags = program.p_flags(endian);
            match program.p_type(endian) {
                elf::PT_LOAD => self.segments.push(Segment {
                    access: access(flags),
                    file_size: program.p_filesz(endian),
                    memory_size: program.p_memsz(endian),
                }),
                elf::PT_TLS => self.tls_size = program.p_memsz(endian),
                elf::PT_GNU_STACK => self.executable_stack = flags.contains(elf::PF_X),
                elf::PT_GNU_RELRO => self.relro = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_dynamic(
        &mut self,
        sections: &SectionTable<'_, FileHeader64<Endianness>>,
        endian: Endianness,
        bytes: &[u8],
    ) -> Result<(), ElfError> {
        let part = "dynamic section";
        let Some((entries, link)) = sections.dynamic(endian, bytes).map_err(within(part))? else {
            return Ok(());
        };
        let strings = sections
            .strings(endian, bytes, link)
            .map_err(within(part))?;
        let (mut init, mut fini) = (0, 0);
        for entry in entries {
            let value = entry.val(endian);
            match entry.tag(endian) {
                elf::DT_NULL => break,
                elf::DT_NEEDED => {
                    let name = entry.string(endian, strings).map_err(within(part))?;
                    self.needed.push(text(name));
                }
                elf::DT_SONAME => {
                    let name = entry.string(endian, strings).map_err(within(part))?;
                    self.soname = Some(text(name));
                }
                elf::DT_TEXTREL => self.text_relocations = true,
                elf::DT_INIT => init += 1,
                elf::DT_FINI => fini += 1,
                // The arrays hold one address each.
                elf::DT_INIT_ARRAYSZ => init += value / 8,
                elf::DT_FINI_ARRAYSZ => fini += value / 8,
                elf::DT_FLAGS => self.add_flags(value, DF),
                elf::DT_FLAGS_1 => self.add_flags(value, DF_1),
                _ => {}
            }
        }
        self.text_relocations |= self.flags.contains("TEXTREL");
        self.init_functions = init;
        self.fini_functions = fini;
        Ok(())
    }

    fn add_flags(&mut self, value: u64, names: &[(u64, &str)]) {
        for (bit, name) in names {
            if value & bit != 0 {
                self.flags.insert((*name).to_owned());
            }
        }
    }

    fn read_symbols(
        &mut self,
        sections: &SectionTable<'_, FileHeader64<Endianness>>,
        endian: Endianness,
        bytes: &[u8],
    ) -> Result<(), ElfError> {
        let dynamic = sections
            .symbols(endian, bytes, elf::SHT_DYNSYM)
            .map_err(within("dynamic symbols"))?;
        for symbol in dynamic.iter() {
            let name = dynamic
                .symbol_name(endian, symbol)
                .map_err(within("dynamic symbols"))?;
            if name.is_empty() {
                continue;
            }
            let name = text(name);
            if symbol.is_undefined(endian) {
                self.imports.push(name);
            } else if symbol.st_bind() == elf::STB_GNU_UNIQUE {
                self.unique_symbols.push(name.clone());
                self.exports.push(name);
            } else if symbol.st_bind() != elf::STB_LOCAL {
                self.exports.push(name);
            }
        }
        self.imports.sort();
        self.exports.sort();
        let full = sections
            .symbols(endian, bytes, elf::SHT_SYMTAB)
            .map_err(within("symbol table"))?;
        for symbol in full.iter() {
            let name = full
                .symbol_name(endian, symbol)
                .map_err(within("symbol table"))?;
            if !name.is_empty() {
                self.symbols.push(text(name));
            }
        }
        Ok(())
    }

    fn read_relocations(
        &mut self,
        header: &FileHeader64<Endianness>,
        sections: &SectionTable<'_, FileHeader64<Endianness>>,
        endian: Endianness,
        bytes: &[u8],
    ) -> Result<(), ElfError> {
        let part = "relocations";
        let machine = header.e_machine(endian);
        for section in sections.iter() {
            if let Some((entries, _)) = section.rela(endian, bytes).map_err(within(part))? {
                for entry in entries {
                    let name = relocation(machine, entry.r_type(endian, false).0);
                    *self.relocations.entry(name).or_default() += 1;
                }
            }
            if let Some(packed) = section.relr(endian, bytes).map_err(within(part))? {
                let count = packed.count() as u64;
                if count > 0 {
                    *self.relocations.entry("RELR".to_owned()).or_default() += count;
                }
            }
        }
        Ok(())
    }

    /// The producers and the build id; both are only for people, so damage in them is no error.
    fn read_notes(
        &mut self,
        sections: &SectionTable<'_, FileHeader64<Endianness>>,
        endian: Endianness,
        bytes: &[u8],
    ) {
        if let Some((_, section)) = sections.section_by_name(endian, b".comment")
            && let Ok(data) = section.data(endian, bytes)
        {
            let producers: BTreeSet<String> = data
                .split(|byte| *byte == 0)
                .filter(|part| !part.is_empty())
                .map(text)
                .collect();
            self.producers = producers.into_iter().collect();
        }
        for section in sections.iter() {
            let Ok(Some(mut notes)) = section.notes(endian, bytes) else {
                continue;
            };
            while let Ok(Some(note)) = notes.next() {
                if note.n_type(endian) == elf::NT_GNU_BUILD_ID && note.name() == b"GNU" {
                    let id = note.desc().iter().map(|byte| format!("{byte:02x}"));
                    self.build_id = Some(id.collect());
                }
            }
        }
    }

    fn judge_tls(&self) -> TlsModel {
        let uses = |name: &str| self.relocations.contains_key(name);
        if self.flags.contains("STATIC_TLS") || uses("TPOFF") {
            TlsModel::Static
        } else if uses("TLSDESC") {
            TlsModel::Descriptor
        } else if uses("DTPMOD") || self.tls_size > 0 {
            TlsModel::Dynamic
        } else {
            TlsModel::None
        }
    }
}

impl fmt::Display for ElfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not a readable 64-bit ELF file: {}: {}",
            self.part, self.source
        )
    }
}

impl std::error::Error for ElfError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl fmt::Display for TlsModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Dynamic => "dynamic",
            Self::Descriptor => "descriptor",
            Self::Static => "static",
        })
    }
}

/// Whether `symbol` is the one function that a module exports.
pub(crate) fn is_entry(symbol: &str) -> bool {
    module_of(symbol) != symbol
}

/// The module whose entry is called so, with `_` where its name may have `-`.
pub(crate) fn module_of(entry: &str) -> &str {
    entry.strip_prefix("lmms_module_").unwrap_or(entry)
}

const DF: &[(u64, &str)] = &[
    (elf::DF_ORIGIN.0, "ORIGIN"),
    (elf::DF_SYMBOLIC.0, "SYMBOLIC"),
    (elf::DF_TEXTREL.0, "TEXTREL"),
    (elf::DF_BIND_NOW.0, "BIND_NOW"),
    (elf::DF_STATIC_TLS.0, "STATIC_TLS"),
];

const DF_1: &[(u64, &str)] = &[
    (elf::DF_1_NOW.0, "NOW"),
    (elf::DF_1_GLOBAL.0, "GLOBAL"),
    (elf::DF_1_NODELETE.0, "NODELETE"),
    (elf::DF_1_INITFIRST.0, "INITFIRST"),
    (elf::DF_1_NOOPEN.0, "NOOPEN"),
    (elf::DF_1_PIE.0, "PIE"),
];

fn within(part: &'static str) -> impl Fn(object::Error) -> ElfError {
    move |source| ElfError { part, source }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn machine(machine: elf::Machine) -> String {
    match machine {
        elf::EM_X86_64 => "x86_64".to_owned(),
        elf::EM_AARCH64 => "aarch64".to_owned(),
        other => format!("machine {}", other.0),
    }
}

fn access(flags: elf::ProgramFlags) -> String {
    [(elf::PF_R, 'r'), (elf::PF_W, 'w'), (elf::PF_X, 'x')]
        .into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, letter)| letter)
        .collect()
}

/// A relocation's name without the machine's prefix, so that both machines read alike.
fn relocation(machine: elf::Machine, kind: u32) -> String {
    let x86 = [
        (elf::R_X86_64_RELATIVE, "RELATIVE"),
        (elf::R_X86_64_GLOB_DAT, "GLOB_DAT"),
        (elf::R_X86_64_JUMP_SLOT, "JUMP_SLOT"),
        (elf::R_X86_64_64, "ABS"),
        (elf::R_X86_64_DTPMOD64, "DTPMOD"),
        (elf::R_X86_64_DTPOFF64, "DTPOFF"),
        (elf::R_X86_64_TPOFF64, "TPOFF"),
        (elf::R_X86_64_TLSDESC, "TLSDESC"),
        (elf::R_X86_64_IRELATIVE, "IRELATIVE"),
    ];
    let arm = [
        (elf::R_AARCH64_RELATIVE, "RELATIVE"),
        (elf::R_AARCH64_GLOB_DAT, "GLOB_DAT"),
        (elf::R_AARCH64_JUMP_SLOT, "JUMP_SLOT"),
        (elf::R_AARCH64_ABS64, "ABS"),
        (elf::R_AARCH64_TLS_DTPMOD, "DTPMOD"),
        (elf::R_AARCH64_TLS_DTPREL, "DTPOFF"),
        (elf::R_AARCH64_TLS_TPREL, "TPOFF"),
        (elf::R_AARCH64_TLSDESC, "TLSDESC"),
        (elf::R_AARCH64_IRELATIVE, "IRELATIVE"),
    ];
    let table = match machine {
        elf::EM_X86_64 => &x86,
        elf::EM_AARCH64 => &arm,
        _ => return format!("type {kind}"),
    };
    table
        .iter()
        .find(|(known, _)| known.0 == kind)
        .map_or_else(|| format!("type {kind}"), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests;
