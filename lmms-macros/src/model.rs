//! What the macros expand: plain data that the checks have passed.

mod answer;
mod gateway;
mod operation;
mod portable;

use proc_macro2::{Ident, Span};

pub(crate) use answer::AnswerForm;
pub(crate) use gateway::{
    GatewayModel, InterfaceModel, ModuleModel, OperationModel, Optional, StandIn,
};
pub(crate) use operation::DeclaredOperation;
pub(crate) use portable::{Body, PortableField, PortableType, PortableVariant, Shape, ShapeKind};

/// A name as code writes it: keywords get `r#`.
pub(crate) fn identifier(name: &str) -> Ident {
    if lmms_source::needs_raw(name) {
        Ident::new_raw(name, Span::call_site())
    } else {
        Ident::new(name, Span::call_site())
    }
}
