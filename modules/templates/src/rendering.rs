//! Templates given with the call.

use std::collections::BTreeMap;

use home_types::templates::{Escaping, TemplateError};
use lmms::operation;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior, Value};

use crate::documents::parse;

/// Renders a template with the fields of a JSON object as its variables. A missing variable is empty text, or with `strict` an
/// error.
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
    let template = environment
        .template_from_named_str(UNNAMED, template)
        .map_err(syntax)?;
    finish(&template, context)
}

/// Checks that a template is well-formed, without rendering it.
#[operation(interface = "templates")]
pub fn validate(template: &str) -> Result<(), TemplateError> {
    environment(false)
        .template_from_named_str(UNNAMED, template)
        .map(drop)
        .map_err(syntax)
}

/// Lists the variables that a template reads, in order; with `nested` also which of their fields (`device.name`).
#[operation(interface = "templates", cache(ttl = "5m"))]
pub fn list_variables(template: &str, nested: Option<bool>) -> Result<Vec<String>, TemplateError> {
    let environment = environment(false);
    let template = environment
        .template_from_named_str(UNNAMED, template)
        .map_err(syntax)?;
    Ok(variables(&template, nested.unwrap_or(false)))
}

const UNNAMED: &str = "(template)";
/// Steps and pieces of 64 bytes that one rendering may cost: about 16 MB and some hundredths of a second.
const FUEL: u64 = 250_000;

/// An environment with limits.
pub(crate) fn environment(strict: bool) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(100);
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
        None => serde_json::Value::Object(serde_json::Map::new()),
        Some(text) => parse("context", text)?,
    };
    if !context.is_object() {
        return Err(TemplateError::InvalidJson {
            argument: "context".into(),
            reason: "its fields are the variables, so it must be an object".into(),
        });
    }
    template
        .render(value(context))
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
            return TemplateError::TooCostly { name };
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
fn value(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(value) => Value::from(value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (None, Some(number)) => Value::from(number),
            (None, None) => Value::from(number.as_f64()),
        },
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => items.into_iter().map(value).collect(),
        serde_json::Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, field)| (name, value(field)));
            Value::from(fields.collect::<BTreeMap<String, Value>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(template: &str, context: &str) -> Result<String, TemplateError> {
        render(template, Some(context), None, None)
    }

    #[test]
    fn values_of_all_types_are_rendered() {
        let context = r#"{"t":"Küche","n":3,"f":21.5,"b":true,"u":null,"l":[1,2],"o":{"a":{"b":"x"}},"big":18446744073709551615}"#;
        let template =
            "{{ t }} {{ n + 1 }} {{ f }} {{ b }} {{ u }} {{ l|join('-') }} {{ o.a.b }} {{ big }}";
        assert_eq!(
            plain(template, context).unwrap(),
            "Küche 4 21.5 True None 1-2 x 18446744073709551615"
        );
        let speech = "{% for d in l if d > 1 %}{{ d }}{% else %}-{% endfor %}{% if not missing %}!{% endif %}";
        assert_eq!(plain(speech, context).unwrap(), "2!");
        assert_eq!(render("plain", None, None, None).unwrap(), "plain");
    }

    #[test]
    fn output_is_escaped_as_asked() {
        let context = r#"{"x":"<b>\"&"}"#;
        let with = |escaping| render("{{ x }}", Some(context), escaping, None).unwrap();
        assert_eq!(with(None), "<b>\"&");
        assert_eq!(with(Some(Escaping::Html)), "&lt;b&gt;&quot;&amp;");
        let json: String = serde_json::from_str(&with(Some(Escaping::Json))).unwrap();
        assert_eq!(json, "<b>\"&");
    }

    #[test]
    fn a_missing_variable_is_empty_or_an_error() {
        assert_eq!(plain("[{{ nothing }}]", "{}").unwrap(), "[]");
        let error = render("a\n{{ nothing }}", Some("{}"), None, Some(true)).unwrap_err();
        assert!(
            matches!(error, TemplateError::Render { line: 2, .. }),
            "{error:?}"
        );
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let error = validate("ok\n{% if x %}\n{{ }}").unwrap_err();
        assert!(
            matches!(error, TemplateError::Syntax { line: 3, .. }),
            "{error:?}"
        );
        for bad in [
            "{{",
            "{% for %}",
            "{% endif %}",
            "{{ x | nosuchfilter( }}",
            "{% extends %}",
        ] {
            assert!(
                matches!(validate(bad), Err(TemplateError::Syntax { .. })),
                "{bad}"
            );
        }
        assert_eq!(validate("{{ x|upper }} ü"), Ok(()));
        assert!(matches!(
            plain("{{ x|nosuchfilter }}", "{}"),
            Err(TemplateError::Render { .. } | TemplateError::Syntax { .. })
        ));
        assert!(matches!(
            plain("{{ 1 / 0 }}", "{}"),
            Err(TemplateError::Render { .. }) | Ok(_)
        ));
    }

    #[test]
    fn contexts_must_be_json_objects() {
        for bad in ["", "[]", "1", "{", "{\"a\":"] {
            assert!(
                matches!(plain("x", bad), Err(TemplateError::InvalidJson { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn no_template_runs_for_ever_or_fills_the_memory() {
        for bomb in [
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            "{% set x = 'x' * 90000000 %}{{ x }}",
            "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            "{{ (range(100000)|list * 900)|list|length }}",
        ] {
            let result = plain(bomb, "{}");
            assert!(
                matches!(result, Err(TemplateError::TooCostly { .. })),
                "{bomb}: {result:.60?}"
            );
        }
        let endless = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
        assert!(plain(endless, "{}").is_err());
        let deep = format!(
            "{}x{}",
            "{% if 1 %}".repeat(5000),
            "{% endif %}".repeat(5000)
        );
        assert!(plain(&deep, "{}").is_err());
        assert!(
            plain(
                &format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)),
                "{}"
            )
            .is_err()
        );
    }

    #[test]
    fn variables_are_found() {
        let template =
            "{{ device.name }}{% for x in rooms %}{{ x }}{% endfor %}{% set y = 1 %}{{ y }}";
        assert_eq!(list_variables(template, None).unwrap(), ["device", "rooms"]);
        assert_eq!(
            list_variables(template, Some(true)).unwrap(),
            ["device.name", "rooms"]
        );
        assert!(list_variables("{{", None).is_err());
    }
}
