//! A module with examples of every form.

lmms::module!();

/// An example without a language, and links: [`crate::Hidden`], [`guide`](crate::guide), [nothing at all].
///
/// ```
/// assert_eq!(guide::guide("a"), "guided");
/// ```
///
/// Without running:
///
/// ```no_run
/// loop { not_here() }
/// ```
///
/// ```rust,should_panic
/// not_here()
/// ```
///
/// ```edition2018
/// not_here()
/// ```
///
/// ```compile_fail,E0425
/// let fine = 1;
/// ```
///
/// ````
/// let four = "```";
/// not_here()
/// ````
///
/// ~~~
/// not_here()
/// ~~~
///
/// ~~~~rust
/// not_here()
/// ~~~~
///
/// Indented:
///
///     not_here()
///
/// > ```
/// > not_here()
/// > ```
///
/// - In a list:
///
///   ```
///   not_here()
///   ```
///
///       not_here()
///
/// 1. > - ~~~ignore
///    >   not_here()
///    >   ~~~
///
/// ```{.rust .numbered}
/// not_here()
/// ```
///
/// ```
/// never closed
#[lmms::operation(interface = "guide", cache(ttl = "5m"))]
pub fn guide(text: &str) -> String {
    let _ = text;
    "guided".to_owned()
}

#[doc = include_str!("../examples.md")]
#[lmms::operation(interface = "guide")]
pub fn from_a_file() {}
