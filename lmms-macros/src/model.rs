//! What the macros expand: plain data that the checks have passed.

mod answer;
mod gateway;
mod operation;
mod portable;
mod types;

use proc_macro2::{Ident, Span};

pub(crate) use answer::AnswerForm;
pub(crate) use gateway::{
    GatewayModel, InterfaceModel, ModuleModel, OperationModel, Optional, StandIn,
};
pub(crate) use operation::DeclaredOperation;
pub(crate) use portable::{
    Body, Docs, PortableField, PortableType, PortableVariant, Shape, ShapeKind,
};
pub(crate) use types::{OwnTypes, TypeModule};

/// A name as code writes it: keywords get `r#`.
pub(crate) fn identifier(name: &str) -> Ident {
    if lmms_source::needs_raw(name) {
        Ident::new_raw(name, Span::call_site())
    } else {
        Ident::new(name, Span::call_site())
    }
}

/// `HttpClient` as `http_client`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
