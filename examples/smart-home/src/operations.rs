//! `operations`: the registry. Nothing is loaded for it.
#![forbid(unsafe_code)]

use std::io::Write;

use lmms::OperationInfo;
use serde_json::{Value, json};

use crate::error::Error;
use crate::gateway::SmartHome;
use crate::output::{Screen, Style, wrap};
use crate::report::WIDTH;

/// Writes the operations whose module, interface or name contains `filter`.
///
/// # Errors
/// There are none, or the output can't be written.
pub fn operations(
    filter: Option<&str>,
    json: bool,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let found = matching(filter.unwrap_or_default())?;
    if json {
        let facts: Value = found.iter().map(facts).collect();
        writeln!(out, "{facts:#}")?;
        return Ok(());
    }
    let mut interface = "";
    for info in &found {
        if info.interface() != interface {
            interface = info.interface();
            let module = module(info);
            let served = if module == interface {
                String::new()
            } else {
                format!(" (module {module})")
            };
            writeln!(out, "{}{served}", screen.paint(Style::Strong, interface))?;
        }
        let signature = wrap(&signature(info), "      ", WIDTH);
        writeln!(out, "  {}", signature.trim_start())?;
        let about = about(info);
        writeln!(
            out,
            "{}",
            screen.paint(Style::Faint, wrap(&about, "      ", WIDTH))
        )?;
    }
    let modules = SmartHome::REGISTRY.modules.len();
    let text = format!(
        "{} operations of {modules} modules; none is loaded",
        found.len()
    );
    writeln!(out, "{}", screen.paint(Style::Strong, text))?;
    Ok(())
}

fn matching(filter: &str) -> Result<Vec<OperationInfo>, Error> {
    let registry = SmartHome::REGISTRY;
    let wanted = filter.to_lowercase();
    let mut found: Vec<OperationInfo> = registry
        .operations()
        .filter(|info| info.full_name().contains(&wanted) || module(info).contains(&wanted))
        .collect();
    if found.is_empty() {
        let (interface, name) = filter.split_once('.').unwrap_or((filter, ""));
        return Err(Error::NoMatch {
            filter: filter.to_owned(),
            similar: registry.similar(interface, name),
        });
    }
    found.sort_by_key(|info| (info.interface(), info.name()));
    Ok(found)
}

fn module(info: &OperationInfo) -> &'static str {
    SmartHome::REGISTRY.modules[info.module()].name
}

/// Name, parameters and result, as one calls it: without the context, which the gateway adds.
fn signature(info: &OperationInfo) -> String {
    let parameters: Vec<String> = info
        .parameters()
        .map(|parameter| format!("{}: {}", parameter.name, parameter.type_name))
        .collect();
    format!(
        "{}({}) -> {}",
        info.name(),
        parameters.join(", "),
        info.result()
    )
}

/// The first paragraph of the docs, and how long results are cached.
fn about(info: &OperationInfo) -> String {
    let mut about = info
        .docs()
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .to_owned();
    if let Some(cache) = info.cache() {
        about.push_str(&format!(" [cached for {:?}]", cache.ttl));
    }
    if info.pinned() {
        about.push_str(" [stays loaded]");
    }
    about
}

fn facts(info: &OperationInfo) -> Value {
    let parameters = info.parameters().map(|parameter| {
        json!({
            "name": parameter.name,
            "type": parameter.type_name,
            "optional": parameter.optional,
        })
    });
    json!({
        "module": module(info),
        "interface": info.interface(),
        "name": info.name(),
        "parameters": parameters.collect::<Vec<_>>(),
        "result": info.result(),
        "cached_seconds": info.cache().map(|cache| cache.ttl.as_secs_f64()),
        "pinned": info.pinned(),
        "docs": info.docs(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(filter: Option<&str>, json: bool) -> Result<String, Error> {
        let mut out = Vec::new();
        operations(filter, json, Screen::plain(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn all_operations_are_listed_by_interface() {
        let text = listed(None, false).unwrap();
        assert!(text.contains("\n  process_bytes("), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        let count = SmartHome::REGISTRY.operations().len();
        assert!(count >= 100);
        assert!(text.contains(&format!("{count} operations of ")), "{text}");
    }

    #[test]
    fn a_filter_narrows_the_list_and_a_typo_is_pointed_out() {
        let facts: Value = serde_json::from_str(&listed(Some("sun."), true).unwrap()).unwrap();
        let facts = facts.as_array().unwrap();
        assert!(!facts.is_empty());
        assert!(facts.iter().all(|fact| fact["interface"] == "sun"));
        let error = listed(Some("images.thumbnial"), false).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("did you mean `images.thumbnail`?"),
            "{error}"
        );
    }
}
