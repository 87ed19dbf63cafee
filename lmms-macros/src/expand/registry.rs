//! The registry: a constant that says all there is to know about modules and operations.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::module::entry_symbol;
use super::signature::fingerprint;
use crate::model::{GatewayModel, ModuleModel, OperationModel};

pub(super) fn registry(gateway: &Ident, model: &GatewayModel, lmms: &TokenStream) -> TokenStream {
    let name = gateway.to_string();
    let modules = model.modules.iter().map(|module| module_info(module, lmms));
    let operations = model
        .operations
        .iter()
        .map(|operation| operation_info(operation, lmms));
    let names = name_index(
        model
            .operations
            .iter()
            .map(|operation| (operation.interface.as_str(), operation.name.as_str())),
    );
    quote! {
        &#lmms::Registry {
            gateway: #name,
            modules: &[#(#modules),*],
            operations: &[#(#operations),*],
            names: #lmms::NameIndex(&[#(#names),*]),
        }
    }
}

fn module_info(module: &ModuleModel, lmms: &TokenStream) -> TokenStream {
    let ModuleModel { name, first, count } = module;
    let entry = entry_symbol(name);
    quote!(#lmms::ModuleInfo { name: #name, first: #first, count: #count, entry: #entry })
}

fn operation_info(operation: &OperationModel, lmms: &TokenStream) -> TokenStream {
    let OperationModel {
        module,
        interface,
        name,
        docs,
        signature,
        text,
        result_text,
        pinned,
        ..
    } = operation;
    let parameters = signature
        .parameters
        .iter()
        .zip(&operation.written)
        .map(|(parameter, ty)| {
            let name = parameter.name.unraw().to_string();
            let optional = is_optional(ty);
            quote!(#lmms::ParameterInfo { name: #name, type_name: #ty, optional: #optional })
        });
    let returned = operation.returned();
    let fingerprint = fingerprint(lmms, interface, name, signature, &returned);
    let context = signature.takes_context;
    let cache = match operation.cache {
        None => quote!(::core::option::Option::None),
        Some(ttl) => {
            let nanos = u64::try_from(ttl.as_nanos()).unwrap_or(u64::MAX);
            quote! {
                ::core::option::Option::Some(#lmms::CacheInfo {
                    ttl: ::core::time::Duration::from_nanos(#nanos),
                    share: #lmms::__private::share::<#returned>,
                    view: #lmms::__private::view::<#returned>,
                })
            }
        }
    };
    quote! {
        #lmms::OperationInfo {
            module: #module,
            interface: #interface,
            name: #name,
            docs: #docs,
            parameters: &[#(#parameters),*],
            result: #result_text,
            signature: #text,
            fingerprint: #fingerprint,
            cache: #cache,
            pinned: #pinned,
            context: #context,
        }
    }
}

/// Whether a call by name may leave the argument out.
fn is_optional(ty: &str) -> bool {
    let name = ty.split('<').next().unwrap_or(ty);
    name.rsplit("::").next() == Some("Option")
}

/// Open addressing at most half full; entries are indices plus one, zero is empty. The runtime looks up with the same
/// hash.
fn name_index<'a>(names: impl ExactSizeIterator<Item = (&'a str, &'a str)>) -> Vec<u32> {
    let capacity = (2 * names.len()).next_power_of_two().max(2);
    let mut slots = vec![0_u32; capacity];
    for (entry, (interface, name)) in (1..).zip(names) {
        let hash = name_hash(interface, name);
        // The mask makes it fit whatever the width of `usize`.
        let mut slot = (hash ^ (hash >> 32)) as usize & (capacity - 1);
        while slots[slot] != 0 {
            slot = (slot + 1) & (capacity - 1);
        }
        slots[slot] = entry;
    }
    slots
}

/// 64-bit FNV-1a over the interface, `0xff` and the name.
fn name_hash(interface: &str, name: &str) -> u64 {
    let bytes = interface.bytes().chain([0xff]).chain(name.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // The published value for "foobar", with the separator taken out again.
        let separated = [0xff_u8]
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        assert_eq!(name_hash("", ""), separated);
        assert_ne!(name_hash("ab", "c"), name_hash("a", "bc"));
    }

    #[test]
    fn every_name_has_a_slot_of_its_own() {
        let names: Vec<String> = (0..300).map(|n| format!("operation_{n}")).collect();
        let slots = name_index(names.iter().map(|name| ("images", name.as_str())));
        assert_eq!(slots.len(), 1024);
        let mut entries: Vec<u32> = slots.iter().copied().filter(|entry| *entry != 0).collect();
        entries.sort_unstable();
        assert_eq!(entries, (1..=300).collect::<Vec<u32>>());
        assert_eq!(name_index(std::iter::empty()), [0, 0]);
    }

    #[test]
    fn only_options_are_optional() {
        assert!(is_optional("Option<u8>"));
        assert!(is_optional("std::option::Option<&str>"));
        assert!(!is_optional("Vec<Option<u8>>"));
        assert!(!is_optional("Optional"));
    }
}
