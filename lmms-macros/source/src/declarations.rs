//! What a module's author declares: the arguments of `#[operation]` and `module!`, signatures, and what is said to
//! callers.

pub(crate) mod attribute;
pub(crate) mod callers;
pub(crate) mod keys;
pub(crate) mod options;
pub(crate) mod signature;
pub(crate) mod types;
