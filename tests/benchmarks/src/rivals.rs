//! Other ways to call into a library, each as its own documents recommend, opened once.

mod epoch;
mod gateways;
mod mimalloc;

pub use epoch::Epoch;
pub use gateways::{Counted, Locked, Swapped};
pub use mimalloc::Mimalloc;

use std::path::Path;

use abi_stable::library::RootModule;
use abi_stable_interface::WorkRef;
use stabby::libloading::StabbyLibrary;

use crate::fixture::beside;

/// `add` as C sees it.
pub type Add = extern "C" fn(u64, u64) -> u64;
/// `scatter` as C sees it.
pub type Scatter = extern "C" fn(u64) -> u64;

/// Opens a library with `libloading`.
pub fn libloading(name: &str) -> Result<libloading::Library, String> {
    // SAFETY: a library of this workspace, whose constructors do nothing.
    unsafe { libloading::Library::new(beside(name)?) }.map_err(|error| error.to_string())
}

/// Opens a library as a plain user does, and looks up one symbol.
pub fn open_and_look_up(
    file: &Path,
    symbol: &str,
) -> Result<libloading::os::unix::Library, String> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: a module of this workspace, whose constructors do nothing; nothing in it is called.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| error.to_string())?;
    // SAFETY: the address is only looked at.
    let found = unsafe { library.get::<*const ()>(symbol.as_bytes()) };
    let found = found.map(|_| ()).map_err(|error| error.to_string());
    found.map(|()| library)
}

/// The plain library's functions.
pub fn plain(
    library: &libloading::Library,
) -> Result<(libloading::Symbol<'_, Add>, libloading::Symbol<'_, Scatter>), String> {
    // SAFETY: that is its type in `rivals/plain`.
    let add = unsafe { library.get::<Add>(b"plain_add") }.map_err(|error| error.to_string())?;
    // SAFETY: as above.
    let scatter = unsafe { library.get::<Scatter>(b"plain_scatter") };
    Ok((add, scatter.map_err(|error| error.to_string())?))
}

/// What a library has scattered there; `name` is its function that tells.
pub fn scattered(library: &str, name: &str, index: u64) -> Result<u64, String> {
    let library = libloading(library)?;
    // SAFETY: that is its type in all libraries of `rivals`.
    let function = unsafe { library.get::<extern "C" fn(u64) -> u64>(name.as_bytes()) };
    Ok(function.map_err(|error| error.to_string())?(index))
}

/// Opens the plain library with `dlopen2`.
pub fn dlopen2() -> Result<dlopen2::symbor::Library, String> {
    dlopen2::symbor::Library::open(beside("librival_plain.so")?).map_err(|error| error.to_string())
}

/// The plain library's functions through `dlopen2`.
pub fn dlopen2_symbols(
    library: &dlopen2::symbor::Library,
) -> Result<
    (
        dlopen2::symbor::Symbol<'_, Add>,
        dlopen2::symbor::Symbol<'_, Scatter>,
    ),
    String,
> {
    // SAFETY: that is its type in `rivals/plain`.
    let add = unsafe { library.symbol::<Add>("plain_add") }.map_err(|error| error.to_string())?;
    // SAFETY: as above.
    let scatter = unsafe { library.symbol::<Scatter>("plain_scatter") };
    Ok((add, scatter.map_err(|error| error.to_string())?))
}

/// The library that `abi_stable` checks and never unloads.
pub fn abi_stable() -> Result<WorkRef, String> {
    WorkRef::load_from_file(&beside("librival_abi_stable.so")?).map_err(|error| error.to_string())
}

/// The functions of the library that `stabby` checks, of a library that is never unloaded.
pub fn stabby() -> Result<(Add, Scatter), String> {
    let library: &'static libloading::Library =
        Box::leak(Box::new(libloading("librival_stabby.so")?));
    // SAFETY: stabby compares the type with the exported one.
    let add = unsafe { library.get_stabbied::<extern "C" fn(u64, u64) -> u64>(b"stabby_add") };
    // SAFETY: as above.
    let scatter = unsafe { library.get_stabbied::<extern "C" fn(u64) -> u64>(b"stabby_scatter") };
    let add = *add.map_err(|error| error.to_string())?;
    let scatter = *scatter.map_err(|error| error.to_string())?;
    Ok((add, scatter))
}

/// The same work for wasmtime.
const WAT: &str = r#"(module
  (memory 16)
  (func (export "add") (param i64 i64) (result i64)
    local.get 0
    local.get 1
    i64.add)
  (func (export "scatter") (param $random i64) (result i64) (local $left i32)
    i32.const 4
    local.set $left
    (loop $again
      local.get $random
      i64.const 6364136223846793005
      i64.mul
      i64.const 1
      i64.add
      local.set $random
      local.get $random
      i64.const 40
      i64.shr_u
      i64.const 131071
      i64.and
      i64.const 3
      i64.shl
      i32.wrap_i64
      local.get $random
      i64.store
      local.get $left
      i32.const 1
      i32.sub
      local.tee $left
      br_if $again)
    local.get $random))"#;

/// A compiled WebAssembly module; every thread makes an instance of its own.
#[derive(Clone, Debug)]
pub struct Wasm {
    engine: wasmtime::Engine,
    module: wasmtime::Module,
}

/// An instance with its functions.
pub struct WasmInstance {
    /// What the functions need for a call.
    pub store: wasmtime::Store<()>,
    /// `add`.
    pub add: wasmtime::TypedFunc<(u64, u64), u64>,
    /// `scatter`.
    pub scatter: wasmtime::TypedFunc<u64, u64>,
}

impl Wasm {
    /// Compiles it.
    pub fn compile() -> Result<Self, String> {
        let engine = wasmtime::Engine::default();
        let module = wasmtime::Module::new(&engine, WAT).map_err(|error| error.to_string())?;
        Ok(Self { engine, module })
    }

    /// An instance.
    pub fn instance(&self) -> Result<WasmInstance, String> {
        let mut store = wasmtime::Store::new(&self.engine, ());
        let instance = wasmtime::Instance::new(&mut store, &self.module, &[])
            .map_err(|error| error.to_string())?;
        let add = instance
            .get_typed_func(&mut store, "add")
            .map_err(|error| error.to_string())?;
        let scatter = instance
            .get_typed_func(&mut store, "scatter")
            .map_err(|error| error.to_string())?;
        Ok(WasmInstance {
            store,
            add,
            scatter,
        })
    }
}
