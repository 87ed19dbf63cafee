//! Finds mistakes that need more than the form of what was written: the rest of the crate, its manifest, the modules'
//! sources. All of a macro's mistakes are reported at once, each at its token.

mod gateway;
mod module;
mod operation;
mod portable;
mod serde;

use lmms_source::{Location, OwnCrate};

pub(crate) use gateway::gateway;
pub(crate) use module::module;
pub(crate) use operation::{operation, repeated};
pub(crate) use portable::portable;

/// The crate root as it is shown in messages.
fn root_of(own: &OwnCrate) -> String {
    let at = Location {
        file: own.root.clone(),
        line: 1,
    };
    let shown = at.to_string();
    shown.trim_end_matches(":1").to_owned()
}
