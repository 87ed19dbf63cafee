//! Copies of the types that modules define themselves.

use std::collections::BTreeMap;

use lmms_source::ModuleCrate;
use proc_macro2::{Ident, TokenStream};

use super::{identifier, snake_case};

/// The types of one module crate.
#[derive(Debug)]
pub(crate) struct OwnTypes {
    /// The name of the module with the copies.
    pub(crate) name: Ident,
    /// The module's package and its version.
    pub(crate) package: String,
    pub(crate) version: String,
    /// What stands at the root of the crate.
    pub(crate) root: TypeModule,
}

/// The types of one module, and the modules in it.
#[derive(Debug, Default)]
pub(crate) struct TypeModule {
    /// The path that the compiler knows the original by.
    pub(crate) path: String,
    pub(crate) types: Vec<TokenStream>,
    pub(crate) modules: BTreeMap<String, TypeModule>,
}

impl OwnTypes {
    /// The types that `found` defines; `None` if there are none. `gateway` is the name of the gateway.
    pub(super) fn new(gateway: &Ident, found: &ModuleCrate) -> Option<OwnTypes> {
        if found.types.is_empty() {
            return None;
        }
        let manifest = &found.manifest;
        let mut root = TypeModule {
            path: manifest.crate_name.clone(),
            ..TypeModule::default()
        };
        for own in &found.types {
            let mut module = &mut root;
            for name in &own.path {
                let path = format!("{}::{}", module.path, identifier(name));
                module = module.modules.entry(name.clone()).or_default();
                module.path = path;
            }
            // What was read as an item is made of tokens.
            module.types.extend(own.definition.parse::<TokenStream>());
        }
        let prefix = snake_case(&gateway.to_string());
        Some(OwnTypes {
            name: identifier(&format!("{prefix}_{}", manifest.crate_name)),
            package: manifest.package.clone(),
            version: manifest.version.clone(),
            root,
        })
    }
}
