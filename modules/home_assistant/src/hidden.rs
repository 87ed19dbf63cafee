//! Entities that people keep to themselves.
//!
//! They hide them in the server, or give them the label `not for alexa`. Lists leave them out, and whoever names one is
//! answered as if it didn't exist. Only the server's own API, as [`api`](crate::api) offers it, knows them.
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use home_types::HomeError;
use serde_json::json;

use crate::server::{Server, both, check_entity_id};

/// Asks the server for each entity's id, its area and whether it is hidden, one line each. Servers of some years ago
/// know neither test.
const ENTITIES: &str = "{% for s in states %}{% set id = s.entity_id %}{{ id }}\t{{ area_name(id) or '' }}\t\
    {{ 'hidden' if (is_hidden_entity is defined and is_hidden_entity(id)) or \
    (labels is defined and 'not_for_alexa' in labels(id)) }}\n{% endfor %}";

/// How long an answer is good for: within it, an entity is asked for in one request.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// More servers than that are forgotten at once.
const MOST_SERVERS: usize = 64;

/// The ids that each server hides, by server and token.
static KNOWN: LazyLock<Mutex<HashMap<u64, Known>>> = LazyLock::new(Mutex::default);

struct Known {
    since: Duration,
    ids: HashSet<String>,
}

/// What the server says of an entity beside its state.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub(crate) room: String,
    pub(crate) hidden: bool,
}

/// The room of each entity, and whether the entity is hidden.
pub(crate) fn places(server: &Server<'_>) -> Result<HashMap<String, Place>, HomeError> {
    let lines = server.post("/api/template", &json!({ "template": ENTITIES }));
    let lines = match lines {
        Ok(lines) => lines,
        Err(error) => {
            if !is_in_trouble(&error) {
                remember(server, HashSet::new());
            }
            return Err(error);
        }
    };
    let line = |line: &str| {
        let mut fields = line.split('\t').map(str::trim);
        let (id, room) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        let hidden = fields.next() == Some("hidden");
        Some((id, Place { room, hidden }))
    };
    let lines = String::from_utf8_lossy(&lines);
    let places: HashMap<String, Place> = lines.lines().filter_map(line).collect();
    let hidden = places.iter().filter(|(_, place)| place.hidden);
    remember(server, hidden.map(|(id, _)| id.clone()).collect());
    Ok(places)
}

/// Asks for something of an entity, and at the same time whether the entity is hidden, unless that is known: a hidden
/// one is no device.
pub(crate) fn unless_hidden<T: Send>(
    server: &Server<'_>,
    id: &str,
    ask: impl FnOnce() -> Result<T, HomeError> + Send,
) -> Result<T, HomeError> {
    check_entity_id(id)?;
    match known(server, id) {
        Some(hidden) => refuse(id, hidden).and_then(|()| ask()),
        None => both(|| check_not_hidden(server, id), ask).map(|((), answer)| answer),
    }
}

/// Refuses an entity that is hidden. A server that doesn't tell, for instance because the token isn't an
/// administrator's, hides nothing, here as in lists.
pub(crate) fn check_not_hidden(server: &Server<'_>, id: &str) -> Result<(), HomeError> {
    check_entity_id(id)?;
    if let Some(hidden) = known(server, id) {
        return refuse(id, hidden);
    }
    match places(server) {
        Ok(places) => refuse(id, places.get(id).is_some_and(|place| place.hidden)),
        Err(error) if is_in_trouble(&error) => Err(error),
        Err(error) => {
            tracing::debug!(%error, id, "whether it is hidden is not known");
            Ok(())
        }
    }
}

fn refuse(id: &str, hidden: bool) -> Result<(), HomeError> {
    match hidden {
        true => Err(HomeError::NoSuchDevice { id: id.to_owned() }),
        false => Ok(()),
    }
}

/// Whether the server may tell later.
fn is_in_trouble(error: &HomeError) -> bool {
    matches!(
        error,
        HomeError::Unreachable { .. } | HomeError::Busy { .. }
    )
}

/// Whether the entity is hidden, if the server has said so lately.
fn known(server: &Server<'_>, id: &str) -> Option<bool> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get(&key(server))?;
    let age = server.now().checked_sub(known.since)?;
    (age < GOOD_FOR).then(|| known.ids.contains(id))
}

fn remember(server: &Server<'_>, ids: HashSet<String>) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MOST_SERVERS {
        known.clear();
    }
    let since = server.now();
    known.insert(key(server), Known { since, ids });
}

fn key(server: &Server<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    server.identity().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
