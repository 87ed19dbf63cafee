//! What the macros expand: plain data that the checks have passed.

use std::collections::BTreeMap;
use std::time::Duration;

use lmms_source::{Modules, OperationAttribute, Outcome, Passing, Signature, TypeForm, TypeName};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Type;
use syn::ext::IdentExt;

use crate::function::Function;

/// A function under `#[operation]`.
#[derive(Debug)]
pub(crate) struct DeclaredOperation {
    pub(crate) function: Function,
    pub(crate) attribute: OperationAttribute,
    pub(crate) signature: Signature<Ident, Type>,
}

impl DeclaredOperation {
    /// The name callers write.
    pub(crate) fn name(&self) -> String {
        match &self.attribute.name {
            Some(name) => name.text.clone(),
            None => self.function.signature.ident.unraw().to_string(),
        }
    }
}

/// The modules, operations and interfaces behind a gateway.
#[derive(Debug, Default)]
pub(crate) struct GatewayModel {
    /// By name.
    pub(crate) modules: Vec<ModuleModel>,
    /// By module, interface and name: the order in which a module lists its own.
    pub(crate) operations: Vec<OperationModel>,
    /// By name.
    pub(crate) interfaces: Vec<InterfaceModel>,
}

#[derive(Debug)]
pub(crate) struct ModuleModel {
    pub(crate) name: String,
    /// Index of its first operation.
    pub(crate) first: usize,
    pub(crate) count: usize,
}

#[derive(Debug)]
pub(crate) struct OperationModel {
    /// Index among all operations.
    pub(crate) index: usize,
    /// Index of its module.
    pub(crate) module: usize,
    /// Index among its module's operations.
    pub(crate) slot: usize,
    pub(crate) interface: String,
    pub(crate) name: String,
    pub(crate) docs: String,
    /// Attributes for the stubs.
    pub(crate) attributes: Vec<TokenStream>,
    /// Why callers should no longer use it.
    pub(crate) deprecated: Option<String>,
    pub(crate) hidden: bool,
    /// With types as the gateway's crate writes them.
    pub(crate) signature: Signature<Ident, TokenStream>,
    /// What sources tell of the result.
    pub(crate) result: ResultForm,
    /// What calls by name may leave out, by parameter.
    pub(crate) optional: Vec<Optional>,
    /// The parameters' types as their author wrote them.
    pub(crate) written: Vec<String>,
    /// The whole signature as its author wrote it.
    pub(crate) text: String,
    pub(crate) result_text: String,
    pub(crate) cache: Option<Duration>,
    pub(crate) pinned: bool,
}

#[derive(Debug)]
pub(crate) struct InterfaceModel {
    pub(crate) name: String,
    /// Indices of its operations, by name.
    pub(crate) operations: Vec<usize>,
    /// Indices of the modules that serve it.
    pub(crate) modules: Vec<usize>,
}

impl GatewayModel {
    /// Numbers everything. `keep` tells which interfaces get stubs.
    pub(crate) fn new(found: &Modules, keep: impl Fn(&str) -> bool) -> GatewayModel {
        let mut model = GatewayModel::default();
        for (module, found) in found.modules.iter().enumerate() {
            let first = model.operations.len();
            let mut operations: Vec<_> = found.operations.iter().collect();
            operations.sort_by(|a, b| (&a.interface, &a.name).cmp(&(&b.interface, &b.name)));
            for (slot, operation) in operations.into_iter().enumerate() {
                let index = first + slot;
                model
                    .operations
                    .push(operation_model(operation, index, module, slot));
            }
            model.modules.push(ModuleModel {
                name: found.manifest.package.clone(),
                first,
                count: model.operations.len() - first,
            });
        }
        let mut interfaces: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for operation in model
            .operations
            .iter()
            .filter(|operation| keep(&operation.interface))
        {
            interfaces
                .entry(&operation.interface)
                .or_default()
                .push(operation.index);
        }
        model.interfaces = interfaces
            .into_iter()
            .map(|(name, mut operations)| {
                let mut modules: Vec<usize> = operations
                    .iter()
                    .map(|index| model.operations[*index].module)
                    .collect();
                modules.dedup();
                operations.sort_by_key(|index| &model.operations[*index].name);
                InterfaceModel {
                    name: name.to_owned(),
                    operations,
                    modules,
                }
            })
            .collect();
        model
    }
}

impl OperationModel {
    /// The result as the module returns it.
    pub(crate) fn returned(&self) -> TokenStream {
        match &self.signature.outcome {
            Outcome::Nothing => quote!(()),
            Outcome::Value(value) => value.clone(),
        }
    }

    /// What a caller gets: spelled out for people who read it, where sources tell what the result is.
    pub(crate) fn answer(&self, lmms: &TokenStream) -> TokenStream {
        let returned = self.returned();
        match &self.result {
            ResultForm::Value => quote!(::core::result::Result<#returned, #lmms::CallError>),
            ResultForm::Result { ok, error } => {
                quote!(::core::result::Result<#ok, #lmms::CallError<#error>>)
            }
            ResultForm::Unknown => quote!(#lmms::Answer<#returned>),
        }
    }
}

/// What sources tell of a result.
#[derive(Debug)]
pub(crate) enum ResultForm {
    Value,
    Result {
        ok: TokenStream,
        error: TokenStream,
    },
    /// The compiler knows.
    Unknown,
}

/// Whether calls by name may leave an argument out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Optional {
    No,
    Yes,
    /// The compiler knows.
    AsItsType,
}

fn operation_model(
    operation: &lmms_source::Operation,
    index: usize,
    module: usize,
    slot: usize,
) -> OperationModel {
    let signature = operation.signature.try_map(
        |name| identifier(name),
        |ty: &TypeName| ty.absolute.parse::<TokenStream>(),
    );
    // A path that was resolved is made of tokens that were read.
    let signature = signature.unwrap_or(Signature {
        takes_context: false,
        parameters: Vec::new(),
        outcome: Outcome::Nothing,
    });
    let optional = operation.signature.parameters.iter();
    let optional = optional.map(|parameter| optional_of(&parameter.passing));
    OperationModel {
        result: result_form(&operation.signature.outcome),
        optional: optional.collect(),
        index,
        module,
        slot,
        interface: operation.interface.clone(),
        name: operation.name.clone(),
        docs: operation.docs.clone(),
        attributes: operation
            .attributes
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
        deprecated: operation.deprecated.clone(),
        hidden: operation.hidden,
        signature,
        written: operation.parameter_texts(),
        text: operation.text.clone(),
        result_text: operation.result_text.clone(),
        cache: operation.cache,
        pinned: operation.pinned,
    }
}

fn result_form(outcome: &Outcome<TypeName>) -> ResultForm {
    let Outcome::Value(ty) = outcome else {
        return ResultForm::Value;
    };
    let (ok, error) = match &ty.form {
        TypeForm::Value => return ResultForm::Value,
        TypeForm::Unknown => return ResultForm::Unknown,
        TypeForm::Result { ok, error } => (ok.parse(), error.parse()),
    };
    match (ok, error) {
        (Ok(ok), Ok(error)) => ResultForm::Result { ok, error },
        _ => ResultForm::Unknown,
    }
}

fn optional_of(passing: &Passing<TypeName>) -> Optional {
    match passing {
        Passing::OptionStr | Passing::OptionSlice(_) | Passing::OptionReference(_) => Optional::Yes,
        Passing::Primitive(_) | Passing::Str | Passing::Slice(_) => Optional::No,
        Passing::Owned(_) | Passing::Reference(_) => Optional::AsItsType,
    }
}

/// A name as code writes it: keywords get `r#`.
pub(crate) fn identifier(name: &str) -> Ident {
    if lmms_source::needs_raw(name) {
        Ident::new_raw(name, Span::call_site())
    } else {
        Ident::new(name, Span::call_site())
    }
}
