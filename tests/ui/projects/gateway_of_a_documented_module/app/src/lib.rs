//! An application's library.
#![deny(missing_docs)]

lmms::gateway! {
    /// The home.
    pub Home { modules: ["../modules/*"] }
}
