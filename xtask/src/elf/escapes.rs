//! What the C library, its companions and the kernel keep of a pointer that a module hands them.
//!
//! One row for each group of functions and variables of glibc's interface that take the address of code or data. What
//! isn't listed uses its arguments during the call only. One more row is for the entries of interpreters that are
//! shared libraries.

#![forbid(unsafe_code)]

/// What is kept, and what becomes of that when the module goes.
pub(super) struct Row {
    /// The names, without the spellings that [`plain`] takes off.
    pub(super) names: &'static [&'static str],
    /// What is kept.
    pub(super) keeps: &'static str,
    pub(super) fate: Fate,
}

/// What an import of such a name means for unloading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody can take the pointer back: never unloaded. What to do instead.
    Refused(&'static str),
    /// A wrap stands before it ([`lmms::WRAPPED_SYMBOLS`]) and leaves nothing, or tells the host, which then refuses as
    /// long as the pointer is kept. What to do where a spelling is called that has no wrap.
    Wrapped(&'static str),
    /// The pointer is gone when the module is, or never used again; why.
    Harmless(&'static str),
}

use Fate::{Harmless, Refused, Wrapped};

const OWN_THREAD: &str = "do that on a thread of the module's own";
const ASK_CREATE: &str = "call `pthread_create` and `pthread_key_create`, which the host counts";

pub(super) const ROWS: &[Row] = &[
    // Functions that run at the end of something.
    row(
        &["on_exit"],
        "a function to run at exit",
        Refused("call `atexit`, whose functions run when the library is unloaded"),
    ),
    row(
        &[
            "atexit",
            "__cxa_atexit",
            "at_quick_exit",
            "__cxa_at_quick_exit",
        ],
        "a function to run at exit",
        Harmless("`dlclose` runs it, or takes it off the list"),
    ),
    row(
        &["__register_atfork"],
        "functions to run at `fork`",
        Harmless("`dlclose` takes them off the list"),
    ),
    row(
        &["pthread_atfork"],
        "functions to run at `fork`, for good in this old version",
        Refused("link against a newer C library, whose `pthread_atfork` ends with the library"),
    ),
    row(
        &["__cxa_thread_atexit", "__cxa_thread_atexit_impl"],
        "a destructor to run at the thread's end",
        Wrapped("link with all wraps"),
    ),
    row(
        &[
            "pthread_cleanup_push",
            "pthread_register_cancel",
            "pthread_register_cancel_defer",
        ],
        "a function to run at cancellation",
        Harmless("the frame that pushed it takes it back"),
    ),
    // Threads.
    row(
        &[
            "pthread_create",
            "pthread_key_create",
            "pthread_key_delete",
            "pthread_setspecific",
        ],
        "functions to run on threads and at their ends",
        Wrapped(ASK_CREATE),
    ),
    row(
        &["thrd_create", "tss_create"],
        "functions to run on threads and at their ends",
        Refused(ASK_CREATE),
    ),
    row(
        &["pthread_attr_setstack", "pthread_attr_setstackaddr"],
        "a thread's stack, and its record on it, until it is joined",
        Refused("set only the stack's size"),
    ),
    row(
        &["pthread_once", "call_once", "makecontext", "swapcontext"],
        "a function to call",
        Harmless("only calls of the module call it"),
    ),
    // The environment.
    row(
        &["putenv"],
        "the text itself, in the environment",
        Wrapped("call `setenv`, which copies"),
    ),
    row(
        &["setenv", "unsetenv", "clearenv"],
        "a variable",
        Harmless("it is copied"),
    ),
    row(
        &["environ", "_environ"],
        "whatever is stored there",
        Harmless("libraries read it; one that stores a pointer of its own there isn't seen"),
    ),
    row(
        &[
            "program_invocation_name",
            "program_invocation_short_name",
            "stdin",
            "stdout",
            "stderr",
        ],
        "whatever is stored there",
        Harmless("libraries read them; one that stores a pointer of its own there isn't seen"),
    ),
    // Mappings that aren't counted.
    row(
        &["shmat"],
        "the mapping of a shared segment",
        Refused("share memory by `shm_open` and `mmap`, which are counted"),
    ),
    row(
        &["dlmopen"],
        "a library in a name space of its own",
        Refused("open it with `dlopen`, or in the application"),
    ),
    // Streams.
    row(
        &["setvbuf", "setbuf", "setbuffer"],
        "a stream's buffer",
        Wrapped("leave the streams' buffers to the C library"),
    ),
    row(
        &["setlinebuf"],
        "nothing",
        Harmless("the buffer is the C library's"),
    ),
    row(
        &[
            "fopencookie",
            "fmemopen",
            "open_memstream",
            "open_wmemstream",
        ],
        "a stream's functions or memory, until it is closed",
        Refused("read from and write to memory without a stream"),
    ),
    row(
        &[
            "register_printf_function",
            "register_printf_specifier",
            "register_printf_modifier",
            "register_printf_type",
        ],
        "a function that formats",
        Refused("format into a buffer of your own"),
    ),
    row(
        &["openlog", "closelog"],
        "the name that lines of the log begin with, until `closelog`",
        Wrapped("log with `log` or `tracing`, whose lines the host gets"),
    ),
    row(
        &["addseverity"],
        "a text for `fmtmsg`",
        Refused("print messages in another way"),
    ),
    // Asynchronous work.
    row(
        &["aio_read", "aio_write", "aio_fsync", "lio_listio"],
        "a buffer and a request, until it is done",
        Refused(OWN_THREAD),
    ),
    row(
        &[
            "aio_suspend",
            "aio_error",
            "aio_return",
            "aio_cancel",
            "aio_init",
        ],
        "nothing",
        Harmless("what is kept came with the request"),
    ),
    row(
        &["getaddrinfo_a"],
        "a request, until it is done",
        Refused("call `getaddrinfo` on a thread of the module's own"),
    ),
    row(
        &["gai_suspend", "gai_error", "gai_cancel"],
        "nothing",
        Harmless("what is kept came with the request"),
    ),
    row(
        &["timer_create"],
        "a function to run on a thread of the C library's (`SIGEV_THREAD`)",
        Wrapped("use a thread of the module's own, or a timerfd"),
    ),
    row(
        &["mq_notify"],
        "a function to run on a thread of the C library's",
        Refused("wait for the queue on a thread of the module's own"),
    ),
    // Signals.
    row(
        &[
            "signal",
            "sigaction",
            "sigset",
            "sigvec",
            "bsd_signal",
            "sysv_signal",
            "ssignal",
        ],
        "a handler",
        Harmless("handlers are looked for when the module should go, and refuse it"),
    ),
    row(
        &["setitimer", "alarm", "ualarm"],
        "nothing",
        Harmless("the signal's handler is what counts"),
    ),
    // Unwinding code that a compiler makes at run time.
    row(
        &["__register_frame", "__deregister_frame"],
        "a table for unwinding, until it is deregistered",
        Wrapped("register each table with `__register_frame`"),
    ),
    row(
        &[
            "__register_frame_info",
            "__register_frame_info_bases",
            "__register_frame_table",
            "__register_frame_info_table",
            "__register_frame_info_table_bases",
        ],
        "a table for unwinding",
        Refused("register each table with `__register_frame`, which the host counts"),
    ),
    // Handlers and hooks of the C and C++ libraries.
    row(
        &[
            "__malloc_hook",
            "__free_hook",
            "__realloc_hook",
            "__memalign_hook",
            "__malloc_initialize_hook",
            "__after_morecore_hook",
            "__morecore",
        ],
        "a function to allocate with",
        Refused("leave the allocator alone: a module has a heap of its own"),
    ),
    row(
        &["mcheck", "mcheck_pedantic"],
        "a function to call when memory is damaged",
        Refused("run a sanitizer instead"),
    ),
    row(
        &["obstack_alloc_failed_handler"],
        "a function to call when memory is short",
        Refused("use another allocator than obstacks"),
    ),
    row(
        &["error_print_progname"],
        "a function that prints the program's name",
        Refused("print messages in another way"),
    ),
    row(
        &[
            "argp_program_version",
            "argp_program_version_hook",
            "argp_program_bug_address",
        ],
        "a text or a function for `argp_parse`",
        Refused("parse arguments in the application"),
    ),
    row(
        &["argp_parse", "argp_help"],
        "nothing",
        Harmless("its tables are used during the call"),
    ),
    row(
        &[
            "_ZSt15set_new_handlerPFvvE",
            "_ZSt13set_terminatePFvvE",
            "_ZSt14set_unexpectedPFvvE",
        ],
        "a function that C++ calls in trouble",
        Refused("link the C++ library statically, so that its handlers are the module's"),
    ),
    // Tables that all of the process shares.
    row(
        &["hsearch"],
        "keys and values, in the one table of the process",
        Refused("call `hsearch_r`, which has a table of its own"),
    ),
    row(
        &["hsearch_r", "tsearch", "lsearch", "insque"],
        "keys and values",
        Harmless("the table is the caller's"),
    ),
    row(
        &["initstate", "setstate"],
        "the state of `random`",
        Refused("call `initstate_r`, which has a state of its own"),
    ),
    row(
        &["initstate_r", "setstate_r"],
        "a state",
        Harmless("it is the caller's"),
    ),
    row(
        &["profil", "sprofil", "monstartup"],
        "a buffer that a signal handler of the C library's counts in",
        Refused("profile from outside, as with `perf`"),
    ),
    row(
        &[
            "svc_register",
            "xprt_register",
            "registerrpc",
            "svctcp_create",
            "svcudp_create",
            "svcraw_create",
            "svcunix_create",
        ],
        "functions that answer remote calls",
        Refused("use an RPC library of the module's own"),
    ),
    row(
        &["strtok", "getopt", "getopt_long", "getopt_long_only"],
        "where it stopped, until the next text",
        Harmless("only code that continues with the module's text would look there"),
    ),
    row(
        &[
            "bindtextdomain",
            "textdomain",
            "bind_textdomain_codeset",
            "setlocale",
            "newlocale",
            "uselocale",
            "utmpname",
            "catopen",
        ],
        "a name or a locale",
        Harmless("it is copied, or the C library's"),
    ),
    row(
        &[
            "qsort",
            "qsort_r",
            "bsearch",
            "nftw",
            "ftw",
            "glob",
            "scandir",
            "twalk",
            "tdestroy",
            "dl_iterate_phdr",
            "fts_open",
        ],
        "a function to call",
        Harmless("it is called during the call, or by the module's next one"),
    ),
    row(
        &[
            "posix_spawn_file_actions_addopen",
            "posix_spawnattr_setsigmask",
            "pthread_setname_np",
            "prctl",
            "syslog",
        ],
        "a name or a value",
        Harmless("it is copied, or the caller's"),
    ),
    // Interpreters: objects that a module has made live in them, with functions of the module, as long as anybody keeps
    // the interpreter's library.
    row(
        &[
            "Py_Initialize",
            "Py_InitializeEx",
            "Py_InitializeFromConfig",
            "PyGILState_Ensure",
            "JNI_CreateJavaVM",
            "ruby_init",
            "ruby_setup",
        ],
        "an interpreter that can't be ended, and objects in it",
        Refused("run it in the application or in a process of its own"),
    ),
];

const fn row(names: &'static [&'static str], keeps: &'static str, fate: Fate) -> Row {
    Row { names, keeps, fate }
}

/// The row of an imported symbol, in whatever version and spelling, and what it means that a module imports it.
pub(super) fn judge(import: &str) -> Option<(&'static Row, Fate)> {
    let exact = without_version(import);
    let listed = |name: &str| ROWS.iter().find(|row| row.names.contains(&name));
    let row = listed(exact).or_else(|| listed(plain(exact)))?;
    let fate = match row.fate {
        Wrapped(instead) if !lmms::WRAPPED_SYMBOLS.contains(&exact) => Refused(instead),
        fate => fate,
    };
    Some((row, fate))
}

/// Whether an imported symbol is `name`, in whatever version and spelling.
pub(super) fn is_symbol(import: &str, name: &str) -> bool {
    let exact = without_version(import);
    exact == name || plain(exact) == name
}

fn without_version(symbol: &str) -> &str {
    symbol.split('@').next().unwrap_or(symbol)
}

/// The name under which a symbol stands in the manual: without the prefixes of internal aliases and of versions of the
/// C standard, without the suffixes of large files, 64-bit times and checked calls.
fn plain(symbol: &str) -> &str {
    const PREFIXES: [&str; 6] = ["__isoc99_", "__isoc23_", "__libc_", "_IO_", "__", "_"];
    const SUFFIXES: [&str; 6] = ["_chk", "_unlocked", "_time64", "64_2", "64", "_2"];
    let mut name = symbol;
    if let Some(rest) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        name = rest;
    }
    while let Some(rest) = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)) {
        name = rest;
    }
    name
}

#[cfg(test)]
mod tests;
