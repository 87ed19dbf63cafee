//! What may cross the boundary between an application and its modules.
//!
//! A module's memory is thrown away when the module is unloaded, so nothing that an operation
//! returns may still point into it. [`Portable`] types can be **copied out**: the receiving side
//! walks the value and builds its own, in its own memory, while a guard keeps the module loaded.
//! Then the side that made the value drops it. No block is ever freed by the side that did not
//! allocate it.
//!
//! `&'static` references, function pointers, `Rc`, `Arc`, trait objects and raw pointers are not
//! portable: they would outlive what they point to.

mod answer;
mod arrays;
mod builtin;
mod collections;
#[cfg(feature = "gateway")]
mod json;
mod key;
mod level;
mod probe;
#[cfg(feature = "gateway")]
pub mod schema;
mod shape;
mod standard;

#[cfg(feature = "gateway")]
pub(crate) use answer::is_error;
pub use answer::{Answer, AsResult, AsValue, Failure, Returned, Success, answer};
#[cfg(feature = "gateway")]
pub use json::{JsonError, ObjectReader, VariantReader, through_serde, variant_to_json};
pub use key::KeyBuilder;
pub use level::{Known, Level, Shaped};
pub use probe::{Never, Probe, Unportable};
pub use shape::{Origin, Shape};

/// A type that can be copied across the boundary. Derive it:
///
/// ```
/// use lmms::Portable;
///
/// #[derive(Debug, PartialEq, Portable)]
/// struct Reading {
///     sensor: String,
///     celsius: Option<f64>,
/// }
///
/// let reading = Reading { sensor: "hall".into(), celsius: Some(20.5) };
/// assert_eq!(reading.copy(), reading);
/// ```
///
/// # Safety
/// Implementations must keep three promises; the derive does.
/// - [`SHAPE`](Self::SHAPE) differs whenever the memory layout or the meaning of the type differs.
///   Both sides compare it when a module is loaded; equal shapes are read as the same type.
/// - [`PLAIN`](Self::PLAIN) is `true` only if a bitwise copy is a full copy: no heap memory, no
///   pointers, no `Drop`.
/// - [`copy`](Self::copy) returns a value that shares no memory with `self` and holds no pointer
///   to code or statics of the library that made `self`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't cross the boundary between application and module",
    label = "not `Portable`",
    note = "derive it with `#[derive(lmms::Portable)]`, or use an owned standard type such as `String` or `Vec<u8>`",
    note = "an error of another crate can be returned as text: `-> Result<T, String>`, with `.map_err(|error| error.to_string())`",
    note = "references with a lifetime of their own, `Rc`, `Arc`, function pointers and trait objects can't: they would dangle after the module's unload"
)]
pub unsafe trait Portable: Sized + Send + Sync + 'static {
    /// Fingerprint of the type: where it is defined (package, version and module), and names, sizes, alignments, field
    /// offsets and discriminants, recursively.
    const SHAPE: Shape = level::highest::<Self>();

    /// The type itself, whose shape is known at every level of recursion.
    #[doc(hidden)]
    type Itself<L: Level>: Shaped<L>;

    /// `true` if a bitwise copy of the value is a full copy.
    const PLAIN: bool;

    /// How an operation returns it: only a `Result` is [`AsResult`].
    #[doc(hidden)]
    type Returned: Returned<Self>;

    /// `true` if calls by name may leave it out.
    #[doc(hidden)]
    const OPTIONAL: bool = false;

    /// A copy in memory of the side whose code runs.
    fn copy(&self) -> Self;

    /// Appends the value to a cache key. Equal values append equal bytes.
    fn key(&self, key: &mut KeyBuilder);

    /// Bytes on the heap that the value owns: what the cache charges for it.
    fn heap_bytes(&self) -> usize {
        0
    }

    /// A copy of `items` in memory of the side whose code runs.
    fn copy_slice(items: &[Self]) -> Vec<Self> {
        items.iter().map(Self::copy).collect()
    }

    /// The value as JSON.
    #[cfg(feature = "gateway")]
    fn to_json(&self) -> serde_json::Value;

    /// The value from JSON.
    ///
    /// # Errors
    /// [`JsonError`] says what was expected, what was found, and where.
    #[cfg(feature = "gateway")]
    fn from_json(value: serde_json::Value) -> Result<Self, JsonError>;

    /// The JSON Schema of [`to_json`](Self::to_json)'s values: see [`schema`](crate::schema).
    #[cfg(feature = "gateway")]
    fn schema(schemas: &mut schema::Schemas) -> serde_json::Value;

    /// What a missing argument or field means: `None` when it must be given.
    #[cfg(feature = "gateway")]
    fn missing() -> Option<Self> {
        None
    }

    /// A slice as JSON: an array, or base64 text for bytes.
    #[cfg(feature = "gateway")]
    fn slice_to_json(items: &[Self]) -> serde_json::Value {
        serde_json::Value::Array(items.iter().map(Self::to_json).collect())
    }

    /// The JSON Schema of a slice.
    #[cfg(feature = "gateway")]
    fn slice_schema(schemas: &mut schema::Schemas) -> serde_json::Value {
        schema::array(Self::schema(schemas))
    }

    /// A vector from JSON: an array; for bytes also base64 text.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    #[cfg(feature = "gateway")]
    fn vec_from_json(value: serde_json::Value) -> Result<Vec<Self>, JsonError> {
        json::array(value)?
            .into_iter()
            .enumerate()
            .map(|(index, item)| Self::from_json(item).map_err(|error| error.at_index(index)))
            .collect()
    }
}
