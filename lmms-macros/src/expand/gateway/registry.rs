//! The registry: a constant that says all there is to know about modules and operations.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

use super::by_name::Forms;
use crate::expand::PIECE;
use crate::expand::module::entry_symbol;
use crate::expand::signature::fingerprint_elsewhere;
use crate::model::{GatewayModel, ModuleModel, OperationModel, Optional};

pub(super) fn registry(
    gateway: &Ident,
    model: &GatewayModel,
    forms: &Forms<'_>,
    lmms: &TokenStream,
) -> TokenStream {
    let name = gateway.to_string();
    let operations = &model.operations;
    let modules = model.modules.iter().map(|module| {
        let pinned = operations[module.first..][..module.count]
            .iter()
            .any(|operation| operation.pinned);
        module_info(module, pinned, lmms)
    });
    let mut tables = Tables::default();
    for (operation, form) in operations.iter().zip(&forms.of) {
        tables.add(operation, *form, lmms);
    }
    let fingerprints = operations
        .chunks(PIECE)
        .map(|operations| fingerprints(operations, model, lmms));
    let names = name_index(
        operations
            .iter()
            .map(|operation| (operation.interface.as_str(), operation.name.as_str())),
    );
    let Tables {
        texts,
        rows,
        details,
        caches,
    } = tables;
    let text = &texts.text;
    quote! {
        {
            static __LMMS_REGISTRY: #lmms::Registry = #lmms::Registry {
                gateway: #name,
                modules: &[#(#modules),*],
                tables: #lmms::__private::Tables {
                    text: #text,
                    rows: &[#(#rows),*],
                    fingerprints: &[#(#fingerprints),*],
                    details: &[#(#details),*],
                    names: &[#(#names),*],
                    caches: &[#(#caches),*],
                },
            };
            &__LMMS_REGISTRY
        }
    }
}

fn module_info(module: &ModuleModel, pinned: bool, lmms: &TokenStream) -> TokenStream {
    let name = &module.name;
    let entry = entry_symbol(name);
    let (first, count) = (number(module.first), number(module.count));
    quote! {
        #lmms::ModuleInfo { name: #name, entry: #entry, first: #first, count: #count, pinned: #pinned }
    }
}

/// Fingerprints of so many operations, a constant of their own.
fn fingerprints(
    operations: &[OperationModel],
    model: &GatewayModel,
    lmms: &TokenStream,
) -> TokenStream {
    let computed = operations
        .iter()
        .map(|operation| fingerprint_elsewhere(operation, model, lmms));
    quote! {
        {
            const __LMMS_PIECE: [::core::primitive::u64; #PIECE] =
                #lmms::__private::Tables::piece([#(#computed),*]);
            __LMMS_PIECE
        }
    }
}

/// What the tables of the runtime's registry hold.
#[derive(Default)]
struct Tables {
    texts: Texts,
    rows: Vec<TokenStream>,
    details: Vec<Place>,
    caches: Vec<TokenStream>,
}

impl Tables {
    fn add(&mut self, operation: &OperationModel, form: usize, lmms: &TokenStream) {
        let OperationModel {
            interface,
            name,
            docs,
            signature,
            text,
            result_text,
            pinned,
            hidden,
            deprecated,
            ..
        } = operation;
        let parameters = &signature.parameters;
        let names = parameters
            .iter()
            .map(|parameter| parameter.name.unraw().to_string());
        let details = number(self.details.len());
        self.detail(docs);
        self.detail(text);
        self.detail(result_text);
        for (name, ty) in names.zip(&operation.written) {
            self.detail(&name);
            self.detail(ty);
        }
        if let Some(reason) = deprecated {
            self.detail(reason);
        }
        let deprecated = deprecated.is_some();
        let cache = self.cache(operation, lmms);
        let (interface, name) = (self.texts.place(interface), self.texts.place(name));
        let (module, form) = (number(operation.module), number(form));
        let context = signature.takes_context;
        let optional = optional(operation, lmms);
        let parameters = u16::try_from(parameters.len()).unwrap_or(u16::MAX);
        self.rows.push(quote! {
            #lmms::__private::Row {
                interface: #interface,
                name: #name,
                module: #module,
                details: #details,
                cache: #cache,
                form: #form,
                parameters: #parameters,
                optional: #optional,
                pinned: #pinned,
                context: #context,
                deprecated: #deprecated,
                hidden: #hidden,
            }
        });
    }

    fn detail(&mut self, text: &str) {
        let place = self.texts.place(text);
        self.details.push(place);
    }

    /// One more than the index of what is said of the operation's caching; 0 if nothing is.
    fn cache(&mut self, operation: &OperationModel, lmms: &TokenStream) -> u32 {
        let Some(ttl) = operation.cache else { return 0 };
        let nanos = u64::try_from(ttl.as_nanos()).unwrap_or(u64::MAX);
        let returned = operation.returned();
        self.caches.push(quote! {
            #lmms::CacheInfo {
                ttl: ::core::time::Duration::from_nanos(#nanos),
                share: #lmms::__private::share::<#returned>,
                view: #lmms::__private::view::<#returned>,
            }
        });
        number(self.caches.len())
    }
}

/// A bit for each parameter that calls by name may leave out.
fn optional(operation: &OperationModel, lmms: &TokenStream) -> TokenStream {
    let parameters = operation.signature.parameters.iter();
    let mut certain = 0_u16;
    let mut asked = TokenStream::new();
    for (bit, (parameter, optional)) in parameters.zip(&operation.optional).enumerate() {
        match (optional, parameter.passing.inner()) {
            (Optional::Yes, _) => certain |= 1 << bit,
            (Optional::AsItsType, Some(ty)) => asked.extend(quote! {
                | (#lmms::__private::Probe::<#ty>::OPTIONAL as ::core::primitive::u16) << #bit
            }),
            _ => {}
        }
    }
    if asked.is_empty() {
        return quote!(#certain);
    }
    quote!({
        #[allow(unused_imports)]
        use #lmms::__private::Unportable as _;
        #certain #asked
    })
}

/// Texts behind one another, each of them once.
#[derive(Default)]
struct Texts {
    text: String,
    places: HashMap<String, Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    start: u32,
    end: u32,
}

impl Texts {
    fn place(&mut self, text: &str) -> Place {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let start = number(self.text.len());
        self.text.push_str(text);
        let end = number(self.text.len());
        let place = Place { start, end };
        self.places.insert(text.to_owned(), place);
        place
    }
}

impl ToTokens for Place {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (start, end) = (self.start, self.end);
        tokens.extend(quote!([#start, #end]));
    }
}

/// No program that a compiler could build has more than `u32` can count.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
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

/// Eight bytes at a time; lengths keep interface and name apart.
fn name_hash(interface: &str, name: &str) -> u64 {
    let hash = mix(interface.len() as u64, interface.as_bytes());
    mix(hash ^ name.len() as u64, name.as_bytes())
}

fn mix(hash: u64, bytes: &[u8]) -> u64 {
    let step =
        |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (words, rest) = bytes.as_chunks();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let last = rest
        .iter()
        .fold(0, |word, byte| word << 8 | u64::from(*byte));
    step(words.fold(hash, step), last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runtime has the same figures in a test of its own.
    #[test]
    fn the_hash_is_the_runtimes() {
        assert_eq!(name_hash("images", "thumbnail"), 0xceaa_2c2e_f620_0612);
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
    fn texts_are_written_once_and_found_where_they_are_said_to_be() {
        let mut texts = Texts::default();
        let wanted = ["u64", "", "größer", "u64", "number", "größer"];
        let places = wanted.map(|text| texts.place(text));
        for (text, Place { start, end }) in wanted.iter().zip(places) {
            assert_eq!(&texts.text[start as usize..end as usize], *text);
        }
        assert_eq!(texts.text, "u64größernumber");
    }
}
