//! Which entities are shown, and how they are called: the file that `--entities` names.
//!
//! It is TOML with the keys of Home Assistant's `alexa: smart_home:`, as in `examples/smart-home/entities.toml`:
//!
//! ```toml
//! [filter]
//! include_domains = ["light"]
//! include_entity_globs = ["cover.*_blind"]
//! exclude_entities = ["light.attic"]
//!
//! [entity_config."light.kitchen_ceiling"]
//! name = "Big light"
//! description = "Above the table"
//! display_categories = "LIGHT"
//! ```
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::Path;

use glob::Pattern;
use home_types::text::without_mark;
use home_types::{CATEGORIES, EntitySettings, Exposure};
use serde::Deserialize;

use crate::error::Error;
use crate::invoke::read as read_bytes;

/// The most characters of a name or a description, which is what Alexa takes.
const LONGEST: usize = 128;

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    filter: Filter,
    entity_config: BTreeMap<String, Settings>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Filter {
    include_domains: Vec<String>,
    include_entity_globs: Vec<String>,
    include_entities: Vec<String>,
    exclude_domains: Vec<String>,
    exclude_entity_globs: Vec<String>,
    exclude_entities: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    name: Option<String>,
    description: Option<String>,
    display_categories: Option<String>,
}

/// Reads the file.
///
/// # Errors
/// It can't be read, is no TOML, has a key that there isn't, or a value that can't be meant.
pub fn read(path: &Path) -> Result<Exposure, Error> {
    let bytes = read_bytes(path)?;
    parse(&bytes).map_err(|problem| Error::Entities {
        path: path.to_owned(),
        problem,
    })
}

/// Reads the text of the file.
///
/// # Errors
/// What is wrong, where, and what to write instead.
pub fn parse(bytes: &[u8]) -> Result<Exposure, String> {
    let bytes = without_mark(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|error| format!("no UTF-8: {error}"))?;
    let File {
        filter,
        entity_config,
    } = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let entities = entity_config
        .into_iter()
        .map(|(id, settings)| entity(id, settings))
        .collect::<Result<_, _>>()?;
    Ok(Exposure {
        include_domains: domains("include_domains", filter.include_domains)?,
        include_entity_globs: globs("include_entity_globs", filter.include_entity_globs)?,
        include_entities: ids("include_entities", filter.include_entities)?,
        exclude_domains: domains("exclude_domains", filter.exclude_domains)?,
        exclude_entity_globs: globs("exclude_entity_globs", filter.exclude_entity_globs)?,
        exclude_entities: ids("exclude_entities", filter.exclude_entities)?,
        entities,
    })
}

fn domains(key: &str, domains: Vec<String>) -> Result<Vec<String>, String> {
    each(key, domains, |domain| {
        if is_slug(domain) {
            return Ok(());
        }
        Err("is no domain; one has lower-case letters, digits and `_` only, such as `light`".into())
    })
}

fn globs(key: &str, globs: Vec<String>) -> Result<Vec<String>, String> {
    each(key, globs, |glob| match Pattern::new(glob) {
        _ if glob.trim().is_empty() => {
            Err("is no pattern; one for ids is written such as `cover.*_blind`".into())
        }
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "is no pattern ({error}); `*` stands for any text, `?` for a character, `[ab]` for one of some"
        )),
    })
}

fn ids(key: &str, ids: Vec<String>) -> Result<Vec<String>, String> {
    each(key, ids, check_id)
}

/// Checks each value of a list in `filter`.
fn each(
    key: &str,
    values: Vec<String>,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<Vec<String>, String> {
    for value in &values {
        check(value).map_err(|problem| format!("`filter.{key}`: {value:?} {problem}"))?;
    }
    Ok(values)
}

fn entity(id: String, settings: Settings) -> Result<EntitySettings, String> {
    let refuse =
        |key: &str, problem: String| Err(format!("`entity_config.{id:?}{key}`: {problem}"));
    if let Err(problem) = check_id(&id) {
        return refuse("", format!("{id:?} {problem}"));
    }
    let Settings {
        name,
        description,
        display_categories,
    } = settings;
    for (key, text) in [(".name", &name), (".description", &description)] {
        let Some(text) = text else { continue };
        let is_sound = !text.trim().is_empty() && !text.chars().any(char::is_control);
        if !is_sound || text.chars().count() > LONGEST {
            let problem = format!(
                "it has 1 to {LONGEST} characters in one line; leave it out to keep what the home says"
            );
            return refuse(key, problem);
        }
    }
    if let Some(category) = &display_categories
        && !CATEGORIES.contains(&category.as_str())
    {
        let problem = format!(
            "Alexa has no display category {category:?}; it has {}",
            CATEGORIES.join(", ")
        );
        return refuse(".display_categories", problem);
    }
    Ok(EntitySettings {
        id,
        name,
        description,
        display_category: display_categories,
    })
}

fn check_id(id: &str) -> Result<(), String> {
    match id.split_once('.') {
        Some((domain, name)) if is_slug(domain) && is_slug(name) => Ok(()),
        _ => Err("is no entity's id; one is written such as `light.kitchen_ceiling`".into()),
    }
}

fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_as_it_says() {
        let exposure = parse(include_bytes!("../entities.toml")).unwrap();
        assert_eq!(exposure.exclude_domains, ["lock"]);
        assert_eq!(exposure.exclude_entity_globs, ["light.garden_*"]);
        assert_eq!(exposure.include_entities, ["light.garden_path"]);
        let ceiling = &exposure.entities[0];
        assert_eq!(ceiling.id, "light.kitchen_ceiling");
        assert_eq!(ceiling.name.as_deref(), Some("Big light"));
        assert_eq!(ceiling.display_category.as_deref(), Some("LIGHT"));
    }

    #[test]
    fn a_file_without_anything_shows_everything() {
        for text in ["", "# nothing", "\u{feff}[filter]\n", "[entity_config]\n"] {
            assert_eq!(parse(text.as_bytes()), Ok(Exposure::default()), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_what_to_write() {
        for (text, expected) in [
            (
                "filters = {}",
                &["line 1", "`filters`", "`filter`", "`entity_config`"][..],
            ),
            (
                "[filter]\ninclude_domain = []",
                &["line 2", "`include_domain`", "`include_domains`"],
            ),
            (
                "[entity_config.\"light.x\"]\nnmae = \"X\"",
                &["line 2", "`nmae`", "`name`"],
            ),
            (
                "[filter]\ninclude_domains = \"light\"",
                &["line 2", "sequence"],
            ),
            ("[filter]\ninclude_domains = [\"light\"", &["line 2"]),
            (
                "[filter]\nexclude_domains = [\"Light\"]",
                &["`filter.exclude_domains`", "\"Light\"", "`light`"],
            ),
            (
                "[filter]\ninclude_entities = [\"light\"]",
                &[
                    "`filter.include_entities`",
                    "\"light\"",
                    "`light.kitchen_ceiling`",
                ],
            ),
            (
                "[filter]\ninclude_entity_globs = [\"light.[\"]",
                &["`filter.include_entity_globs`", "light.[", "`[ab]`"],
            ),
            (
                "[filter]\nexclude_entity_globs = [\"\"]",
                &["`filter.exclude_entity_globs`", "`cover.*_blind`"],
            ),
            (
                "[entity_config.Lamp]\nname = \"X\"",
                &["entity_config.\"Lamp\"", "`light.kitchen_ceiling`"],
            ),
            (
                "[entity_config.\"light.x\"]\nname = \" \"",
                &["`entity_config.\"light.x\".name`", "128"],
            ),
            (
                "[entity_config.\"light.x\"]\ndescription = \"a\\nb\"",
                &["`entity_config.\"light.x\".description`", "one line"],
            ),
            (
                "[entity_config.\"light.x\"]\ndisplay_categories = \"LAMP\"",
                &[
                    "`entity_config.\"light.x\".display_categories`",
                    "\"LAMP\"",
                    "LIGHT",
                ],
            ),
        ] {
            let problem = parse(text.as_bytes()).unwrap_err();
            for part in expected {
                assert!(problem.contains(part), "no {part} in: {problem}");
            }
        }
        assert!(parse(b"\xc3\x28").is_err());
        let long = format!(
            "[entity_config.\"light.x\"]\nname = \"{}\"",
            "ä".repeat(129)
        );
        assert!(parse(long.as_bytes()).is_err());
    }

    #[test]
    fn a_file_that_can_not_be_read_is_named() {
        let missing = read(Path::new("no-such-file.toml"))
            .unwrap_err()
            .to_string();
        assert!(missing.contains("no-such-file.toml"), "{missing}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("entities.toml");
        std::fs::write(&file, "[fliter]").unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(
            error.contains("entities.toml") && error.contains("`fliter`"),
            "{error}"
        );
    }
}
