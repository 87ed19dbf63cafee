//! The thunks of the measured module as bare function pointers: what the gateway calls in the end.

use lmms::__private::{CallOutcome, Pin};
use lmms::Gateway;

use crate::fixture::Probe;

/// The module held loaded, and two of its thunks.
#[derive(Debug)]
pub struct Bare<'g> {
    /// `add`.
    pub add: fn(u64, u64) -> CallOutcome<u64>,
    /// `scatter`.
    pub scatter: fn(u64) -> CallOutcome<u64>,
    _pin: Pin<'g>,
}

impl<'g> Bare<'g> {
    /// The thunks of `probe`'s module, which stays loaded as long as this lives.
    pub fn of(probe: &'g Probe) -> Result<Self, String> {
        let registry = Probe::REGISTRY;
        let index = |name: &str| {
            registry
                .find("probe", name)
                .ok_or_else(|| format!("there is no operation {name}"))
        };
        let module = registry.operation(index("add")?).module();
        let pin = Pin::new(probe.core(), module).map_err(|error| error.to_string())?;
        let thunk = |name: &str| {
            let slot = index(name)? - registry.modules[module].first as usize;
            pin.thunk(slot)
                .ok_or_else(|| format!("there is no thunk of {name}"))
        };
        let (add, scatter) = (thunk("add")?, thunk("scatter")?);
        Ok(Self {
            // SAFETY: the type of `probe.add`'s thunk, which the loader has compared.
            add: unsafe { std::mem::transmute::<*const (), fn(u64, u64) -> CallOutcome<u64>>(add) },
            // SAFETY: the type of `probe.scatter`'s thunk.
            scatter: unsafe {
                std::mem::transmute::<*const (), fn(u64) -> CallOutcome<u64>>(scatter)
            },
            _pin: pin,
        })
    }
}
