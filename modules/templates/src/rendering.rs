//! Templates given with the call.

use std::collections::BTreeMap;

use home_types::json::{Json, exact_float};
use home_types::templates::{Escaping, TemplateError};
use lmms::operation;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior, Value};

use crate::documents::parse;
use crate::limits::{self, FUEL, guarded};

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
    fn numbers_keep_their_digits_or_are_refused() {
        for number in [
            "12345678901234567890123",
            "18446744073709551615",
            "-9223372036854775809",
            "0.1",
            "21.499999999999996",
        ] {
            let context = format!("{{\"n\":{number}}}");
            assert_eq!(plain("{{ n }}", &context).as_deref(), Ok(number));
        }
        for number in ["0.12345678901234567890", "1e400", &"9".repeat(60)] {
            let error = plain("x", &format!("{{\"n\":{number}}}")).unwrap_err();
            assert!(error.to_string().contains("digits"), "{error}");
        }
        assert!(plain("x", r#"{"a":1,"a":2}"#).is_err());
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
        let in_lists = "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}";
        let nested = "{% set ns = namespace(a=[1]) %}{% for i in range(20000) %}{% set ns.a = [ns.a] %}{% endfor %}";
        let cycle = "{% set ns = namespace(a=1) %}{% set ns.a = ns %}";
        let doubled = "{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}{{ ns.a|length }}";
        let tuples = "{% set ns = namespace(a=(1,)) %}{% for i in range(60) %}{% set ns.a = ns.a, ns.a %}{% endfor %}";
        let maps = "{% set ns = namespace(a={}) %}{% for i in range(60) %}{% set ns.a = {'a': ns.a, 'b': ns.a} %}{% endfor %}";
        let recursive = "{% macro m(a, n) %}{% if n %}{{ m((a, a), n - 1) }}{% else %}{{ a ~ '' }}{% endif %}{% endmacro %}{{ m(1, 60) }}";
        let uses = [
            "{{ ns.a }}",
            "{{ ns.a|tojson }}",
            "{{ ns.a|pprint }}",
            "{{ ns.a|string }}",
            "{{ ns.a ~ '' }}",
            "{{ '' ~ ns.a }}",
            "{{ ns.a|join }}",
            "{{ 'a'|replace('a', ns.a) }}",
            "{{ '%s'|format(ns.a) }}",
            "{{ ns.a|upper }}",
            "{{ ns.a|urlencode }}",
            "{{ ns.a == ns.b }}",
            "{{ ns.b != ns.a }}",
            "{{ ns.a < ns.b }}",
            "{{ ns.a in [ns.b] }}",
            "{{ ns.a not in [ns.b] }}",
            "{{ ns.a is eq(ns.b) }}",
            "{{ [ns.a, ns.b]|sort }}",
            "{{ [ns.a, ns.b]|unique }}",
            "{{ ns.a|escape }}",
            "{{ ns.a|safe }}",
            "{{ ns.a|tojson(indent=2) }}",
            "{{ [ns.a, ns.b]|max }}",
            "{{ 'x'|trim(ns.a) }}",
            "{{ 'x'|split(ns.a) }}",
            "{{ ns.a + ns.a }}",
            "{{ ns.a * 2 }}",
        ];
        let mut bombs = vec![doubled.to_owned(), recursive.to_owned()];
        for start in [in_lists, nested, cycle, tuples, maps] {
            bombs.extend(uses.iter().map(|end| format!("{start}{end}")));
        }
        bombs.extend(
            [
                "{{ [1]|tojson(indent=60000000000) }}",
                "{{ [1]|tojson(60000000000) }}",
                "{{ 'a\nb'|indent(60000000000) }}",
                "{{ ([[1] * 100000] * 100000)|join }}",
                "{{ ([['x' * 1000] * 1000] * 1000) ~ '' }}",
                "{{ ['x' * 100000] * 100000 ~ '' }}",
                "{{ '%60000000000s'|format('x') }}",
                "{{ ('x' * 100000)|replace('x', 'y' * 100000) }}",
                "{{ [1]|slice(1000000000, 2) }}",
                "{{ [1]|batch(1000000000, 2) }}",
                "{{ (['a'] * 1000)|join('y' * 1000000) }}",
                "{{ 9 ** 9 ** 9 }}",
            ]
            .map(str::to_owned),
        );
        let escapings = [Escaping::None, Escaping::Html, Escaping::Json];
        for (bomb, escaping) in bombs.iter().zip(escapings.into_iter().cycle()) {
            let result = render(bomb, None, Some(escaping), None);
            assert!(result.is_err(), "{bomb}: {result:.60?}");
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

    #[test]
    fn guarding_a_template_changes_nothing_else() {
        for (template, expected) in [
            (
                "{% set a = 1, 2 %}{{ a }}{{ a[0] == 1 and not 3 in [3] }}",
                "(1, 2)False",
            ),
            (
                "{% for (x, y) in [(1, 2)] if x in [1] %}{{ (x + y * 2) ~ '!' }}{% endfor %}",
                "5!",
            ),
            (
                "{{ 3 not in [1] }}{{ {'a': {'b': 1}}.a.b }}{{ [1, 2][0] }}",
                "True11",
            ),
            (
                "{{ '}}' ~ '{% x %}' ~ \"{{ 'a' ~ 1 }}\" }}",
                "}}{% x %}{{ 'a' ~ 1 }}",
            ),
            (
                "{% raw %}{{ a ~ [b] }}{% endraw %}{# {{ [ ~ #}|",
                "{{ a ~ [b] }}|",
            ),
            (
                "{% macro m(a=[1]) %}{{ a + [2] }}{% endmacro %}{{ m() }}{{ m(a=[3]) }}",
                "[1, 2][3, 2]",
            ),
            ("{%- if [1] is sequence == true -%} y {%+ endif +%}", "y "),
            (
                "{% set a = [1] %}{{ -1 + -a[0] }}{{ (1 if a else 2) + 1 }}",
                "-22",
            ),
            (
                "{{ 5 is divisibleby(5) == true }}{{ 'a' if 1 in [1] else 'b' }}{{ 10 - 2 ** 2 }}",
                "Truea6",
            ),
            (
                "{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}",
                "1",
            ),
            (
                "{% with q=[1], r=2 %}{{ q[0]+r }}{% endwith %}{% set c %}a{% endset %}{{ c ~ 'b' }}",
                "3ab",
            ),
            (
                "{{ [1,2,3][1:] + [4] }}{{ {1:2}[1] * 3 }}{{ '-' * 3 }}{{ ['-'] * 3 }}",
                "[2, 3, 4]6---['-', '-', '-']",
            ),
            (
                "{{ 'a,b'|split(',')|join('-') ~ [3, 1]|sort }}{{ {'in': 1}.in }}",
                "a-b[1, 3]1",
            ),
            (
                "{{ {'a': {'b': {}}} }}{{ ((1)) }}{{ () }}",
                "{'a': {'b': {}}}1()",
            ),
            (
                "{{ [1, {'a': 2}]|tojson(indent=1) }}",
                "[\n 1,\n {\n  \"a\": 2\n }\n]",
            ),
            (
                "{{ missing|default([1]) }}{{ [1, 2]|map('string')|join('+') }}",
                "[1]1+2",
            ),
            ("{% filter upper %}a{{ 'b' ~ 'c' }}{% endfilter %}", "ABC"),
            (
                "{% for k, v in {'a': 1}|items %}{{ k ~ v }}{% endfor %}",
                "a1",
            ),
        ] {
            assert_eq!(plain(template, "{}").as_deref(), Ok(expected), "{template}");
        }
        let error = plain("a\n{{ [1] ~\n missing.x.y }}", "{}").unwrap_err();
        assert!(
            matches!(error, TemplateError::Render { line: 2 | 3, .. }),
            "{error:?}"
        );
        for odd in [
            "{{ [ }}",
            "{{ ~ }}",
            "{{ a ~ }}",
            "{{ ] }}",
            "{% set %}",
            "{% for in %}",
            "{{ 'a",
            "{%",
            "{{ (",
            "{{ \u{e4} ~ \u{20ac} }}",
        ] {
            let _ = plain(odd, "{}");
            let _ = guarded(odd);
        }
        assert!(matches!(
            validate(&"x".repeat(LONGEST_SOURCE + 1)),
            Err(TemplateError::TooLong { .. })
        ));
    }
}
