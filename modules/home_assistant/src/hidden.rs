//! Entities that people keep to themselves.
//!
//! They hide them in the server, or give them the label `not for alexa`. Lists leave them out, and whoever names one is
//! answered as if it didn't exist. Only the server's own API, as [`api`](crate::api) offers it, knows them.
use std::sync::LazyLock;

use home_types::HomeError;
use serde_json::json;

use crate::server::{Server, both, check_entity_id};

/// Whether the entity in the template's variable `id` is hidden. Servers of some years ago know neither test.
const TEST: &str = "{{ 'hidden' if (is_hidden_entity is defined and is_hidden_entity(id)) or \
    (labels is defined and 'not_for_alexa' in labels(id)) }}";

/// Asks the server for each entity's id, its area and whether it is hidden, one line each.
pub(crate) static ENTITIES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{{% for s in states %}}{{% set id = s.entity_id %}}{{{{ id }}}}\t{{{{ area_name(id) or '' }}}}\t{TEST}\n\
         {{% endfor %}}"
    )
});

/// Whether that is what the server answers for a hidden entity.
pub(crate) fn is_hidden(answer: &str) -> bool {
    answer.trim() == "hidden"
}

/// Asks for something of an entity, and at the same time whether the entity is hidden: then there is no such device.
pub(crate) fn unless_hidden<T: Send>(
    server: &Server<'_>,
    id: &str,
    ask: impl FnOnce() -> Result<T, HomeError> + Send,
) -> Result<T, HomeError> {
    check_entity_id(id)?;
    let ((), answer) = both(|| check_not_hidden(server, id), ask)?;
    Ok(answer)
}

/// Refuses an entity that is hidden. A server that doesn't tell, for instance because the token isn't an
/// administrator's, hides nothing, here as in lists.
pub(crate) fn check_not_hidden(server: &Server<'_>, id: &str) -> Result<(), HomeError> {
    check_entity_id(id)?;
    let template = format!("{{% set id = '{id}' %}}{TEST}");
    match server.post("/api/template", &json!({ "template": template })) {
        Ok(answer) if is_hidden(&String::from_utf8_lossy(&answer)) => {
            Err(HomeError::NoSuchDevice { id: id.to_owned() })
        }
        Err(error @ (HomeError::Unreachable { .. } | HomeError::Busy { .. })) => Err(error),
        Err(error) => {
            tracing::debug!(%error, id, "whether it is hidden is not known");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
