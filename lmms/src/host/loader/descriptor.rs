//! A library's descriptor: found, and read no further than it is known to match.

use std::error::Error as _;
use std::fs::File;
use std::io;
use std::mem::offset_of;
use std::path::Path;

use libloading::os::unix::{Library as Linked, RTLD_LOCAL, RTLD_NOW};

use crate::boundary::abi::{ABI, Descriptor, Entry, MAGIC, OperationRecord, TOOLCHAIN, Text};
use crate::boundary::error::{Error, scarcity};
use crate::host::protection::OperationSlot;
use crate::host::registry::OperationInfo;

/// Hands the file to the dynamic linker.
pub(super) fn open(module: &str, path: &Path, linker_name: &Path) -> Result<Linked, Error> {
    // SAFETY: runs the library's static constructors. Its bytes are those that the build tool
    // wrote (LOADER-1), from code that the application's builder trusts as its own.
    unsafe { Linked::open(Some(linker_name), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| Error::Link {
        module: module.to_owned(),
        path: path.to_owned(),
        message: link_problem(&error),
    })
}

/// What the linker says, and what to do if it has run out of something: it doesn't hand on which error the system gave.
fn link_problem(error: &libloading::Error) -> String {
    let mut message = match error.source() {
        Some(source) => source.to_string(),
        None => error.to_string(),
    };
    let is_out_of_memory = || {
        let out_of_memory = io::Error::from_raw_os_error(libc::ENOMEM);
        let text = out_of_memory.to_string();
        let text = text.split(" (os error").next().unwrap_or(&text);
        message.contains(text).then_some(out_of_memory)
    };
    // Asks for what the linker needs first.
    let descriptor = File::open("/dev/null").err();
    if let Some(advice) = descriptor
        .or_else(is_out_of_memory)
        .as_ref()
        .and_then(scarcity)
    {
        message += "; ";
        message += advice;
    }
    message
}

/// The library's descriptor, checked as far as ABI-1 demands.
pub(super) fn descriptor(
    linked: &Linked,
    module: &str,
    entry: &str,
    path: &Path,
) -> Result<&'static Descriptor, Error> {
    let no_module = |problem: String| Error::NotAModule {
        module: module.to_owned(),
        path: path.to_owned(),
        problem,
    };
    // SAFETY: a symbol of that name is only made by `module!`, with this type.
    let function = unsafe { linked.get::<Entry>(entry.as_bytes()) }
        .map_err(|_| no_module(format!("it exports no `{entry}`")))?;
    // SAFETY: the entry only returns a pointer.
    let descriptor = unsafe { function() };
    if descriptor.is_null() {
        return Err(no_module("its entry returned nothing".to_owned()));
    }
    // SAFETY: ABI-1: the magic stands first in all versions.
    let magic = unsafe { descriptor.cast::<[u8; 8]>().read() };
    if magic != MAGIC {
        return Err(no_module(format!("its descriptor begins with {magic:?}")));
    }
    // SAFETY: ABI-1: the version stands after the magic.
    let abi = unsafe { field::<u32>(descriptor, offset_of!(Descriptor, abi)).read() };
    if abi != ABI {
        return Err(Error::AbiMismatch {
            module: module.to_owned(),
            expected: ABI,
            found: abi,
        });
    }
    // SAFETY: ABI-1: the toolchain has a fixed place in all versions.
    let text = unsafe { field::<Text>(descriptor, offset_of!(Descriptor, toolchain)).read() };
    // SAFETY: a literal of the library, which is loaded.
    let toolchain = unsafe { text.as_str() };
    if toolchain != TOOLCHAIN {
        return Err(Error::ToolchainMismatch {
            module: module.to_owned(),
            expected: TOOLCHAIN.to_owned(),
            found: toolchain.into_owned(),
        });
    }
    // SAFETY: ABI-1 is checked; a static of the library, which outlives the reference's users (they
    // keep the library).
    let descriptor: &'static Descriptor = unsafe { &*descriptor };
    // SAFETY: a literal of the library, which is loaded.
    let name = unsafe { descriptor.name.as_str() };
    if name != module {
        return Err(no_module(format!("it calls itself `{name}`")));
    }
    Ok(descriptor)
}

/// The place of a field, without saying that the whole descriptor is readable.
fn field<T>(descriptor: *const Descriptor, offset: usize) -> *const T {
    descriptor.wrapping_byte_add(offset).cast()
}

/// The slot for an operation, if library and registry mean the same.
pub(super) fn matched(
    module: &str,
    record: &OperationRecord,
    info: OperationInfo,
) -> Result<OperationSlot, Error> {
    // SAFETY: literals of the library, which is loaded.
    let bytes = |text: Text| unsafe { text.as_bytes() };
    // SAFETY: as above.
    let text = |text: Text| unsafe { text.as_str() };
    let is = |found: Text, expected: &str| bytes(found) == expected.as_bytes();
    if !is(record.interface, info.interface()) || !is(record.name, info.name()) {
        let (interface, name) = (text(record.interface), text(record.name));
        return Err(Error::OperationMissing {
            module: module.to_owned(),
            expected: info.full_name(),
            found: format!("{interface}.{name}"),
        });
    }
    if record.fingerprint != info.fingerprint() {
        let signature = text(record.signature);
        return Err(Error::SignatureMismatch {
            module: module.to_owned(),
            operation: info.full_name(),
            expected: format!("`{}` ({:016x})", info.signature(), info.fingerprint()),
            found: format!("`{signature}` ({:016x})", record.fingerprint),
        });
    }
    // SAFETY: the fingerprints agree, and the module made both of the types that its own stands for.
    Ok(unsafe { OperationSlot::new(record.thunk, record.drop_result) })
}
