//! `operations`: the registry, read from the modules' sources.

#![forbid(unsafe_code)]

use std::time::Duration;

use lmms_source::{Naming, Passing, TypeName, read_module};
use serde::Serialize;

use crate::common::error::Error;
use crate::common::screen::{self, Screen};
use crate::common::workspace::{ModuleCrate, Workspace};

/// One operation, as its source declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// The module.
    pub module: String,
    /// The interface.
    pub interface: String,
    /// The name.
    pub name: String,
    /// The parameters, without the context.
    pub parameters: Vec<Parameter>,
    /// The result's type, as written.
    pub result: String,
    /// The whole signature, as written, with the context.
    pub signature: String,
    /// How long a result may be answered from the cache, in milliseconds.
    pub cache_milliseconds: Option<u64>,
    /// Whether it keeps its module loaded for good.
    pub pinned: bool,
    /// Why it should no longer be called, if it is deprecated; may be empty.
    pub deprecated: Option<String>,
    /// Whether it is left out of documentation.
    pub hidden: bool,
    /// The doc comment.
    pub docs: String,
}

/// One parameter of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name, also in calls by name.
    pub name: String,
    /// Its type, as written.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// The operations of all modules, sorted by interface and name.
///
/// A `filter` keeps those whose module, interface or `interface.name` contains it.
///
/// # Errors
/// [`Error::Source`] when a module's source is no module.
pub fn operations(workspace: &Workspace, filter: Option<&str>) -> Result<Vec<Operation>, Error> {
    let mut operations = of_modules(&workspace.modules())?;
    if let Some(filter) = filter {
        operations.retain(|operation| operation.matches(filter));
    }
    Ok(operations)
}

/// The operations as a table.
pub fn table(operations: &[Operation], screen: Screen) -> String {
    let rows = operations.iter().map(|operation| {
        [
            operation.interface.clone(),
            operation.name.clone(),
            operation.parameters_in_words(),
            operation.result.clone(),
            operation.cache_in_words(),
            operation.module.clone(),
            operation.purpose_in_words(),
        ]
    });
    let head = [
        "interface",
        "operation",
        "parameters",
        "result",
        "cache",
        "module",
        "what it does",
    ];
    format!(
        "{}\n{} operation(s)",
        screen.table(head, rows),
        operations.len()
    )
}

impl Operation {
    /// The first sentence of the doc comment.
    pub fn summary(&self) -> &str {
        let paragraph = self.docs.trim().split("\n\n").next().unwrap_or_default();
        match paragraph.find(". ").or_else(|| paragraph.find(".\n")) {
            Some(end) => &paragraph[..=end],
            None => paragraph,
        }
    }

    fn purpose_in_words(&self) -> String {
        let summary = self.summary();
        let mut marks = Vec::new();
        match self.deprecated.as_deref() {
            None => {}
            Some("") => marks.push("deprecated".to_owned()),
            Some(reason) => marks.push(format!("deprecated: {reason}")),
        }
        if self.hidden {
            marks.push("hidden".to_owned());
        }
        if marks.is_empty() {
            return summary.to_owned();
        }
        format!("({}) {summary}", marks.join(", "))
            .trim_end()
            .to_owned()
    }

    fn matches(&self, filter: &str) -> bool {
        self.module.contains(filter)
            || self.interface.contains(filter)
            || format!("{}.{}", self.interface, self.name).contains(filter)
    }

    fn parameters_in_words(&self) -> String {
        let words = self
            .parameters
            .iter()
            .map(|parameter| format!("{}: {}", parameter.name, parameter.type_name));
        words.collect::<Vec<_>>().join(", ")
    }

    fn cache_in_words(&self) -> String {
        let mut words = Vec::new();
        if let Some(milliseconds) = self.cache_milliseconds {
            words.push(screen::duration(Duration::from_millis(milliseconds)));
        }
        if self.pinned {
            words.push("pinned".to_owned());
        }
        words.join(", ")
    }
}

/// The operations of some modules, sorted by interface and name.
pub(crate) fn of_modules(modules: &[ModuleCrate<'_>]) -> Result<Vec<Operation>, Error> {
    let mut operations = Vec::new();
    for module in modules {
        operations.extend(of_module(module)?);
    }
    operations.sort_by(|a, b| {
        (&a.interface, &a.name, &a.module).cmp(&(&b.interface, &b.name, &b.module))
    });
    Ok(operations)
}

fn of_module(module: &ModuleCrate<'_>) -> Result<Vec<Operation>, Error> {
    let (operations, problems) = read(module);
    if problems.is_empty() {
        return Ok(operations);
    }
    Err(Error::Source {
        module: module.name().to_owned(),
        problem: problems.join("\n"),
    })
}

/// The operations of a module that can be read, and what is wrong with the others.
pub(crate) fn read(module: &ModuleCrate<'_>) -> (Vec<Operation>, Vec<String>) {
    let reading = read_module(module.folder(), &Naming::AsModule);
    let problems = reading.errors.iter().map(ToString::to_string).collect();
    let found = reading.module.map(|found| found.operations);
    let operations = found.unwrap_or_default().into_iter();
    let operations = operations.map(|operation| from_source(module.name(), operation));
    (operations.collect(), problems)
}

fn from_source(module: &str, operation: lmms_source::Operation) -> Operation {
    let parameters = operation
        .signature
        .parameters
        .iter()
        .map(|parameter| Parameter {
            name: parameter.name.clone(),
            type_name: in_words(&parameter.passing),
        });
    Operation {
        module: module.to_owned(),
        parameters: parameters.collect(),
        interface: operation.interface,
        name: operation.name,
        result: operation.result_text,
        signature: operation.text,
        deprecated: operation.deprecated,
        hidden: operation.hidden,
        cache_milliseconds: operation
            .cache
            .map(|ttl| ttl.as_millis().try_into().unwrap_or(u64::MAX)),
        pinned: operation.pinned,
        docs: operation.docs,
    }
}

/// A parameter's type as its author wrote it.
fn in_words(passing: &Passing<TypeName>) -> String {
    match passing {
        Passing::Primitive(inner) | Passing::Owned(inner) => inner.written.clone(),
        Passing::Str => "&str".to_owned(),
        Passing::Slice(inner) => format!("&[{}]", inner.written),
        Passing::Reference(inner) => format!("&{}", inner.written),
        Passing::OptionStr => "Option<&str>".to_owned(),
        Passing::OptionSlice(inner) => format!("Option<&[{}]>", inner.written),
        Passing::OptionReference(inner) => format!("Option<&{}>", inner.written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(docs: &str) -> Operation {
        Operation {
            module: "thumbnails".to_owned(),
            interface: "images".to_owned(),
            name: "thumbnail".to_owned(),
            docs: docs.to_owned(),
            ..Operation::default()
        }
    }

    #[test]
    fn the_summary_is_the_first_sentence() {
        assert_eq!(
            operation("Scales a picture. Keeps colours.").summary(),
            "Scales a picture."
        );
        assert_eq!(
            operation("Scales a picture.\nFast.").summary(),
            "Scales a picture."
        );
        assert_eq!(
            operation("Scales to 1.5 times\n\nMore.").summary(),
            "Scales to 1.5 times"
        );
        assert_eq!(operation("").summary(), "");
    }

    #[test]
    fn filters_match_module_interface_and_full_name() {
        for filter in ["thumbs", "sun"] {
            assert!(!operation("").matches(filter), "{filter}");
        }
        for filter in ["thumbnails", "images", "images.thumb"] {
            assert!(operation("").matches(filter), "{filter}");
        }
    }

    #[test]
    fn what_is_deprecated_or_hidden_is_marked() {
        let mut marked = operation("Scales a picture. Slowly.");
        marked.deprecated = Some("use `resize`".to_owned());
        marked.hidden = true;
        assert_eq!(
            marked.purpose_in_words(),
            "(deprecated: use `resize`, hidden) Scales a picture."
        );
        marked.deprecated = Some(String::new());
        marked.hidden = false;
        assert_eq!(marked.purpose_in_words(), "(deprecated) Scales a picture.");
        assert_eq!(operation("").purpose_in_words(), "");
    }

    #[test]
    fn the_cache_column_is_short() {
        let cached = Operation {
            cache_milliseconds: Some(300_000),
            pinned: true,
            ..operation("")
        };
        assert_eq!(cached.cache_in_words(), "5 min 00 s, pinned");
        assert_eq!(operation("").cache_in_words(), "");
    }
}
