//! Templates that are registered under a name, and may include and extend one another.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use home_types::templates::{Escaping, TemplateError, TemplateInfo};
use lmms::operation;
use minijinja::Environment;

use crate::limits::guarded;
use crate::rendering::{
    LONGEST_SOURCE, auto_escape, environment, finish, syntax, undefined, variables,
};

/// Registers a template, in place of one of the same name; says whether there was one. A name ending in `.html`, `.xml`
/// or `.ssml` escapes values for HTML, one ending in `.json` as JSON.
#[operation(interface = "templates")]
pub fn register(name: &str, source: &str) -> Result<bool, TemplateError> {
    add(&mut lock(), name, source)
}

/// Renders a registered template, which may include and extend others, with the fields of a JSON object as its
/// variables.
#[operation(interface = "templates")]
pub fn render_named(
    name: &str,
    context: Option<&str>,
    strict: Option<bool>,
) -> Result<String, TemplateError> {
    // A copy shares the compiled templates and lets others render meanwhile.
    let mut environment = lock().environment.clone();
    environment.set_undefined_behavior(undefined(strict.unwrap_or(false)));
    let template = environment.get_template(name).map_err(|_| unknown(name))?;
    finish(&template, context)
}

/// Lists the names of the registered templates, in order.
#[operation(interface = "templates")]
pub fn list() -> Vec<String> {
    lock().sources.keys().cloned().collect()
}

/// Gives source, escaping and variables of a registered template.
#[operation(interface = "templates")]
pub fn describe(name: &str) -> Result<TemplateInfo, TemplateError> {
    let store = lock();
    let source = store.sources.get(name).ok_or_else(|| unknown(name))?;
    let template = store
        .environment
        .get_template(name)
        .map_err(|_| unknown(name))?;
    Ok(TemplateInfo {
        name: name.to_owned(),
        source: source.clone(),
        escaping: escaping_of(name),
        variables: variables(&template, true),
    })
}

/// Removes a registered template; says whether there was one.
#[operation(interface = "templates")]
pub fn remove(name: &str) -> bool {
    let mut store = lock();
    store.environment.remove_template(name);
    store.sources.remove(name).is_some()
}

/// Why the module can't be unloaded now.
pub(crate) fn reason_to_stay() -> Option<String> {
    let templates = lock().sources.len();
    (templates > 0)
        .then(|| format!("holds {templates} registered templates; `templates.remove` gives one up"))
}

const MOST_TEMPLATES: usize = 500;

/// The compiled templates, and their sources as they were given.
struct Store {
    environment: Environment<'static>,
    sources: BTreeMap<String, String>,
}

fn lock() -> MutexGuard<'static, Store> {
    static TEMPLATES: LazyLock<Mutex<Store>> = LazyLock::new(|| Mutex::new(store()));
    TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn store() -> Store {
    let mut environment = environment(false);
    environment.set_auto_escape_callback(|name| auto_escape(escaping_of(name)));
    Store {
        environment,
        sources: BTreeMap::new(),
    }
}

fn add(store: &mut Store, name: &str, source: &str) -> Result<bool, TemplateError> {
    let refused = |reason: String| {
        Err(TemplateError::NotRegistered {
            name: name.to_owned(),
            reason,
        })
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if name.is_empty() || name.len() > 100 || !name.chars().all(allowed) {
        return refused("a name has 1 to 100 ASCII letters, digits, and _ - . /".into());
    }
    if source.len() > LONGEST_SOURCE {
        return refused(format!(
            "it has {} bytes; {LONGEST_SOURCE} are possible",
            source.len()
        ));
    }
    if !store.sources.contains_key(name) && store.sources.len() >= MOST_TEMPLATES {
        return refused(format!("there are {MOST_TEMPLATES} already"));
    }
    // Syntax errors are about the template as it was given.
    environment(false)
        .template_from_named_str(name, source)
        .map_err(syntax)?;
    store
        .environment
        .add_template_owned(name.to_owned(), guarded(source))
        .map_err(syntax)?;
    let earlier = store.sources.insert(name.to_owned(), source.to_owned());
    Ok(earlier.is_some())
}

fn escaping_of(name: &str) -> Escaping {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html" | "xml" | "ssml") => Escaping::Html,
        Some("json") => Escaping::Json,
        _ => Escaping::None,
    }
}

fn unknown(name: &str) -> TemplateError {
    TemplateError::Unknown {
        name: name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(store: &Store, name: &str, context: &str) -> Result<String, TemplateError> {
        let template = store.environment.get_template(name).unwrap();
        finish(&template, Some(context))
    }

    #[test]
    fn templates_include_and_extend_others() {
        let environment = &mut store();
        add(environment, "base.txt", "<{% block b %}{% endblock %}>").unwrap();
        add(
            environment,
            "page.txt",
            "{% extends 'base.txt' %}{% block b %}{% include 'x' %}{% endblock %}",
        )
        .unwrap();
        add(environment, "x", "{{ n }}").unwrap();
        assert_eq!(render(environment, "page.txt", "{\"n\":7}").unwrap(), "<7>");
        assert_eq!(add(environment, "x", "new {{ n }}"), Ok(true));
        assert_eq!(
            render(environment, "page.txt", "{\"n\":7}").unwrap(),
            "<new 7>"
        );
    }

    #[test]
    fn a_template_that_includes_itself_ends() {
        let environment = &mut store();
        add(environment, "x", "{% include 'x' %}").unwrap();
        assert!(render(environment, "x", "{}").is_err());
        add(environment, "y", "{% include 'nowhere' %}").unwrap();
        let error = render(environment, "y", "{}").unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
    }

    #[test]
    fn the_ending_of_the_name_decides_on_escaping() {
        let environment = &mut store();
        for (name, expected) in [
            ("a.html", "&lt;"),
            ("a.ssml", "&lt;"),
            ("a.json", "\"<\""),
            ("a.txt", "<"),
        ] {
            add(environment, name, "{{ x }}").unwrap();
            assert_eq!(
                render(environment, name, "{\"x\":\"<\"}").unwrap(),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn what_can_not_be_registered_changes_nothing() {
        let environment = &mut store();
        add(environment, "ok", "old").unwrap();
        assert!(matches!(
            add(environment, "ok", "{{"),
            Err(TemplateError::Syntax { .. })
        ));
        assert_eq!(render(environment, "ok", "{}").unwrap(), "old");
        for name in ["", "a b", "ü", "a\n", &"n".repeat(101)] {
            assert!(matches!(
                add(environment, name, ""),
                Err(TemplateError::NotRegistered { .. })
            ));
        }
        assert!(add(environment, "long", &"x".repeat(262_145)).is_err());
        for n in 1..500 {
            add(environment, &n.to_string(), "").unwrap();
        }
        assert!(add(environment, "one-more", "").is_err());
        assert_eq!(add(environment, "7", "x"), Ok(true));
    }

    #[test]
    fn operations_share_the_registered_templates() {
        assert_eq!(crate::veto(), None);
        assert_eq!(register("greeting.html", "Hi {{ who.name }}"), Ok(false));
        let context = Some(r#"{"who":{"name":"Ann & Bo"}}"#);
        assert_eq!(
            render_named("greeting.html", context, None).unwrap(),
            "Hi Ann &amp; Bo"
        );
        assert_eq!(
            render_named("greeting.html", Some("{\"who\":{}}"), None).unwrap(),
            "Hi "
        );
        assert!(render_named("greeting.html", Some("{\"who\":{}}"), Some(true)).is_err());
        assert_eq!(list(), ["greeting.html"]);
        assert!(crate::veto().unwrap().contains("1 registered"));
        let info = describe("greeting.html").unwrap();
        assert_eq!(
            (info.escaping, info.variables),
            (Escaping::Html, vec!["who.name".to_owned()])
        );
        assert_eq!(info.source, "Hi {{ who.name }}");
        assert!(remove("greeting.html") && !remove("greeting.html"));
        assert!(matches!(
            render_named("greeting.html", None, None),
            Err(TemplateError::Unknown { .. })
        ));
        assert!(describe("greeting.html").is_err());
        assert_eq!(crate::veto(), None);
    }
}
