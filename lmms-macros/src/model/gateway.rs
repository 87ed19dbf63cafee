//! A gateway: its modules, operations and interfaces, numbered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lmms_source::{Modules, Parameter, Passing, ResultForm, Signature, TypeForm, TypeName};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::{AnswerForm, OwnTypes, identifier};

/// The modules, operations and interfaces behind a gateway.
#[derive(Debug, Default)]
pub(crate) struct GatewayModel {
    /// By name.
    pub(crate) modules: Vec<ModuleModel>,
    /// By module, interface and name: the order in which a module lists its own.
    pub(crate) operations: Vec<OperationModel>,
    /// By name.
    pub(crate) interfaces: Vec<InterfaceModel>,
    /// What stands in for operations with types that can't be named.
    pub(crate) stand_ins: Vec<StandIn>,
    /// The types that modules define themselves.
    pub(crate) types: Vec<OwnTypes>,
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
    /// What a caller gets.
    pub(crate) answer: AnswerForm,
    /// What calls by name may leave out, by parameter.
    pub(crate) optional: Vec<Optional>,
    /// Where it stands, for messages.
    pub(crate) at: String,
    /// The parameters' types as their author wrote them.
    pub(crate) written: Vec<String>,
    /// The whole signature as its author wrote it.
    pub(crate) text: String,
    pub(crate) result_text: String,
    pub(crate) cache: Option<Duration>,
    pub(crate) pinned: bool,
}

/// A stub that takes what the operation takes, so that its callers see no errors beside the operation's own.
#[derive(Debug)]
pub(crate) struct StandIn {
    pub(crate) interface: String,
    pub(crate) name: String,
    /// The types are those that can be named.
    pub(crate) parameters: Vec<Parameter<Ident, Option<TokenStream>>>,
    /// What it gives, if that can be named.
    pub(crate) result: Option<(TokenStream, AnswerForm)>,
    pub(crate) is_cached: bool,
}

#[derive(Debug)]
pub(crate) struct InterfaceModel {
    pub(crate) name: String,
    /// Indices of its stand-ins.
    pub(crate) stand_ins: Vec<usize>,
    /// Indices of its operations, by name.
    pub(crate) operations: Vec<usize>,
    /// Indices of the modules that serve it.
    pub(crate) modules: Vec<usize>,
}

impl GatewayModel {
    /// Numbers everything. `keep` tells which interfaces get stubs.
    pub(crate) fn new(name: &Ident, found: &Modules, keep: impl Fn(&str) -> bool) -> GatewayModel {
        let modules = found.modules.iter();
        let mut model = GatewayModel {
            types: modules.filter_map(|it| OwnTypes::new(name, it)).collect(),
            ..GatewayModel::default()
        };
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
        model.stand_ins = stand_ins(found, &model.operations);
        let mut interfaces: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for stand_in in model.stand_ins.iter().filter(|it| keep(&it.interface)) {
            interfaces.entry(&stand_in.interface).or_default();
        }
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
                let stand_ins = model.stand_ins.iter().enumerate();
                InterfaceModel {
                    name: name.to_owned(),
                    stand_ins: stand_ins
                        .filter(|(_, stand_in)| stand_in.interface == name)
                        .map(|(index, _)| index)
                        .collect(),
                    operations,
                    modules,
                }
            })
            .collect();
        model
    }
}

impl OperationModel {
    /// The type of the parameter of that name, as its author wrote it.
    pub(crate) fn written_type(&self, name: &str) -> &str {
        let mut written = self.signature.parameters.iter().zip(&self.written);
        let found = written.find(|(parameter, _)| parameter.name.unraw() == name);
        found.map_or("", |(_, written)| written)
    }

    /// The result as the module returns it.
    pub(crate) fn returned(&self) -> TokenStream {
        match &self.signature.result {
            ResultForm::Nothing => quote!(()),
            ResultForm::Value(value) => value.clone(),
        }
    }
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
        result: ResultForm::Nothing,
    });
    let optional = operation.signature.parameters.iter();
    let optional = optional.map(|parameter| optional_of(&parameter.passing));
    OperationModel {
        answer: AnswerForm::of(&operation.signature.result),
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
        at: operation.at.to_string(),
        written: operation.parameter_texts(),
        text: operation.text.clone(),
        result_text: operation.result_text.clone(),
        cache: operation.cache,
        pinned: operation.pinned,
    }
}

/// What stands in for operations that are refused, unless another has the name.
fn stand_ins(found: &Modules, operations: &[OperationModel]) -> Vec<StandIn> {
    let mut taken: BTreeSet<(String, String)> = operations
        .iter()
        .map(|operation| (operation.interface.clone(), operation.name.clone()))
        .collect();
    let refused = found.modules.iter().flat_map(|module| &module.refused);
    let free = refused
        .filter(|operation| taken.insert((operation.interface.clone(), operation.name.clone())));
    let free: Vec<_> = free.collect();
    free.into_iter().map(stand_in).collect()
}

fn stand_in(operation: &lmms_source::Operation) -> StandIn {
    let nameable = |ty: &TypeName| -> Option<TokenStream> {
        (ty.form != TypeForm::Refused)
            .then(|| ty.absolute.parse().ok())
            .flatten()
    };
    let named = operation.signature.try_map(
        |name| identifier(name),
        |ty| Ok::<_, std::convert::Infallible>(nameable(ty)),
    );
    let Ok(named) = named;
    StandIn {
        interface: operation.interface.clone(),
        name: operation.name.clone(),
        parameters: named.parameters,
        result: match named.result {
            ResultForm::Nothing => Some((quote!(()), AnswerForm::Value)),
            ResultForm::Value(ty) => ty.map(|ty| (ty, AnswerForm::of(&operation.signature.result))),
        },
        is_cached: operation.cache.is_some(),
    }
}

fn optional_of(passing: &Passing<TypeName>) -> Optional {
    match passing {
        Passing::OptionStr | Passing::OptionSlice(_) | Passing::OptionReference(_) => Optional::Yes,
        Passing::Primitive(_) | Passing::Str | Passing::Slice(_) => Optional::No,
        Passing::Owned(_) | Passing::Reference(_) => Optional::AsItsType,
    }
}
