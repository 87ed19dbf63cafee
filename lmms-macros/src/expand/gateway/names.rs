//! The names of generated types and variants.
//!
//! Each depends on its interface alone, and no two interfaces have one in common: so a new interface changes no
//! other's.

use proc_macro2::{Ident, Span};
use quote::format_ident;

use crate::model::{identifier, snake_case};

/// A gateway's types beside those of its interfaces.
const INTERFACE: &str = "Interface";
const PINNED: &str = "Pinned";
const SHARED: &str = "Shared";

/// The handle of an interface: `SmartHomeImages`. Where camel case could mean another type, what follows the gateway's
/// name is the interface's own: `SmartHome_x_1`.
pub(super) fn handle(gateway: &Ident, interface: &str) -> Ident {
    let span = gateway.span();
    match unambiguous(interface) {
        Some(camel) if !is_taken(&camel) => format_ident!("{gateway}{camel}", span = span),
        _ => format_ident!("{gateway}_{interface}", span = span),
    }
}

/// The handle that keeps modules loaded.
pub(super) fn pinned(handle: &Ident) -> Ident {
    format_ident!("{handle}{PINNED}")
}

/// The handle of shared results.
pub(super) fn shared(handle: &Ident) -> Ident {
    format_ident!("{handle}{SHARED}")
}

/// The enum of a gateway's interfaces.
pub(super) fn enumeration(gateway: &Ident) -> Ident {
    format_ident!("{gateway}{INTERFACE}")
}

/// An interface among the enum's variants, beside its constant `ALL`.
pub(super) fn variant(interface: &str) -> Ident {
    match unambiguous(interface) {
        Some(camel) if camel != "ALL" => Ident::new(&camel, Span::call_site()),
        _ => identifier(interface),
    }
}

/// The name in camel case, if no other has the same.
fn unambiguous(name: &str) -> Option<String> {
    let camel = camel_case(name);
    (snake_case(&camel) == name).then_some(camel)
}

fn is_taken(camel: &str) -> bool {
    camel == INTERFACE || camel.ends_with(PINNED) || camel.ends_with(SHARED)
}

/// `http_client` as `HttpClient`.
fn camel_case(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_in_camel_case_where_that_means_one_interface() {
        let gateway = Ident::new("Home", Span::call_site());
        for (interface, expected) in [
            ("images", "HomeImages"),
            ("http_client", "HomeHttpClient"),
            ("x1", "HomeX1"),
            ("x_1", "Home_x_1"),
            ("a__b_", "Home_a__b_"),
            ("interface", "Home_interface"),
            ("a_pinned", "Home_a_pinned"),
            ("shared", "Home_shared"),
            ("match", "HomeMatch"),
        ] {
            assert_eq!(handle(&gateway, interface).to_string(), expected);
        }
    }

    #[test]
    fn variants_are_in_camel_case_where_that_is_a_name() {
        for (interface, expected) in [
            ("images", "Images"),
            ("interface", "Interface"),
            ("a_l_l", "a_l_l"),
            ("self_", "self_"),
            ("x_1", "x_1"),
            ("gen", "Gen"),
        ] {
            assert_eq!(variant(interface).to_string(), expected);
        }
    }
}
