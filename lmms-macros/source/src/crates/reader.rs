//! From a crate's module tree to its declaration and operations.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Type;
use syn::parse::{ParseStream, Parser};

use crate::crates::module_crate::{Declaration, Operation};
use crate::declarations::attribute::OperationAttribute;
use crate::declarations::callers::{self, ForCallers};
use crate::declarations::options::ModuleOptions;
use crate::declarations::signature::Signature;
use crate::files;
use crate::files::paths::normal;
use crate::items::cfg::{self, Decided, Decision};
use crate::items::scope::UsedPath;
use crate::items::tree::{Node, Tree};
use crate::lexing::compact::{compact, signature_text};
use crate::lexing::outline::{Attribute, Item, ItemKind};
use crate::manifest::Manifest;
use crate::mistakes::error::SourceError;
use crate::mistakes::finding::Finding;
use crate::mistakes::location::Location;
use crate::mistakes::misuse::Misuse;
use crate::resolve::own_types::OwnType;
use crate::resolve::{Resolved, Resolver, TypeForm, TypeName};

/// Reads one crate.
pub(crate) struct Reader<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) manifest: &'a Manifest,
    pub(crate) resolver: Resolver<'a>,
    /// What is wrong is added here.
    pub(crate) errors: &'a mut Vec<SourceError>,
    /// Files that were read beside the sources are added here.
    pub(crate) files: &'a mut BTreeSet<PathBuf>,
}

impl<'a> Reader<'a> {
    /// The declaration, the operations without errors, and the types that the crate defines for them; `None` if the
    /// crate is no module.
    pub(crate) fn read(mut self) -> Option<(Declaration, Vec<Operation>, Vec<OwnType>)> {
        let mut operations = Vec::new();
        let mut seen: HashMap<(String, String), Location> = HashMap::new();
        let mut found = None;
        for index in 0..self.tree.nodes.len() {
            let node = &self.tree.nodes[index];
            self.look_into_includes(node);
            for (item, decided) in self.operations_of(index) {
                found.get_or_insert_with(|| node.at(item.line));
                if let Some(operation) = self.operation(index, item, &decided) {
                    let key = (operation.interface.clone(), operation.name.clone());
                    if let Some(first) = seen.get(&key) {
                        self.errors.push(SourceError::DuplicateOperation {
                            at: operation.at.clone(),
                            first: first.clone(),
                            interface: key.0,
                            name: key.1,
                        });
                        continue;
                    }
                    seen.insert(key, operation.at.clone());
                    operations.push(operation);
                }
            }
        }
        let declaration = self.declaration();
        match (declaration, found) {
            (Some(declaration), _) => Some((declaration, operations, self.resolver.own_types())),
            (None, Some(at)) => {
                self.errors.push(SourceError::MissingDeclaration {
                    at,
                    root: self.manifest.root_file.clone(),
                });
                None
            }
            (None, None) => None,
        }
    }

    /// Notes files with operations that are included as text.
    fn look_into_includes(&mut self, node: &Node) {
        for item in node.items() {
            let ItemKind::Macro { path, arguments } = &item.kind else {
                continue;
            };
            if path.rsplit("::").next() != Some("include") {
                continue;
            }
            // What is put together only when it is compiled can't be followed; the operation itself then says so.
            let Ok(literal) = syn::parse_str::<syn::LitStr>(arguments.trim_end_matches([',', ' ']))
            else {
                continue;
            };
            let folder = node.file.parent().unwrap_or(&node.file);
            let file = normal(&folder.join(literal.value()));
            let Ok(outline) = files::outline(&file) else {
                continue;
            };
            self.files.insert(file.clone());
            let is_off = |attributes: &[Attribute]| {
                let decided = cfg::decide(attributes, &self.manifest.features);
                decided.decision.and(node.decision.clone()) == Decision::Off
            };
            let found = outline
                .items
                .iter()
                .any(|item| item.attributes.iter().any(is_operation) && !is_off(&item.attributes));
            if found && !is_off(&item.attributes) {
                let at = node.at(item.line);
                self.errors
                    .push(SourceError::IncludedOperations { at, file });
            }
        }
    }

    /// The module's declaration; more than one, or one in the wrong place, is noted.
    fn declaration(&mut self) -> Option<Declaration> {
        let mut first: Option<Declaration> = None;
        for node in &self.tree.nodes {
            for item in node.items().iter().filter(|item| is_declaration(item)) {
                let decided = cfg::decide(&item.attributes, &self.manifest.features);
                let decision = decided.decision.and(node.decision.clone());
                let ItemKind::Macro { arguments, .. } = &item.kind else {
                    continue;
                };
                let at = node.at(item.line);
                match decision {
                    Decision::Off => continue,
                    Decision::On => {}
                    Decision::Unknown(condition) => self.errors.push(SourceError::UndecidableCfg {
                        at: at.clone(),
                        name: "lmms::module!".to_owned(),
                        condition,
                    }),
                }
                if node.parent.is_some() {
                    let root = self.tree.nodes[0].file.clone();
                    self.errors
                        .push(SourceError::MisplacedDeclaration { at, root });
                } else if let Some(first) = &first {
                    let first = first.at.clone();
                    self.errors
                        .push(SourceError::RepeatedDeclaration { at, first });
                } else {
                    let options = match parse_options(arguments) {
                        Ok(options) => options,
                        Err(findings) => {
                            note(self.errors, &at, "lmms::module!", findings);
                            ModuleOptions::default()
                        }
                    };
                    first = Some(Declaration {
                        at,
                        shutdown: options.shutdown.as_ref().map(compact),
                        veto: options.veto.as_ref().map(compact),
                        dedicated_thread: options.dedicated_thread,
                    });
                }
            }
        }
        first
    }

    /// The operations among a module's items that are compiled; undecidable ones are noted.
    fn operations_of(&mut self, index: usize) -> Vec<(&'a Item, Decided)> {
        let node = &self.tree.nodes[index];
        let mut found = Vec::new();
        let mut undecided = false;
        for item in node.items() {
            let decided = cfg::decide(&item.attributes, &self.manifest.features);
            let is_operation = |attribute: &_| self.resolver.names().is_operation(index, attribute);
            let Some((_, condition)) = decided.find(is_operation) else {
                continue;
            };
            match (&decided.decision, &node.decision) {
                (Decision::Off, _) | (_, Decision::Off) => {}
                (Decision::Unknown(condition), _) => {
                    self.errors.push(SourceError::UndecidableCfg {
                        at: node.at(item.line),
                        name: name_of(item).to_owned(),
                        condition: condition.clone(),
                    });
                }
                // Once for all operations in that module.
                (Decision::On, Decision::Unknown(condition)) if !undecided => {
                    undecided = true;
                    self.errors.push(SourceError::UndecidableCfg {
                        at: node.declared().clone(),
                        name: format!("mod {}", node.path.join("::")),
                        condition: condition.clone(),
                    });
                }
                (Decision::On, Decision::Unknown(_)) => {}
                (Decision::On, Decision::On) => match condition {
                    Some(condition) => self.errors.push(SourceError::ConditionalAttribute {
                        at: node.at(item.line),
                        name: name_of(item).to_owned(),
                        attribute: "operation".to_owned(),
                        condition: condition.to_owned(),
                    }),
                    None => found.push((item, decided)),
                },
            }
        }
        found
    }

    fn operation(&mut self, node: usize, item: &Item, decided: &Decided) -> Option<Operation> {
        let at = self.tree.nodes[node].at(item.line);
        let ItemKind::Function { name, signature } = &item.kind else {
            let finding = Finding::at_span(Span::call_site(), Misuse::NotAFunction);
            note(self.errors, &at, name_of(item), vec![finding]);
            return None;
        };
        let function = crate::lexing::words::plain(name);
        let parsed: Result<syn::Signature, _> = syn::parse_str(signature);
        let signature = match parsed {
            Ok(signature) => signature,
            Err(error) => {
                self.errors.push(SourceError::Syntax {
                    at,
                    message: format!("the signature of `{function}` can't be read: {error}"),
                });
                return None;
            }
        };
        let is_operation = |attribute: &_| self.resolver.names().is_operation(node, attribute);
        let (attribute, _) = decided.find(is_operation)?;
        let attribute = parse_attribute(&attribute.text);
        let names = self.resolver.names();
        let is_context = |path: &syn::Path| names.is_of_lmms(node, &UsedPath::of(path), "Context");
        let types = Signature::read(&signature, is_context).and_then(Signature::with_names_once);
        let attribute = attribute.and_then(|attribute| match attribute.check_with(&signature) {
            findings if findings.is_empty() => Ok(attribute),
            findings => Err(findings),
        });
        let (attribute, types) = match (attribute, types) {
            (Ok(attribute), Ok(types)) => (attribute, types),
            (attribute, types) => {
                let findings = attribute
                    .err()
                    .into_iter()
                    .chain(types.err())
                    .flatten()
                    .collect();
                note(self.errors, &at, &function, findings);
                return None;
            }
        };
        let place = Place {
            node,
            at: &at,
            function: &function,
            interface: &attribute.interface.text,
        };
        let resolved = self.resolve(&place, &types);
        let place = callers::Place {
            at: &at,
            function: &function,
            manifest: self.manifest,
        };
        let told = match ForCallers::read(decided, &place, self.files) {
            Ok(told) => told,
            Err(error) => {
                self.errors.push(error);
                return None;
            }
        };
        Some(Operation {
            name: attribute
                .name
                .map_or_else(|| function.clone(), |name| name.text),
            interface: attribute.interface.text,
            docs: told.docs,
            attributes: told.attributes,
            deprecated: told.deprecated,
            hidden: told.hidden,
            text: signature_text(&signature),
            result_text: match &signature.output {
                syn::ReturnType::Default => "()".to_owned(),
                syn::ReturnType::Type(_, ty) => compact(ty),
            },
            signature: resolved,
            cache: attribute.cache.map(|cache| cache.ttl),
            pinned: attribute.pinned,
            function,
            at,
        })
    }

    /// Rewrites the types of a signature; notes every one that the gateway can't name.
    fn resolve(
        &mut self,
        place: &Place<'_>,
        types: &Signature<syn::Ident, Type>,
    ) -> Signature<String, TypeName> {
        let mapped = types.try_map(
            |name| crate::lexing::words::plain(&name.to_string()),
            |ty| {
                let resolved = self.resolver.resolve(place.node, ty);
                let resolved = resolved.unwrap_or_else(|refused| {
                    self.errors.push(SourceError::Type {
                        at: place.at.clone(),
                        function: place.function.to_owned(),
                        interface: place.interface.to_owned(),
                        ty: refused.ty,
                        problem: Box::new(refused.problem),
                    });
                    Resolved {
                        text: String::new(),
                        form: TypeForm::Refused,
                    }
                });
                Ok::<_, std::convert::Infallible>(TypeName {
                    written: compact(ty),
                    absolute: resolved.text,
                    form: resolved.form,
                })
            },
        );
        let Ok(resolved) = mapped;
        resolved
    }
}

fn name_of(item: &Item) -> &str {
    match &item.kind {
        ItemKind::Function { name, .. }
        | ItemKind::Type { name, .. }
        | ItemKind::Constant { name, .. }
        | ItemKind::Alias { name, .. } => name,
        ItemKind::Module { name, .. } => name,
        ItemKind::Macro { path, .. } => path,
        ItemKind::Use { tree } => tree,
        ItemKind::ExternCrate { name, .. } => name,
        ItemKind::Other { text } => text,
    }
}

fn note(errors: &mut Vec<SourceError>, at: &Location, name: &str, findings: Vec<Finding>) {
    errors.extend(findings.into_iter().map(|finding| SourceError::Misuse {
        at: at.clone(),
        name: name.to_owned(),
        misuse: finding.misuse,
    }));
}

/// Reads the text between the brackets of `#[operation(…)]`.
pub(crate) fn parse_attribute(text: &str) -> Result<OperationAttribute, Vec<Finding>> {
    crate::work::count(1);
    let parser = |input: ParseStream<'_>| {
        let meta: syn::Meta = input.parse()?;
        match meta {
            syn::Meta::Path(_) => Ok(TokenStream::new()),
            syn::Meta::List(list) => Ok(list.tokens),
            other => Err(syn::Error::new_spanned(
                other.to_token_stream(),
                "expected `operation(…)`",
            )),
        }
    };
    match parser.parse_str(text) {
        Ok(arguments) => OperationAttribute::parse(arguments, Span::call_site()),
        Err(error) => Err(vec![Finding::syntax(&error)]),
    }
}

fn parse_options(text: &str) -> Result<ModuleOptions, Vec<Finding>> {
    match syn::parse_str::<TokenStream>(text) {
        Ok(arguments) => ModuleOptions::parse(arguments),
        Err(error) => Err(vec![Finding::syntax(&error)]),
    }
}

pub(crate) fn is_declaration(item: &Item) -> bool {
    matches!(&item.kind, ItemKind::Macro { path, .. } if path == "module" || path.ends_with("::module"))
}

/// Whether an attribute is `#[operation]`.
pub(crate) fn is_operation(attribute: &Attribute) -> bool {
    let path = attribute.path();
    path == "operation" || path.ends_with("::operation")
}

/// Where an operation stands.
struct Place<'a> {
    node: usize,
    at: &'a Location,
    function: &'a str,
    interface: &'a str,
}
