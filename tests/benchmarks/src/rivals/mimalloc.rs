//! The work on heaps of mimalloc, in a library that is never unloaded.

use super::libloading;

/// Something that is done so many times.
type Work = extern "C" fn(u64) -> u64;

/// The library's functions.
pub struct Mimalloc {
    pub small: Work,
    pub mixed: Work,
    pub many: Work,
    pub exchange: Work,
    pub buffers: Work,
    pub grow: Work,
    pub written: extern "C" fn(u64, u64) -> u64,
}

impl Mimalloc {
    /// Opens the library.
    pub fn open() -> Result<Mimalloc, String> {
        let library: &'static _ = Box::leak(Box::new(libloading("librival_mimalloc.so")?));
        let work = |name: &str| -> Result<Work, String> {
            // SAFETY: that is its type in `rivals/mimalloc`.
            let work = unsafe { library.get::<Work>(name.as_bytes()) };
            Ok(*work.map_err(|error| error.to_string())?)
        };
        // SAFETY: as above.
        let written = unsafe { library.get::<extern "C" fn(u64, u64) -> u64>(b"mimalloc_written") };
        Ok(Mimalloc {
            small: work("mimalloc_small")?,
            mixed: work("mimalloc_mixed")?,
            many: work("mimalloc_many")?,
            exchange: work("mimalloc_exchange")?,
            buffers: work("mimalloc_buffers")?,
            grow: work("mimalloc_grow")?,
            written: *written.map_err(|error| error.to_string())?,
        })
    }
}
