//! Templates given with the call.

use std::collections::BTreeMap;

use home_types::json::{Json, exact_float};
use home_types::templates::{Escaping, TemplateError};
use lmms::operation;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior, Value};

use crate::documents::parse;
use crate::limits::{self, FUEL, guarded};

/// Renders a template with the fields of a JSON object as its variables. A missing variable is empty text, or with
/// `strict` an error.
#[operation(interface = "templates")]
pub fn render(
    template: &str,
    context: Option<&str>,
    escaping: Option<Escaping>,
    strict: Option<bool>,
) -> Result<String, TemplateError> {
    let mut environment = environment(strict.unwrap_or(false));
    let escaping = escaping.unwrap_or_default();
    environment.set_auto_escape_callback(move |_| auto_escape(escaping));
    // Syntax errors are about the template as it was given.
    compile(&environment, template)?;
    let guarded = guarded(template);
    let template = environment
        .template_from_named_str(UNNAMED, &guarded)
        .map_err(syntax)?;
    finish(&template, context)
}

/// Checks that a template is well-formed, without rendering it.
#[operation(interface = "templates")]
pub fn validate(template: &str) -> Result<(), TemplateError> {
    compile(&environment(false), template).map(drop)
}

/// Lists the variables that a template reads, in order; with `nested` also which of their fields (`device.name`).
#[operation(interface = "templates", cache(ttl = "5m"))]
pub fn list_variables(template: &str, nested: Option<bool>) -> Result<Vec<String>, TemplateError> {
    let environment = environment(false);
    let template = compile(&environment, template)?;
    Ok(variables(&template, nested.unwrap_or(false)))
}

const UNNAMED: &str = "(template)";
/// The longest template that is rendered, checked or registered, in bytes.
pub(crate) const LONGEST_SOURCE: usize = 256 * 1024;

/// Compiles a template that was given with the call.
fn compile<'e>(
    environment: &'e Environment<'_>,
    source: &'e str,
) -> Result<Template<'e, 'e>, TemplateError> {
    if source.len() > LONGEST_SOURCE {
        return Err(TemplateError::TooLong {
            argument: "template".into(),
            bytes: source.len() as u64,
            limit: LONGEST_SOURCE as u64,
        });
    }
    environment
        .template_from_named_str(UNNAMED, source)
        .map_err(syntax)
}

/// An environment with limits.
pub(crate) fn environment(strict: bool) -> Environment<'static> {
    let mut environment = Environment::new();
    limits::install(&mut environment);
    environment.set_undefined_behavior(undefined(strict));
    environment
}

/// How missing variables are treated.
pub(crate) fn undefined(strict: bool) -> UndefinedBehavior {
    if strict {
        UndefinedBehavior::Strict
    } else {
        UndefinedBehavior::Lenient
    }
}

/// How minijinja calls it.
pub(crate) fn auto_escape(escaping: Escaping) -> AutoEscape {
    match escaping {
        Escaping::None => AutoEscape::None,
        Escaping::Html => AutoEscape::Html,
        Escaping::Json => AutoEscape::Json,
    }
}

/// Renders a template with a JSON object.
pub(crate) fn finish(
    template: &Template<'_, '_>,
    context: Option<&str>,
) -> Result<String, TemplateError> {
    let context = match context {
        None => Json::Object(Vec::new()),
        Some(text) => parse("context", text)?,
    };
    if !matches!(context, Json::Object(_)) {
        return Err(invalid(
            "its fields are the variables, so it must be an object".into(),
        ));
    }
    let context = value(context)?;
    template
        .render(context)
        .map_err(|error| rendering(template.name(), &error))
}

/// The variables of a template, in order.
pub(crate) fn variables(template: &Template<'_, '_>, nested: bool) -> Vec<String> {
    let mut variables: Vec<String> = template.undeclared_variables(nested).into_iter().collect();
    variables.sort();
    variables
}

/// A syntax error as the caller sees it.
pub(crate) fn syntax(error: Error) -> TemplateError {
    TemplateError::Syntax {
        name: error.name().unwrap_or(UNNAMED).to_owned(),
        line: error.line().unwrap_or(1) as u32,
        reason: reason(&error),
    }
}

fn rendering(name: &str, error: &Error) -> TemplateError {
    let name = error.name().unwrap_or(name).to_owned();
    let mut cause: &dyn std::error::Error = error;
    loop {
        let kind = cause.downcast_ref::<Error>().map(Error::kind);
        if kind == Some(ErrorKind::OutOfFuel) {
            return TemplateError::TooCostly { name, steps: FUEL };
        }
        match cause.source() {
            Some(source) => cause = source,
            None => break,
        }
    }
    TemplateError::Render {
        name,
        line: error.line().unwrap_or(0) as u32,
        reason: reason(error),
    }
}

fn reason(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// A JSON value as minijinja knows it. The parser has bounded the depth.
fn value(json: Json) -> Result<Value, TemplateError> {
    Ok(match json {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(value),
        Json::Number(text) => number(&text)?,
        Json::Text(text) => Value::from(text),
        Json::Array(items) => {
            let items: Result<Vec<Value>, _> = items.into_iter().map(value).collect();
            Value::from(items?)
        }
        Json::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, field)| Ok((name, value(field)?)));
            Value::from(fields.collect::<Result<BTreeMap<String, Value>, _>>()?)
        }
    })
}

/// A number with all its digits, or an error.
fn number(text: &str) -> Result<Value, TemplateError> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Value::from(number));
    }
    if let Ok(number) = text.parse::<i128>() {
        return Ok(Value::from(number));
    }
    let float = exact_float(text).map(Value::from);
    float.ok_or_else(|| {
        let reason =
            format!("{text:.40} has more digits than a number can hold; write it as a text");
        invalid(reason)
    })
}

fn invalid(reason: String) -> TemplateError {
    TemplateError::InvalidJson {
        argument: "context".into(),
        reason,
    }
}

#[cfg(test)]
mod tests;
