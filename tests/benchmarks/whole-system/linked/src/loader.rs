//! Modules that are part of the program: found by their entries, never unloaded.

use std::sync::Arc;

use lmms::__private::{Descriptor, Host, StartState, Started};
use lmms::library::{Departure, Library, Loader, Memory, OperationSlot};
use lmms::{Error, ModuleInfo, Operations};

macro_rules! modules {
    ($($module:ident $entry:ident),* $(,)?) => {
        $(use $module as _;)*

        #[allow(improper_ctypes, reason = "it is Rust on both sides")]
        unsafe extern "C" {
            $(fn $entry() -> *const Descriptor;)*
        }

        /// The descriptor of a module.
        fn descriptor(name: &str) -> Option<&'static Descriptor> {
            let pointer = match name {
                // SAFETY: made by `module!`, with this type; it only returns a pointer.
                $(stringify!($module) => unsafe { $entry() },)*
                _ => return None,
            };
            // SAFETY: a static of this program.
            unsafe { pointer.as_ref() }
        }
    };
}

modules! {
    alexa lmms_module_alexa,
    cache lmms_module_cache,
    charts lmms_module_charts,
    circuit_breaker lmms_module_circuit_breaker,
    config lmms_module_config,
    debug lmms_module_debug,
    devices lmms_module_devices,
    home_assistant lmms_module_home_assistant,
    http_client lmms_module_http_client,
    images lmms_module_images,
    logging lmms_module_logging,
    metrics lmms_module_metrics,
    security lmms_module_security,
    sun lmms_module_sun,
    templates lmms_module_templates,
    virtual_home lmms_module_virtual_home,
}

/// Takes modules from the program itself.
#[derive(Debug)]
pub struct LinkedIn;

// SAFETY: each operation's slot has the thunk of a record with its fingerprint.
unsafe impl Loader for LinkedIn {
    fn load(
        &self,
        module: &'static ModuleInfo,
        operations: Operations,
    ) -> Result<Box<dyn Library>, Error> {
        let failed = |message: &str| Error::Start {
            module: module.name.to_owned(),
            message: message.to_owned(),
        };
        let descriptor = descriptor(module.name).ok_or_else(|| failed("it is not linked in"))?;
        let mut started = Started {
            operations: std::ptr::null(),
            count: 0,
        };
        // SAFETY: called once for each module, with a host that lives for good.
        let state = unsafe { (descriptor.start)(&raw const HOST, &raw mut started) };
        if state != StartState::Started {
            return Err(failed("it panicked, or was started before"));
        }
        if started.count != operations.len() {
            return Err(failed("the linker left operations out"));
        }
        // SAFETY: so many records of literals, which live for good.
        let records = unsafe { std::slice::from_raw_parts(started.operations, started.count) };
        let mut slots = Vec::with_capacity(records.len());
        for (record, info) in records.iter().zip(operations) {
            // The types agree: the same compiler made both sides in this build.
            if record.fingerprint != info.fingerprint() {
                return Err(failed("its signatures are others"));
            }
            // SAFETY: the fingerprints agree.
            slots.push(unsafe { OperationSlot::new(record.thunk, record.drop_result) });
        }
        Ok(Box::new(Linked(slots)))
    }
}

#[derive(Debug)]
struct Linked(Vec<OperationSlot>);

// SAFETY: a boxed slice that stays in place; the program's own code never goes.
unsafe impl Library for Linked {
    fn operations(&self) -> &[OperationSlot] {
        &self.0
    }

    fn memory(&self) -> Memory {
        Memory::default()
    }

    fn unload_unsafe(&self) -> Option<Arc<str>> {
        Some("it is part of the program".into())
    }

    fn leave(self: Box<Self>) -> Departure {
        Departure::Stuck {
            library: self,
            reason: "it is part of the program".to_owned(),
        }
    }
}

/// What modules report to: nobody, as in a program that has no logger.
static HOST: Host = Host {
    module: std::ptr::null(),
    hooks: std::ptr::null(),
    panicked: nothing,
    caught: nothing,
    log_enabled: never,
    log: nothing,
    span_open: no_span,
    span_record: nothing_of,
    span_follows: nothing_of,
    span_act: nothing_of,
};

unsafe extern "C" fn nothing<T>(_: *const (), _: T) {}

unsafe extern "C" fn nothing_of<T>(_: *const (), _: u64, _: T) {}

unsafe extern "C" fn never<A, B, C>(_: *const (), _: A, _: B, _: C) -> bool {
    false
}

/// Never called: spans are asked for by `never` first.
unsafe extern "C" fn no_span<T>(_: *const (), _: T) -> u64 {
    u64::MAX
}
