//! The JSON Schemas of an operation, which its gateway knows.

#![forbid(unsafe_code)]

use crate::boundary::portable::schema::{Fields, FormSchema};
use crate::host::call::core::Gateway;
use crate::host::registry::{OperationInfo, OperationSchema};

impl OperationInfo {
    /// The JSON Schemas of its arguments, result and error: see [`schema`](crate::schema). Loads nothing. `None` if it
    /// isn't an operation of `G`.
    ///
    /// ```
    /// lmms::gateway! {
    ///     /// What this program can do.
    ///     pub Names { modules: ["../tests/ui/modules/names"] }
    /// }
    ///
    /// for operation in Names::REGISTRY.operations() {
    ///     let schema = operation.schema::<Names>().expect("it is an operation of this gateway");
    ///     assert_eq!(schema.arguments["type"], "object");
    /// }
    /// ```
    pub fn schema<G: Gateway>(&self) -> Option<OperationSchema> {
        if !self.is_of(G::REGISTRY) {
            return None;
        }
        let mut form = FormSchema::default();
        G::describe(self.form(), &mut form);
        let mut fields = Fields::default();
        for (parameter, schema) in self.parameters().zip(form.arguments) {
            fields.add(parameter.name, &[], schema, parameter.optional);
        }
        Some(OperationSchema {
            arguments: form.schemas.document(fields.finish()),
            result: form.result,
            error: form.error,
        })
    }
}
