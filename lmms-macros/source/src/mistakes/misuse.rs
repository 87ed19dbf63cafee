//! What can be wrong with an operation, a module declaration or their types, and the text that says so.
//!
//! The macros show a [`Misuse`] at the offending token; the reader shows it with file and line. All texts stand here.

use std::fmt;

/// A mistake in what a module's author wrote. Its display says what is wrong and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// Tokens the Rust parser refused.
    Syntax(String),
    /// `#[operation]` without an interface.
    MissingInterface,
    /// A key that the attribute or macro does not have.
    UnknownKey {
        /// What was written.
        key: String,
        /// The keys there are.
        expected: &'static str,
    },
    /// A key given twice.
    RepeatedKey(String),
    /// A key whose value must be a string literal.
    ExpectedString {
        /// The key.
        key: &'static str,
        /// How it is written.
        example: &'static str,
    },
    /// A key whose value must be a path to a function.
    ExpectedFunction(&'static str),
    /// A key that stands alone but was given a value.
    UnexpectedValue(&'static str),
    /// An interface or operation name that can't be a function's name.
    BadName {
        /// The key it was given for.
        key: &'static str,
        /// What was written.
        name: String,
    },
    /// A name that a generated type's own methods have.
    ReservedName {
        /// The key it was given for.
        key: &'static str,
        /// What was written.
        name: String,
    },
    /// `cache` without a time to live.
    MissingTtl,
    /// A time to live that isn't a duration.
    BadDuration(String),
    /// A cache for an operation that returns nothing.
    CacheOfNothing,
    /// `thread = …` with a word other than "dedicated".
    BadThread(String),
    /// `#[operation]` on something else than a function.
    NotAFunction,
    /// `#[operation]` twice on one function.
    RepeatedOperation,
    /// A function with a receiver.
    Receiver,
    /// An `async fn`.
    Async,
    /// An `unsafe fn`.
    Unsafe,
    /// An `extern fn`.
    ForeignAbi,
    /// `fn f(x: u8, ...)`.
    Variadic,
    /// A function generic over types or constants.
    Generic(String),
    /// A function generic over lifetimes, or a lifetime in its types.
    NamedLifetime(String),
    /// A `where` clause.
    WhereClause,
    /// A parameter without a plain name.
    UnnamedParameter,
    /// Two parameters of one name.
    RepeatedParameter(String),
    /// A parameter under `#[cfg]`.
    ConditionalParameter,
    /// More parameters than a call can carry.
    TooManyParameters(usize),
    /// The context anywhere but first.
    ContextNotFirst,
    /// The context by value or by mutable reference.
    ContextNotBorrowed,
    /// `&mut T`.
    MutableReference,
    /// `&'static T`.
    StaticReference,
    /// A reference in a result.
    BorrowedResult,
    /// A reference deeper in a type than a parameter may have it.
    NestedReference,
    /// `str` or `[T]` without a reference.
    Unsized {
        /// The type.
        ty: String,
        /// The owned type in its place.
        owned: String,
    },
    /// `impl Trait`.
    ImplTrait,
    /// `dyn Trait`.
    TraitObject,
    /// `fn(…)`.
    FunctionPointer,
    /// `*const T`, `*mut T`.
    RawPointer,
    /// `_` or `!`.
    NoType(&'static str),
    /// A macro, or an associated type without its trait.
    UnreadableType(String),
    /// A length of an array, or another constant in a type, that is more than literals and constants.
    ArrayLength(String),
}

/// Interfaces that would hide a method of the gateway.
pub(crate) const RESERVED_INTERFACES: [&str; 15] = [
    "builder",
    "checkpoint",
    "clock",
    "execute_operation",
    "explain",
    "invalidate",
    "invalidate_module",
    "is_resident",
    "load",
    "new",
    "policy",
    "registry",
    "statistics",
    "sweep",
    "unload",
];

/// Operations that would hide a method of an interface.
pub(crate) const RESERVED_OPERATIONS: [&str; 3] = ["pin", "pin_owned", "shared"];

/// The most parameters an operation may have beside its context.
pub const MOST_PARAMETERS: usize = 12;

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misuse::Syntax(message) => write!(f, "{message}"),
            Misuse::MissingInterface => {
                write!(
                    f,
                    "this operation has no interface: write `#[operation(interface = \"images\")]`"
                )
            }
            Misuse::UnknownKey { key, expected } => {
                write!(f, "there is no `{key}` here: it takes {expected}")
            }
            Misuse::RepeatedKey(key) => write!(f, "`{key}` is given twice: keep one"),
            Misuse::ExpectedString { key, example } => {
                write!(f, "`{key}` takes a string literal: write `{example}`")
            }
            Misuse::ExpectedFunction(key) => {
                write!(
                    f,
                    "`{key}` takes the path of a function: write `{key} = path::to::function`"
                )
            }
            Misuse::UnexpectedValue(key) => {
                write!(f, "`{key}` takes no value: write `{key}` alone")
            }
            Misuse::BadName { key, name } => write!(
                f,
                "`{name}` can't be the {key} of an operation: callers write it as a function name, so use lower-case letters, digits and `_`, a letter first, and none of `self`, `super` and `crate`"
            ),
            Misuse::ReservedName { key, name } => write!(
                f,
                "`{name}` can't be the {key} of an operation: the gateway's own `{name}` has that name; choose another"
            ),
            Misuse::MissingTtl => write!(
                f,
                "`cache` needs to know how long a result holds: write `cache(ttl = \"5m\")`"
            ),
            Misuse::BadDuration(text) => write!(
                f,
                "`{text}` is no duration: write a whole number above zero and a unit, like \"250ms\", \"30s\", \"5m\", \"1h\" or \"7d\""
            ),
            Misuse::CacheOfNothing => write!(
                f,
                "this operation returns nothing that could be cached: remove `cache(…)`, or return a result"
            ),
            Misuse::BadThread(text) => write!(
                f,
                "there is no thread `{text}`: write `thread = \"dedicated\"`, or remove it to run on the calling threads"
            ),
            Misuse::NotAFunction => write!(
                f,
                "only a free function can be an operation: put `#[operation(…)]` on a `fn`"
            ),
            Misuse::RepeatedOperation => write!(
                f,
                "this function is declared an operation twice: keep one `#[operation(…)]`"
            ),
            Misuse::Receiver => write!(
                f,
                "an operation has no `self`: make it a free function and pass what it needs as parameters"
            ),
            Misuse::Async => write!(
                f,
                "an operation can't be `async`: do the work in a plain `fn`; callers on an async runtime put the call on a blocking thread"
            ),
            Misuse::Unsafe => write!(
                f,
                "an operation can't be `unsafe`: callers can't know what it asks of them; check the arguments and make it safe"
            ),
            Misuse::ForeignAbi => write!(
                f,
                "an operation has Rust's own calling convention: remove `extern`"
            ),
            Misuse::Variadic => write!(
                f,
                "an operation has a fixed number of parameters: take a `&[T]`"
            ),
            Misuse::Generic(name) => write!(
                f,
                "an operation can't be generic over `{name}`: the library holds compiled code only; name the type"
            ),
            Misuse::NamedLifetime(name) => write!(
                f,
                "an operation needs no lifetime `{name}`: arguments are borrowed for the call and results are owned; remove it"
            ),
            Misuse::WhereClause => {
                write!(f, "an operation is not generic: remove the `where` clause")
            }
            Misuse::UnnamedParameter => write!(
                f,
                "callers pass arguments by name: give this parameter a plain name and take it apart inside the function"
            ),
            Misuse::RepeatedParameter(name) => write!(
                f,
                "two parameters are called `{name}`: callers pass arguments by name, so rename one"
            ),
            Misuse::ConditionalParameter => write!(
                f,
                "the gateway can't decide a `cfg` on a parameter: put it on the whole operation"
            ),
            Misuse::TooManyParameters(count) => write!(
                f,
                "this operation has {count} parameters, but {MOST_PARAMETERS} are the most: put some of them into a struct that derives `lmms::Portable`"
            ),
            Misuse::ContextNotFirst => write!(
                f,
                "the context comes first, and once: move `&Context` to the front"
            ),
            Misuse::ContextNotBorrowed => {
                write!(f, "the context is lent for the call: write `&Context`")
            }
            Misuse::MutableReference => write!(
                f,
                "an operation can't change its arguments: take the value and return the new one"
            ),
            Misuse::StaticReference => write!(
                f,
                "`&'static` can't cross the boundary: what it points to is gone when the module is unloaded; use an owned type like `String`"
            ),
            Misuse::BorrowedResult => write!(
                f,
                "a result can't be borrowed: it must outlive the module; return an owned type like `String` or `Vec<T>`"
            ),
            Misuse::NestedReference => write!(
                f,
                "a reference can stand only at the front (`&T`, `&str`, `&[T]`) or in an `Option` there: use an owned type inside"
            ),
            Misuse::Unsized { ty, owned } => write!(
                f,
                "`{ty}` has no size of its own: write `&{ty}` to borrow it for the call, or `{owned}`"
            ),
            Misuse::ImplTrait => write!(
                f,
                "`impl Trait` can't cross the boundary: name the type, for example `Vec<T>` in place of an iterator"
            ),
            Misuse::TraitObject => write!(
                f,
                "a trait object can't cross the boundary: its methods are code of one side only; use an enum or a struct that derives `lmms::Portable`"
            ),
            Misuse::FunctionPointer => write!(
                f,
                "a function pointer can't cross the boundary: it would dangle after an unload; pass data and decide inside the operation"
            ),
            Misuse::RawPointer => write!(
                f,
                "a raw pointer can't cross the boundary: pass the data itself, as `&[T]` or an owned type"
            ),
            Misuse::NoType(ty) => write!(
                f,
                "`{ty}` is no type a caller could be given: name the type"
            ),
            Misuse::UnreadableType(ty) => write!(
                f,
                "the gateway can't read the type `{ty}`: write it as a plain path like `home_types::Device`"
            ),
            Misuse::ArrayLength(length) => write!(
                f,
                "the gateway can't work out the array length `{length}`: write it as a number, or make it a constant"
            ),
        }
    }
}
