//! Parameters that modules and users add.

use home_types::config::{ConfigError, ParameterDeclaration, ParameterKind};
use lmms::operation;

use crate::store::{LONGEST_KEY, Store, fit, lock};

/// Adds a parameter, so that it can be set, loaded and validated like the others. Declaring the same again changes
/// nothing.
#[operation(interface = "config")]
pub fn declare_parameter(declaration: ParameterDeclaration) -> Result<(), ConfigError> {
    declare(&mut lock(), declaration)
}

const MOST_DECLARATIONS: usize = 1000;

fn declare(store: &mut Store, mut declaration: ParameterDeclaration) -> Result<(), ConfigError> {
    let key = declaration.key.clone();
    let invalid = |reason: String| {
        Err(ConfigError::InvalidDeclaration {
            key: key.clone(),
            reason,
        })
    };
    if let Err(reason) = well_named(&declaration.key) {
        return invalid(reason);
    }
    if let ParameterKind::Choice { options } = &declaration.kind
        && options
            .iter()
            .any(|option| option.trim() != option || option.is_empty())
    {
        return invalid("a choice must not be empty or have blanks around it".into());
    }
    match fit(&declaration, declaration.default.clone()) {
        Ok(default) => declaration.default = default,
        Err(reason) => return invalid(format!("its default does not fit: {reason}")),
    }
    match store.declarations.get(&declaration.key) {
        Some(present) if *present == declaration => return Ok(()),
        Some(_) => return invalid("it exists with another kind, default or description".into()),
        None => {}
    }
    let variable = |key: &str| key.replace('.', "_");
    if let Some(other) = store
        .declarations
        .keys()
        .find(|other| variable(other) == variable(&key))
    {
        return invalid(format!("`{other}` has the same environment variable"));
    }
    if store.declarations.len() >= MOST_DECLARATIONS {
        return invalid(format!("there are {MOST_DECLARATIONS} parameters already"));
    }
    store
        .declarations
        .insert(declaration.key.clone(), declaration);
    Ok(())
}

fn well_named(key: &str) -> Result<(), String> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let form = key
        .split_once('.')
        .is_some_and(|(category, name)| part(category) && part(name));
    if form && key.len() <= LONGEST_KEY {
        Ok(())
    } else {
        Err("a key looks like `category.name`: a-z, 0-9 and _, at most 64 in all".into())
    }
}

#[cfg(test)]
mod tests {
    use home_types::config::{ConfigSource, ConfigValue};

    use super::*;

    fn volume() -> ParameterDeclaration {
        ParameterDeclaration {
            key: "speaker.volume".into(),
            kind: ParameterKind::Number {
                minimum: 0.0,
                maximum: 1.0,
            },
            default: ConfigValue::Integer(1),
            secret: false,
            description: "How loud".into(),
        }
    }

    #[test]
    fn a_declared_parameter_can_be_set_within_its_limits() {
        let mut store = Store::new();
        assert!(store.reason_to_stay().is_none());
        declare(&mut store, volume()).unwrap();
        assert!(store.reason_to_stay().unwrap().contains("1 declared"));
        assert_eq!(
            store.value("speaker.volume").unwrap().1,
            ConfigValue::Number(1.0)
        );
        store
            .set(
                ConfigSource::Call,
                "speaker.volume",
                ConfigValue::Number(0.5),
            )
            .unwrap();
        assert!(
            store
                .set(
                    ConfigSource::Call,
                    "speaker.volume",
                    ConfigValue::Number(1.5)
                )
                .is_err()
        );
        assert!(
            store
                .set(
                    ConfigSource::Call,
                    "speaker.volume",
                    ConfigValue::Number(f64::NAN)
                )
                .is_err()
        );
        assert_eq!(
            store.value("speaker.volume").unwrap(),
            (ConfigSource::Call, ConfigValue::Number(0.5))
        );
    }

    #[test]
    fn declaring_again_is_harmless_but_not_differently() {
        let mut store = Store::new();
        declare(&mut store, volume()).unwrap();
        declare(&mut store, volume()).unwrap();
        let other = ParameterDeclaration {
            secret: true,
            ..volume()
        };
        assert!(matches!(
            declare(&mut store, other),
            Err(ConfigError::InvalidDeclaration { .. })
        ));
    }

    #[test]
    fn there_are_so_many_parameters_at_most() {
        let store = &mut Store::new();
        let declared = (0..2_000).take_while(|n| {
            let declaration = ParameterDeclaration {
                key: format!("many.n{n}"),
                ..volume()
            };
            declare(store, declaration).is_ok()
        });
        let declared = declared.count();
        assert_eq!((declared < 1_000, store.declarations.len()), (true, 1_000));
    }

    #[test]
    fn impossible_declarations_are_refused() {
        let store = &mut Store::new();
        for key in [
            "",
            "volume",
            "Speaker.volume",
            "speaker.",
            ".x",
            "a.b.c",
            "1a.b",
            "spéaker.x",
            &"a".repeat(65),
            &format!("a.{}", "b".repeat(63)),
        ] {
            let declaration = ParameterDeclaration {
                key: key.into(),
                ..volume()
            };
            assert!(declare(store, declaration).is_err(), "{key}");
        }
        let default = ParameterDeclaration {
            default: ConfigValue::Text("loud".into()),
            ..volume()
        };
        assert!(
            declare(store, default)
                .unwrap_err()
                .to_string()
                .contains("default does not fit")
        );
        let none = ParameterDeclaration {
            kind: ParameterKind::Choice { options: vec![] },
            ..volume()
        };
        assert!(declare(store, none).is_err());
        let most = ParameterDeclaration {
            key: format!("a.{}", "b".repeat(62)),
            ..volume()
        };
        assert_eq!(declare(store, most), Ok(()));
        let twin = ParameterDeclaration {
            key: "cache_max.bytes".into(),
            ..volume()
        };
        assert!(
            declare(store, twin)
                .unwrap_err()
                .to_string()
                .contains("cache.max_bytes")
        );
    }
}
