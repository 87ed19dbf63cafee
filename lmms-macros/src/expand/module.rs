//! The module's one exported function, and what its descriptor points to.

use lmms_source::ModuleOptions;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

pub(crate) fn module(
    options: &ModuleOptions,
    operations: usize,
    package: &str,
    lmms: &TokenStream,
) -> TokenStream {
    let operations = u32::try_from(operations).unwrap_or(u32::MAX);
    let dedicated_thread = options.dedicated_thread;
    let has_shutdown = options.shutdown.is_some();
    let entry = format_ident!("{}", entry_symbol(package));
    let shutdown = function(options.shutdown.as_ref(), &quote!(fn()));
    let veto = function(
        options.veto.as_ref(),
        &quote!(fn() -> ::core::option::Option<::std::string::String>),
    );
    quote! {
        #[doc(hidden)]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            static __LMMS_RUNNING: ::core::sync::atomic::AtomicBool =
                ::core::sync::atomic::AtomicBool::new(false);
            unsafe extern "C" fn __lmms_start(
                host: *const #lmms::__private::Host,
                started: *mut #lmms::__private::Started,
            ) -> #lmms::__private::StartState {
                // SAFETY: handed on from the host, which keeps to the descriptor's contract.
                unsafe {
                    #lmms::__private::start(
                        &__LMMS_RUNNING,
                        ::core::env!("CARGO_PKG_NAME"),
                        host,
                        started,
                    )
                }
            }
            unsafe extern "C" fn __lmms_veto(
                sink: #lmms::__private::TextSink,
                target: *mut (),
            ) -> ::core::primitive::bool {
                // SAFETY: handed on from the host, which keeps to the descriptor's contract.
                unsafe { #lmms::__private::veto(#veto, sink, target) }
            }
            unsafe extern "C" fn __lmms_shutdown() {
                #lmms::__private::shutdown(#shutdown)
            }
            static __LMMS_DESCRIPTOR: #lmms::__private::Descriptor = #lmms::__private::descriptor(
                #lmms::__private::ModuleFacts {
                    name: ::core::env!("CARGO_PKG_NAME"),
                    version: ::core::env!("CARGO_PKG_VERSION"),
                    operations: #operations,
                    dedicated_thread: #dedicated_thread,
                    has_shutdown: #has_shutdown,
                },
                __lmms_start,
                __lmms_veto,
                __lmms_shutdown,
            );
            #[unsafe(no_mangle)]
            pub extern "C" fn #entry() -> *const #lmms::__private::Descriptor {
                &raw const __LMMS_DESCRIPTOR
            }
        };
    }
}

/// The symbol that a module's library exports.
pub(super) fn entry_symbol(package: &str) -> String {
    format!("lmms_module_{}", package.replace('-', "_"))
}

/// The function, checked against its type where it was named.
fn function(path: Option<&Path>, ty: &TokenStream) -> TokenStream {
    match path {
        None => quote!(::core::option::Option::None),
        Some(path) => {
            let checked =
                quote_spanned!(path.span()=> const { let function: #ty = #path; function });
            quote!(::core::option::Option::Some(#checked))
        }
    }
}
