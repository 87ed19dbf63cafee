//! Names a file that isn't there.

lmms::module!();

mod gone;
