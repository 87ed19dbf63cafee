//! An application, which has copies of its module's types.

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["../modules/*"] }
}
