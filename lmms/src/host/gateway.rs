//! Opening a gateway.

mod guarded;

use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

use crate::boundary::error::Error;
use crate::host::call::between_modules;
use crate::host::call::core::{Core, Gateway};
use crate::host::clock::{Clock, SystemClock};
use crate::host::decision::policy::Policy;
use crate::host::decision::pressure::{PressureSource, SystemPressure};
use crate::host::life::library::Loader;
use crate::host::loader::file_loader::{FileLoader, FileOptions};
use crate::host::loader::places::modules_folder;
use crate::host::runtime::{Parts, Runtime};
use guarded::{GuardedClock, GuardedLoader, GuardedPressure};

/// Opens a gateway; made by its generated `builder()`.
///
/// ```no_run
/// lmms::gateway! {
///     /// What this program can do.
///     pub Names { modules: ["../tests/ui/modules/names"] }
/// }
///
/// let names = Names::builder()
///     .modules("target/lmms/modules")
///     .policy(lmms::Policy::default().max_resident(4))
///     .open()?;
/// println!("{}", names.statistics());
/// # Ok::<(), lmms::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder<G> {
    modules: Option<PathBuf>,
    loader: Option<Box<dyn Loader>>,
    policy: Policy,
    clock: Arc<dyn Clock>,
    pressure: Box<dyn PressureSource>,
    cache_bytes: u64,
    background: bool,
    files: FileOptions,
    gateway: PhantomData<fn() -> G>,
}

impl<G: Gateway> Default for Builder<G> {
    fn default() -> Self {
        Self::new()
    }
}

impl<G: Gateway> Builder<G> {
    /// A builder with the defaults: modules where [`modules_folder`] finds them, [`Policy::default`],
    /// the system's clock, 16 MiB of cache, and sweeps in the background.
    pub fn new() -> Self {
        Self {
            modules: None,
            loader: None,
            policy: Policy::default(),
            clock: Arc::new(SystemClock),
            pressure: Box::<SystemPressure>::default(),
            cache_bytes: 16 << 20,
            background: true,
            files: FileOptions::default(),
            gateway: PhantomData,
        }
    }

    /// The folder with the built modules and their manifest. Without this it is beside the program, in `LMMS_MODULES`
    /// or in the build folder: see [`modules_folder`].
    pub fn modules(mut self, folder: impl Into<PathBuf>) -> Self {
        self.modules = Some(folder.into());
        self
    }

    /// Another loader than the one for files: for tests.
    pub fn loader(mut self, loader: impl Loader + 'static) -> Self {
        self.loader = Some(Box::new(GuardedLoader(loader)));
        self
    }

    /// The numbers that decide how long modules stay.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The clock everything goes by. On another clock than the system's there are no background
    /// sweeps: call [`sweep`](Runtime::sweep). Where it panics, or asks the gateway for the time, it counts
    /// as standing still.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(GuardedClock::new(clock));
        self.background = false;
        self
    }

    /// Where memory pressure is read. Where it panics there is none.
    pub fn pressure(mut self, source: impl PressureSource + 'static) -> Self {
        self.pressure = Box::new(GuardedPressure(source));
        self
    }

    /// How many bytes of results the cache may hold; 0 turns it off.
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Whether a thread sweeps on its own. Turn it off where timers don't fire, as in a frozen
    /// AWS Lambda environment, and call [`sweep`](Runtime::sweep) at the end of each invocation.
    ///
    /// On or off, there is a thread for the whole process that sleeps until some module is called very often (64 times
    /// within a tenth of a second): then it notes ten times a second that the module is in use, until it no longer is.
    pub fn background_sweeps(mut self, on: bool) -> Self {
        self.background = on;
        self
    }

    /// Whether modules are always loaded from a private copy that nobody can change (a sealed
    /// memory file), so that a file overwritten in place can't crash the process. It costs about
    /// a millisecond and the file's size in memory per load.
    pub fn sealed_copies(mut self, on: bool) -> Self {
        self.files.sealed = on;
        self
    }

    /// Whether the modules folder, the manifest and the modules' files may be such that others can
    /// write to them: everybody, or a group that is not the process's. Whoever can do that decides
    /// what runs in this process, so they are refused ([`Error::Untrusted`]) unless this is on.
    pub fn trust_shared_files(mut self, on: bool) -> Self {
        self.files.shared = on;
        self
    }

    /// Whether the bytes of a module's file are hashed, and compared with the manifest, before it is loaded; default:
    /// on. A file that has not changed since isn't hashed again.
    ///
    /// Turn it off where something else vouches for the files and nobody can change them: on a file system that checks
    /// its blocks (dm-verity), or in a read-only image whose digest was checked, such as the code of a function on AWS
    /// Lambda, where each start would pay for it again. Then only a file's length and ELF header are looked at, and a
    /// file with other damage may crash the process when it is loaded. Sealed copies and files that others may write
    /// to ([`trust_shared_files`](Self::trust_shared_files)) are hashed all the same.
    pub fn verify_files(mut self, on: bool) -> Self {
        self.files.vouched = !on;
        self
    }

    /// The only manifest to take: its BLAKE3 hash as 64 hex digits, as `cargo lmms build` prints
    /// it. The manifest has the hashes of all modules, so this names one build to the byte.
    ///
    /// ```no_run
    /// # lmms::gateway! {
    /// #     /// What this program can do.
    /// #     pub Names { modules: ["../tests/ui/modules/names"] }
    /// # }
    /// let names = Names::builder()
    ///     .modules("/opt/names/modules")
    ///     .manifest_digest("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")
    ///     .open()?;
    /// # Ok::<(), lmms::Error>(())
    /// ```
    pub fn manifest_digest(mut self, hex: impl Into<String>) -> Self {
        self.files.manifest_digest = Some(hex.into());
        self
    }

    /// Opens the gateway. No module is loaded, and no module file is touched but the manifest; what
    /// is in a manifest of more than 64 KiB is only looked at when the first module is loaded.
    ///
    /// # Errors
    /// [`Error::NoModules`]: no folder was named, and there is none in the usual places.
    /// [`Error::Manifest`]: there is no manifest, or it is not readable. [`Error::Untrusted`]: others may
    /// write to it. [`Error::ManifestDigest`]: it is another one than
    /// [`manifest_digest`](Self::manifest_digest) asks for, and [`Error::Digest`]: that is none.
    pub fn open(self) -> Result<G, Error> {
        let loader = match self.loader {
            Some(loader) => loader,
            None => {
                let folder = self.modules.map_or_else(modules_folder, Ok)?;
                Box::new(FileLoader::open(folder, self.files)?)
            }
        };
        let runtime = Runtime::new(Parts {
            registry: G::REGISTRY,
            loader,
            policy: self.policy,
            clock: self.clock,
            pressure: self.pressure,
            cache_bytes: self.cache_bytes,
            context: &between_modules::TABLE,
        });
        let core = Core::new(runtime, self.background);
        // SAFETY: its runtime was made for this registry.
        Ok(unsafe { G::from_core(core) })
    }
}
