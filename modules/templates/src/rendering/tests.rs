#![forbid(unsafe_code)]

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
    let speech =
        "{% for d in l if d > 1 %}{{ d }}{% else %}-{% endfor %}{% if not missing %}!{% endif %}";
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
    let template = "{{ device.name }}{% for x in rooms %}{{ x }}{% endfor %}{% set y = 1 %}{{ y }}";
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
        validate(&"x".repeat(262_145)),
        Err(TemplateError::TooLong { .. })
    ));
}
