//! A library in the process: linked, checked, started.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use libloading::os::unix::Library as Linked;

use super::activity::Activity;
use super::descriptor::{descriptor, matched, open};
use super::file::CheckedFile;
use super::leave::Rest;
use super::platform::{Support, support};
use crate::boundary::abi::{Descriptor, StartState, Started};
use crate::boundary::context::append;
use crate::boundary::error::Error;
use crate::boundary::hooks::Hooks;
use crate::heap::HeapSlot;
use crate::host::events::callbacks::HostSide;
use crate::host::image::{self, Image};
use crate::host::life::library::{Busy, Departure, Holders, Library, Memory};
use crate::host::loader::manifest::{Finding, ModuleFile, Skipped, UnloadGrade};
use crate::host::protection::OperationSlot;
use crate::host::reentrance::contained::{TARGET, tell};
use crate::host::registry::{ModuleInfo, Operations};
use crate::host::threads::census::{Census, since_boot};
use crate::host::threads::dedicated::DedicatedThread;
use crate::host::threads::hidden::Traces;
use crate::host::threads::visitors;
use crate::sync::Unpoisoned as _;

/// A started module.
///
/// Its parts are given back only by [`leave`](Library::leave), after the unmapping is proven:
/// dropping the whole leaks them (LOADER-3).
pub(super) struct LinkedLibrary {
    module: &'static ModuleInfo,
    descriptor: &'static Descriptor,
    slots: Box<[OperationSlot]>,
    image: Option<Image>,
    activity: Arc<Activity>,
    thread: Option<Arc<DedicatedThread>>,
    unload_unsafe: Option<Arc<str>>,
    build: Option<[u8; 32]>,
    /// Its shutdown function has run.
    shut_down: bool,
    kept: ManuallyDrop<Kept>,
}

/// What a library was given or is made of.
struct Kept {
    linked: Linked,
    file: CheckedFile,
    side: Box<HostSide>,
    hooks: Box<Hooks>,
    heap: Option<HeapSlot>,
}

impl fmt::Debug for LinkedLibrary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkedLibrary")
            .field("module", &self.module.name)
            .field("path", &self.kept.file.path())
            .field("activity", &self.activity)
            .finish_non_exhaustive()
    }
}

impl LinkedLibrary {
    /// Links `file`, checks that it is `module` with these `operations`, and starts it.
    pub(super) fn link(
        module: &'static ModuleInfo,
        operations: Operations,
        file: CheckedFile,
        entry: &ModuleFile<Skipped>,
    ) -> Result<Self, Error> {
        visitors::note();
        let grade = &entry.unload;
        let since = since_boot();
        // What it brings along can only be told by what was there before.
        let brings_others = grade.finds(Finding::FOREIGN_LIBRARIES);
        let others = if brings_others {
            image::loaded()
        } else {
            Vec::new()
        };
        let linked = open(module.name, file.path(), &file.linker_name())?;
        let descriptor = descriptor(&linked, module.name, module.entry, file.path())?;
        let declared = descriptor.operations as usize;
        if declared != operations.len() {
            return Err(Error::OperationCount {
                module: module.name.to_owned(),
                expected: operations.len(),
                found: declared,
            });
        }
        let start_failed = |message: String| Error::Start {
            module: module.name.to_owned(),
            message,
        };
        let thread = descriptor
            .dedicated_thread
            .then(|| DedicatedThread::start(module.name))
            .transpose()
            .map_err(|error| start_failed(format!("no thread for it: {error}")))?;
        // After what can fail: a heap's slot is only given back after an unload.
        let heap = match support() {
            Support::Full => {
                Some(HeapSlot::create().map_err(|error| start_failed(error.to_string()))?)
            }
            Support::Unsupported => None,
        };
        let census = Census::new(module.name);
        let hooks = Box::new(census.hooks(heap.as_ref()));
        let side = HostSide::new(module.name, &raw const *hooks);
        let image = Image::containing(descriptor.start as *const ());
        let mut library = Self {
            module,
            descriptor,
            slots: Box::default(),
            activity: Arc::new(Activity {
                module: module.name,
                image: image.clone(),
                census,
                traces: image.as_ref().map(|image| Traces {
                    ranges: ranges(image, brings_others.then_some(&others), heap.as_ref()),
                    since,
                    may_hide_threads: grade.may_hide_threads(),
                }),
            }),
            image,
            thread,
            unload_unsafe: None,
            build: entry.hash(),
            shut_down: false,
            kept: ManuallyDrop::new(Kept {
                linked,
                file,
                side,
                hooks,
                heap,
            }),
        };
        match library.start(operations) {
            Ok(slots) => {
                library.slots = slots;
                library.unload_unsafe = library.find_unsafe(grade);
                Ok(library)
            }
            Err(error @ Error::AlreadyStarted { .. }) => {
                library.let_go();
                Err(error)
            }
            Err(error) => {
                // It has been started: it leaves like any other, or stays, unused.
                match Box::new(library).leave() {
                    Departure::Unloaded { .. } | Departure::Leaked { .. } => {}
                    Departure::Waits { library, .. } | Departure::Stuck { library, .. } => {
                        std::mem::forget(library);
                    }
                }
                Err(error)
            }
        }
    }

    /// Starts the module, and matches its operations with the registry's.
    fn start(&self, operations: Operations) -> Result<Box<[OperationSlot]>, Error> {
        let name = self.module.name;
        let run = || {
            let mut started = Started {
                operations: std::ptr::null(),
                count: 0,
            };
            let host = self.kept.side.table();
            // SAFETY: LOADER-2: the descriptor was checked. The host's side lives on (LOADER-3).
            let state = unsafe { (self.descriptor.start)(host, &raw mut started) };
            (state, started)
        };
        let (state, started) = match &self.thread {
            None => run(),
            // SAFETY: DEDICATED-1: the module's function, and pointers to what lives on (LOADER-3).
            Some(thread) => unsafe { thread.run(run) }.map_err(|_| Error::Start {
                module: name.to_owned(),
                message: "its thread waits for this one".to_owned(),
            })?,
        };
        match state {
            StartState::Started => {}
            StartState::Panicked => {
                return Err(Error::Start {
                    module: name.to_owned(),
                    message: "it panicked, see the log".to_owned(),
                });
            }
            StartState::AlreadyStarted => {
                return Err(Error::AlreadyStarted {
                    module: name.to_owned(),
                    path: self.kept.file.path().to_owned(),
                });
            }
        }
        // SAFETY: the module lists that many records, alive as long as it is loaded.
        let records = unsafe { std::slice::from_raw_parts(started.operations, started.count) };
        if records.len() != operations.len() {
            return Err(Error::OperationCount {
                module: name.to_owned(),
                expected: operations.len(),
                found: records.len(),
            });
        }
        records
            .iter()
            .zip(operations)
            .map(|(record, info)| matched(name, record, info))
            .collect()
    }

    /// Gives up an image that another host has started: nothing of it has run for this one, nor may.
    fn let_go(mut self) {
        // SAFETY: `kept` is not used again.
        let Kept {
            linked,
            file,
            side,
            hooks,
            heap,
        } = unsafe { ManuallyDrop::take(&mut self.kept) };
        // The other host's handle keeps it mapped, if this one can be closed or not.
        let _ = linked.close();
        drop((side, hooks, file));
        // SAFETY: the module has refused it, so nothing refers to it.
        if let Some(Err(error)) = heap.map(|heap| unsafe { heap.destroy() }) {
            tell(
                || tracing::warn!(target: TARGET, %error, "a heap that no module has used could not be given back"),
            );
        }
    }

    /// Why the library can never be unloaded, if so.
    fn find_unsafe(&self, grade: &UnloadGrade) -> Option<Arc<str>> {
        if support() == Support::Unsupported {
            return Some("this system can't unload libraries".into());
        }
        if let Some(reason) = grade.reason() {
            return Some(reason.into());
        }
        if self.image.is_none() {
            return Some(
                "the dynamic linker doesn't list it, so its unmapping can't be proven".into(),
            );
        }
        let mut reason = String::new();
        // SAFETY: `append` gets the `String` it expects.
        let found = unsafe { (self.descriptor.unload_unsafe)(append, (&raw mut reason).cast()) };
        found.then(|| reason.into())
    }

    /// Runs the module's shutdown function, and ends its dedicated thread. `false`: it has already.
    fn shut_down(&mut self) -> bool {
        if std::mem::replace(&mut self.shut_down, true) {
            return false;
        }
        let shutdown = || {
            // SAFETY: started, sealed, and nothing but destructors is called after it.
            unsafe { (self.descriptor.shutdown)() };
        };
        match &self.thread {
            None => shutdown(),
            Some(thread) => {
                // It idles, since nobody is inside: nothing that it does waits for this thread.
                // SAFETY: DEDICATED-1: the module's function.
                let _ = unsafe { thread.run(shutdown) };
                thread.stop();
            }
        }
        true
    }
}

// SAFETY: `matched` made the slots, which stay in their box; `leave` proves that the library is gone (LOADER-3).
unsafe impl Library for LinkedLibrary {
    fn operations(&self) -> &[OperationSlot] {
        &self.slots
    }

    fn thread(&self) -> Option<Arc<DedicatedThread>> {
        self.thread.clone()
    }

    fn memory(&self) -> Memory {
        Memory {
            mapped: self
                .image
                .as_ref()
                .map_or(0, |image| image.mapped_bytes() as u64),
            heap: self
                .kept
                .heap
                .as_ref()
                .map_or(0, |heap| heap.usage().live_bytes as u64),
        }
    }

    fn trim(&self) {
        if let Some(heap) = &self.kept.heap {
            heap.heap().trim();
        }
        if let Some(image) = &self.image {
            image.let_go_of_constants();
        }
    }

    fn build(&self) -> Option<[u8; 32]> {
        self.build
    }

    fn unload_unsafe(&self) -> Option<Arc<str>> {
        self.unload_unsafe.clone()
    }

    fn veto(&self) -> Option<String> {
        visitors::note();
        let ask = || {
            let mut reason = String::new();
            // SAFETY: `append` gets the `String` it expects.
            let objects = unsafe { (self.descriptor.veto)(append, (&raw mut reason).cast()) };
            objects.then_some(reason)
        };
        match &self.thread {
            None => ask(),
            Some(thread) => {
                // SAFETY: DEDICATED-1: the module's function; text comes back.
                let asked = unsafe { thread.run(ask) };
                asked.unwrap_or_else(|circle| Some(circle.to_string()))
            }
        }
    }

    fn busy(&self) -> Option<Busy> {
        let dedicated = self.thread.as_ref().map(|thread| thread.tid());
        let has_shutdown = self.descriptor.has_shutdown;
        self.activity.busy(dedicated, has_shutdown)
    }

    fn busy_at_a_glance(&self) -> Option<Busy> {
        let dedicated = self.thread.as_ref().map(|thread| thread.tid());
        let has_shutdown = self.descriptor.has_shutdown;
        self.activity.busy_by_the_books(dedicated, has_shutdown)
    }

    fn leave(mut self: Box<Self>) -> Departure {
        visitors::note();
        let first = self.shut_down();
        let activity = self.activity.clone();
        activity.release_here();
        // What a shutdown function has to end was not asked for before.
        let ends = || self.descriptor.has_shutdown && !activity.names().is_empty();
        if (first && ends()) || activity.census.close().is_err() {
            return Departure::Waits {
                library: self,
                holders: activity,
            };
        }
        let Some(image) = self.image.clone() else {
            return Departure::Stuck {
                library: self,
                reason: "its unmapping can't be proven".to_owned(),
            };
        };
        let mapped = image.resident().map_or(0, |resident| resident.bytes);
        let mut this = *self;
        // SAFETY: `kept` is not used again: it is taken apart here, or leaked as parts.
        let Kept {
            linked,
            file,
            side,
            hooks,
            heap,
        } = unsafe { ManuallyDrop::take(&mut this.kept) };
        let rest = Rest {
            image,
            mapped: mapped as u64,
            file,
            side,
            hooks,
            heap,
            activity,
        };
        rest.close(linked)
    }
}

/// Shared libraries that have come with modules and are still there.
static BROUGHT: Mutex<Vec<Image>> = Mutex::new(Vec::new());

/// Where a library and its heap are, and what has come with it if `others` were there before. Another module
/// that was loaded at the same moment does no harm: its threads are known.
///
/// What came with an earlier module counts as well: whichever goes last takes it along.
fn ranges(
    image: &Image,
    others: Option<&Vec<Image>>,
    heap: Option<&HeapSlot>,
) -> Vec<Range<usize>> {
    let mut ranges = image.ranges().to_vec();
    ranges.extend(heap.map(HeapSlot::range));
    if let Some(others) = others {
        let mut with = image::loaded();
        with.retain(|with| with != image && !others.contains(with));
        let mut brought = BROUGHT.lock().unpoisoned();
        brought.retain(|brought| !brought.is_gone() && !with.contains(brought));
        brought.append(&mut with);
        ranges.extend(brought.iter().flat_map(|brought| brought.ranges().to_vec()));
    }
    ranges
}
