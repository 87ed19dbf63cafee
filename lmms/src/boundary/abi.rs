//! The interface between an application and a module library: all that both sides read.
//!
//! # Order of trust
//! The host may read a [`Descriptor`] only up to what it has checked: `magic`, then `abi`, then
//! `toolchain`. These three have a fixed place for all versions. Everything after them, and every
//! Rust type that crosses later, is read only when all three agree, because only then do both
//! sides lay out memory alike.
//!
//! # Invariants
//! - **ABI-1** Of a descriptor only magic, ABI version and toolchain are read before they are known to match.

#[cfg(test)]
mod flags;

use std::mem::ManuallyDrop;
use std::sync::atomic::AtomicU32;

use crate::boundary::hooks::Hooks;

/// Version of everything in this file, of the hooks and of the module heap.
pub const ABI: u32 = 7;

/// How this crate was compiled. A build script is only told what the target does by itself, not what a profile says.
#[cfg(panic = "unwind")]
macro_rules! panic_strategy {
    () => {
        "unwind"
    };
}

/// How this crate was compiled.
#[cfg(not(panic = "unwind"))]
macro_rules! panic_strategy {
    () => {
        "abort"
    };
}

/// The compiler and the flags that decide how types are laid out, in words.
///
/// Application and module must agree on it to the letter.
pub const TOOLCHAIN: &str = concat!(env!("LMMS_TOOLCHAIN"), " panic=", panic_strategy!());

/// What a descriptor begins with.
pub const MAGIC: [u8; 8] = *b"LMMS\x7fmod";

/// The exported symbol of module `name` is this followed by the name with `_` for `-`.
#[cfg(feature = "gateway")]
pub const ENTRY_PREFIX: &str = "lmms_module_";

/// The module's one exported function: returns its descriptor, and does nothing else.
#[cfg(feature = "gateway")]
pub type Entry = unsafe extern "C" fn() -> *const Descriptor;

/// Borrowed text, valid as long as the library that made it is loaded.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    data: *const u8,
    length: usize,
}

// SAFETY: `Text` is only ever made from `&str`, which is `Send` and `Sync`.
unsafe impl Send for Text {}
// SAFETY: as above.
unsafe impl Sync for Text {}

impl Text {
    /// Text of the caller's, valid as long as that.
    pub const fn new(text: &str) -> Self {
        Self {
            data: text.as_ptr(),
            length: text.len(),
        }
    }

    /// Any bytes of the caller's.
    pub const fn bytes(bytes: &[u8]) -> Self {
        Self {
            data: bytes.as_ptr(),
            length: bytes.len(),
        }
    }

    /// The bytes.
    ///
    /// # Safety
    /// What this was made from must still be alive for `'a`.
    pub unsafe fn as_bytes<'a>(self) -> &'a [u8] {
        // SAFETY: made from a slice (private fields), alive as the caller says.
        unsafe { std::slice::from_raw_parts(self.data, self.length) }
    }

    /// The text; invalid UTF-8 is replaced.
    ///
    /// # Safety
    /// What this was made from must still be alive for `'a`.
    pub unsafe fn as_str<'a>(self) -> std::borrow::Cow<'a, str> {
        // SAFETY: the caller's promise.
        String::from_utf8_lossy(unsafe { self.as_bytes() })
    }
}

/// What a module library says of itself. Lives in its read-only data.
#[repr(C)]
#[derive(Debug)]
pub struct Descriptor {
    /// Says that this is a descriptor.
    pub magic: [u8; 8],
    /// The interface version of the library.
    pub abi: u32,
    /// How many operations the library's sources declare.
    pub operations: u32,
    /// The toolchain of the library.
    pub toolchain: Text,
    /// The module's name: its package name.
    pub name: Text,
    /// The package's version.
    pub version: Text,
    /// The module wants all its calls on a thread of its own.
    pub dedicated_thread: bool,
    /// The module has a shutdown function, which ends what it has running.
    pub has_shutdown: bool,
    /// Makes the module ready. Called before any other function of the module, which only the host may call that got
    /// [`StartState::Started`].
    pub start: unsafe extern "C" fn(host: *const Host, started: *mut Started) -> StartState,
    /// Hands the reason for staying to the sink and returns `true`, or returns `false`.
    pub veto: unsafe extern "C" fn(sink: TextSink, target: *mut ()) -> bool,
    /// Runs the module's shutdown function, if it has one, and flushes its output. Only destructors
    /// run after it.
    pub shutdown: unsafe extern "C" fn(),
    /// Hands the sink the reason why the library can't be unloaded safely and returns `true`, or
    /// returns `false`. Asked after `start`.
    pub unload_unsafe: unsafe extern "C" fn(sink: TextSink, target: *mut ()) -> bool,
}

// SAFETY: constant data and function pointers.
unsafe impl Sync for Descriptor {}

/// Takes text that the other side only lends.
pub type TextSink = unsafe extern "C" fn(target: *mut (), text: Text);

/// What became of a start.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartState {
    /// The module is ready.
    Started = 0,
    /// It panicked.
    Panicked = 1,
    /// The image has been started before, by this host or another one in the process. It has used nothing of what it
    /// was given now.
    AlreadyStarted = 2,
}

/// What [`Descriptor::start`] found: the operations, sorted by interface and name.
#[repr(C)]
#[derive(Debug)]
pub struct Started {
    /// The first record.
    pub operations: *const OperationRecord,
    /// How many.
    pub count: usize,
}

/// One operation inside a module library.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OperationRecord {
    /// The module that declared it; one binary may hold several in tests.
    pub module: Text,
    /// The interface.
    pub interface: Text,
    /// The name.
    pub name: Text,
    /// The signature in words, for errors.
    pub signature: Text,
    /// Fingerprint of the signature.
    pub fingerprint: u64,
    /// The function to call, a Rust function pointer of the type the fingerprint stands for.
    pub thunk: *const (),
    /// Drops a result inside the module: the pointer must be to an initialised result.
    pub drop_result: unsafe fn(*mut ()),
}

// SAFETY: constant data and function pointers.
unsafe impl Send for OperationRecord {}
// SAFETY: as above.
unsafe impl Sync for OperationRecord {}

/// What a thunk returns.
///
/// The module catches its own panics: no unwinding crosses the boundary.
#[derive(Debug)]
#[must_use]
pub enum CallOutcome<R> {
    /// The operation returned. The caller copies the result, and has the module drop it.
    Returned(ManuallyDrop<R>),
    /// It panicked; the host was told the message.
    Panicked,
}

/// What the host gives to a module at its start. Outlives the module.
#[repr(C)]
#[derive(Debug)]
pub struct Host {
    /// Handed back in each call.
    pub module: *const (),
    /// Census and heap; null if the host does without.
    pub hooks: *const Hooks,
    /// A panic began somewhere in the module.
    pub panicked: unsafe extern "C" fn(module: *const (), report: *const PanicReport),
    /// A thunk caught a panic with this payload, on this thread.
    pub caught: unsafe extern "C" fn(module: *const (), message: Text),
    /// Does the host want something of this kind and level from this target?
    pub log_enabled: unsafe extern "C" fn(
        module: *const (),
        kind: LogKind,
        level: LogLevel,
        target: Text,
    ) -> bool,
    /// An event, or a line of a log.
    pub log: unsafe extern "C" fn(module: *const (), record: *const LogRecord),
    /// A span begins. Returns its number, or `NO_SPAN`.
    pub span_open: unsafe extern "C" fn(module: *const (), record: *const LogRecord) -> u64,
    /// Fields of a span get their values; the rest of the record says nothing.
    pub span_record: unsafe extern "C" fn(module: *const (), span: u64, record: *const LogRecord),
    /// A span comes after another one.
    pub span_follows: unsafe extern "C" fn(module: *const (), span: u64, from: u64),
    /// What happens to a span.
    pub span_act: unsafe extern "C" fn(module: *const (), span: u64, act: SpanAct),
}

// SAFETY: the pointers are handed back to the host's functions, which may be called from any
// thread, and to the hooks, which are `Sync`.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

/// A panic, as the module's panic hook sees it.
#[repr(C)]
#[derive(Debug)]
pub struct PanicReport {
    /// The message.
    pub message: Text,
    /// The source file; empty if unknown.
    pub file: Text,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The thread's name; empty if it has none.
    pub thread: Text,
}

/// The number of a span that the host doesn't want.
#[cfg(any(feature = "gateway", feature = "tracing"))]
pub const NO_SPAN: u64 = u64::MAX;

/// What a module reports.
#[cfg_attr(
    not(feature = "tracing"),
    allow(dead_code, reason = "only `tracing` has spans")
)]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// Something that happened.
    Event = 1,
    /// Something that takes its time.
    Span = 2,
}

/// What an event or span belongs to.
#[cfg_attr(
    not(feature = "tracing"),
    allow(dead_code, reason = "only `tracing` has spans")
)]
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogParent {
    /// The span that the thread is in.
    Current,
    /// None.
    Root,
    /// The span of this number.
    Span(u64),
}

/// What can happen to a span.
#[cfg_attr(
    not(feature = "tracing"),
    allow(dead_code, reason = "only `tracing` has spans")
)]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanAct {
    /// The thread enters it.
    Enter = 1,
    /// The thread leaves it.
    Exit = 2,
    /// It has one more handle.
    Clone = 3,
    /// It has one handle less; the last one closes it.
    Close = 4,
}

/// Levels of events, as in `tracing`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Serious.
    Error = 1,
    /// Hazardous.
    Warn = 2,
    /// Useful.
    Info = 3,
    /// Of lower priority.
    Debug = 4,
    /// Very verbose.
    Trace = 5,
}

/// An event or span that a module hands to the host. All of it is only lent.
#[repr(C)]
#[derive(Debug)]
pub struct LogRecord {
    /// What it is.
    pub kind: LogKind,
    /// Its level.
    pub level: LogLevel,
    /// What it belongs to.
    pub parent: LogParent,
    /// Its target.
    pub target: Text,
    /// Its name: that of its place in the source for `tracing`, `log` for lines of `log`.
    pub name: Text,
    /// The source file; empty if unknown.
    pub file: Text,
    /// The line; 0 if unknown.
    pub line: u32,
    /// The fields; `message` is one of them.
    pub fields: *const LogField,
    /// How many.
    pub field_count: usize,
}

/// One field of an event.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LogField {
    /// Its name.
    pub name: Text,
    /// Its value.
    pub value: LogValue,
}

/// The value of a field.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum LogValue {
    /// Text.
    Text(Text),
    /// What `{:?}` made of a value.
    Debug(Text),
    /// A signed integer.
    Signed(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// None yet: a span's field that may be recorded later.
    Empty,
}

/// What a module's context can ask of the host.
#[repr(C)]
#[derive(Debug)]
pub struct ContextTable {
    /// Begins a call of another operation.
    pub begin: unsafe extern "C" fn(host: *const (), request: *const Request, call: *mut Call),
    /// Runs `task(data)` where the called module wants its calls to run.
    pub run: unsafe extern "C" fn(
        host: *const (),
        call: *mut Call,
        task: unsafe extern "C" fn(*mut ()),
        data: *mut (),
    ),
    /// Ends a call that began: `result` is what the thunk returned, null if it panicked.
    pub finish: unsafe extern "C" fn(host: *const (), call: *mut Call, result: *mut ()),
    /// Nanoseconds on the gateway's monotonic clock.
    pub monotonic: unsafe extern "C" fn(host: *const ()) -> u64,
    /// Nanoseconds since the Unix epoch on the gateway's clock.
    pub unix_time: unsafe extern "C" fn(host: *const ()) -> u64,
    /// The statistics as JSON.
    pub statistics: unsafe extern "C" fn(host: *const (), sink: TextSink, target: *mut ()),
    /// The explanation of one module's state.
    pub explain:
        unsafe extern "C" fn(host: *const (), module: Text, sink: TextSink, target: *mut ()),
}

/// Which operation a module wants to call.
#[repr(C)]
#[derive(Debug)]
pub struct Request {
    /// The interface.
    pub interface: Text,
    /// The name.
    pub name: Text,
    /// The fingerprint the calling module was built with.
    pub fingerprint: u64,
    /// Where the host may remember what the names stand for: 0 is unknown.
    pub index: *const AtomicU32,
    /// The encoded arguments, for the cache.
    pub key: Text,
    /// Whether `key` is meant.
    pub has_key: bool,
}

/// A call that a module makes through the host.
#[repr(C)]
#[derive(Debug)]
pub struct Call {
    /// How it stands.
    pub state: CallState,
    /// `Ready`, `Elsewhere`: the function to call.
    pub thunk: *const (),
    /// `Hit`: the cached result, to be copied before `finish`.
    pub cached: *const (),
    /// `Failed`, or a result of null: the error's text, until `finish`.
    pub message: Text,
    /// The host's.
    pub token: *mut (),
}

/// How a call through the host stands.
#[cfg_attr(
    not(feature = "gateway"),
    allow(dead_code, reason = "the host makes them")
)]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Call the thunk here.
    Ready = 0,
    /// Call the thunk inside `run`.
    Elsewhere = 1,
    /// The answer comes from the cache.
    Hit = 2,
    /// It failed before the call.
    Failed = 3,
}
