//! Copies of the types that modules define themselves: `smart_home_images::Picture`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{OwnTypes, TypeModule, identifier};
use crate::parse::GatewayInput;

/// A module for each module crate that defines types.
pub(super) fn types(input: &GatewayInput, own: &[OwnTypes], lmms: &TokenStream) -> TokenStream {
    let visibility = &input.visibility;
    let modules = own.iter().map(|own| {
        let name = &own.name;
        let content = content(&own.root, own, lmms);
        let docs = format!("The types that module `{}` defines.", own.package);
        quote! {
            #[doc = #docs]
            #[allow(dead_code, deprecated, missing_docs, unreachable_pub, rustdoc::all, clippy::all, clippy::pedantic, clippy::nursery)]
            #visibility mod #name {
                #content
            }
        }
    });
    quote!(#(#modules)*)
}

fn content(module: &TypeModule, own: &OwnTypes, lmms: &TokenStream) -> TokenStream {
    let TypeModule {
        path,
        types,
        modules,
    } = module;
    let (package, version) = (&own.package, &own.version);
    let modules = modules.iter().map(|(name, module)| {
        let name = identifier(name);
        let content = content(module, own, lmms);
        quote!(pub mod #name { #content })
    });
    // Both sides must take the copy for the original.
    quote! {
        #(
            #[derive(#lmms::Portable)]
            #[portable(origin(package = #package, version = #version, module = #path))]
            #types
        )*
        #(#modules)*
    }
}
