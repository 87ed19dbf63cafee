//! A module.

lmms::module!();
