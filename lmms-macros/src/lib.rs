//! The macros of [`lmms`](https://docs.rs/lmms). Use them through that crate.
//!
//! Each macro goes through the same phases: *parse* the tokens, build a *model* with the help of `lmms-source`, *check*
//! it, *expand* it. All mistakes of a phase are reported at once, each at its token; a macro with mistakes still emits
//! an item that its users compile against, so that one mistake makes one error.
#![forbid(unsafe_code)]

mod check;
mod diagnostics;
mod expand;
mod model;
mod parse;
mod pipeline;
mod surroundings;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use crate::surroundings::Surroundings;

/// Declares a free function of a module crate an operation.
///
/// ```
/// use lmms::operation;
///
/// lmms::module!();
///
/// /// Words of `text` that begin with `letter`.
/// #[operation(interface = "words", name = "beginning_with", cache(ttl = "5m"))]
/// fn words_with(text: &str, letter: char) -> Result<Vec<String>, String> {
///     if !letter.is_alphabetic() {
///         return Err(format!("{letter:?} is no letter"));
///     }
///     let words = text.split_whitespace();
///     Ok(words.filter(|word| word.starts_with(letter)).map(str::to_owned).collect())
/// }
///
/// fn main() {
///     assert_eq!(words_with("an apple a day", 'd').unwrap(), ["day"]);
/// }
/// ```
///
/// - `interface = "…"` (required) and `name = "…"` (default: the function's name) are what callers write.
/// - `cache(ttl = "5m")`: a result may be answered from cache for that long. Only for operations without side effects,
///   whose result depends on the arguments alone. Errors are never cached.
/// - `pinned`: the module stays loaded once this operation was called.
///
/// Parameters are `Portable` types by value, `&T`, `&str`, `&[T]`, or an `Option` of these; a first parameter
/// `&Context` is the caller's context. Results are owned `Portable` types, or a `Result` of such.
///
/// The typed stubs have the function's documentation, whose examples are not tested there, and its `#[deprecated]`,
/// `#[must_use]`, `#[doc(hidden)]` and `#[doc(alias = "…")]`.
///
/// Callers are compiled without the module. A condition on an operation, or on a module around it, must be one that
/// `Cargo.toml` or the target decides: `#[cfg(feature = "…")]`, `#[cfg(unix)]`, `#[cfg(target_os = "…")]`, also inside
/// `cfg_attr`.
#[proc_macro_attribute]
pub fn operation(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::operation(
        attribute.into(),
        item.into(),
        &Surroundings::from_environment(),
    )
    .into()
}

/// Declares the crate a module. Stands once, in the crate root.
///
/// ```
/// use std::sync::Mutex;
///
/// lmms::module!(shutdown = close, veto = object, thread = "dedicated");
///
/// static OPEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
///
/// fn close() {
///     OPEN.lock().unwrap().clear();
/// }
///
/// fn object() -> Option<String> {
///     let open = OPEN.lock().unwrap().len();
///     (open > 0).then(|| format!("{open} documents are open"))
/// }
///
/// fn main() {
///     assert_eq!(object(), None);
///     close();
/// }
/// ```
///
/// - `shutdown`, a `fn()`, runs before the module is unloaded, when no call can come in any more. It ends
///   what the module has running: its threads, its signal handlers. A module without it stays loaded
///   as long as anything of that kind is there. What is still running afterwards is waited for: the
///   module's memory is back when it has ended.
/// - `veto`, a `fn() -> Option<String>`, keeps the module loaded for the reason it returns.
/// - `thread = "dedicated"` runs all operations on one thread of the module's own.
#[proc_macro]
pub fn module(arguments: TokenStream) -> TokenStream {
    pipeline::module(arguments.into(), &Surroundings::from_environment()).into()
}

/// Generates the typed gateway to modules.
///
/// ```
/// lmms::gateway! {
///     /// What this program can do.
///     pub Names { modules: ["../tests/ui/modules/names"] }
/// }
///
/// let operation = Names::REGISTRY.operation(0);
/// assert_eq!((operation.interface(), operation.name()), ("names", "taken"));
/// ```
///
/// `modules` lists folders or globs, relative to the folder of this crate's `Cargo.toml` (or to `LMMS_GATEWAY_ROOT`, if
/// that is set). Their sources are read, nothing of them is linked.
///
/// Cargo builds the gateway again when one of these files changes, or when a workspace among the folders gets another
/// member. A folder that belongs to no workspace with a `Cargo.lock` can be added unseen: a build script with
/// `println!("cargo::rerun-if-changed=../elsewhere");` makes cargo look there.
///
/// In an application a gateway `SmartHome` gets a builder, one method per interface (`home.images()`, a
/// `SmartHomeImages`, with a method per operation; `.pin()` gives a `SmartHomeImagesPinned`), the enum
/// `SmartHomeInterface`, and `execute_operation` for calls by name.
///
/// Structs and enums that a module defines itself, and derives `Portable` for, come as copies: those of module `images`
/// are in `smart_home_images`, at the same paths as in the module. A copy has the fields, the documentation and the
/// derives of the standard library; methods and other implementations stay in the module. A derive that relies on one
/// of these is omitted from the copy: of `#[derive(Default)] struct Outer(Inner)` with an `impl Default for Inner`,
/// neither copy has a default. Types with more to them belong in a crate that both depend on.
///
/// In a module crate it makes the same stubs over the context, `SmartHome::new(cx)`; there `interfaces: ["images"]`
/// restricts it to the interfaces that are called.
#[proc_macro]
pub fn gateway(input: TokenStream) -> TokenStream {
    pipeline::gateway(input.into(), &Surroundings::from_environment()).into()
}

/// Lets a struct or enum cross the boundary between application and module.
///
/// - `#[portable(json = "serde")]` on the type: calls by name read and write it with its `serde` implementations.
///   A type with attributes of `serde` must say this, or `json = "fields"`: its fields and variants go by their own
///   names in calls by name, whatever `serde` makes of it elsewhere.
/// - `#[portable(recursive)]` on a field whose type leads back to the type itself through another one, or through a
///   type alias: on at least one field of each such cycle. A field that names the type itself needs nothing.
///
/// ```
/// use lmms::Portable;
///
/// #[derive(Portable)]
/// struct Folder {
///     #[portable(recursive)]
///     entries: Vec<Entry>,
/// }
///
/// #[derive(Portable)]
/// enum Entry {
///     File(String),
///     Folder(Folder),
/// }
/// ```
#[proc_macro_derive(Portable, attributes(portable))]
pub fn portable(input: TokenStream) -> TokenStream {
    pipeline::portable(input.into(), &Surroundings::from_environment()).into()
}
