//! `call`: one operation by name.
#![forbid(unsafe_code)]

use std::io::Write;
use std::path::Path;

use home_types::text::without_mark;
use lmms::CallError;
use serde_json::{Map, Value};

use crate::ask;
use crate::error::Error;
use crate::home::Session;
use crate::invoke::read;
use crate::output::{self, Screen};
use crate::summary;

/// Calls `interface.operation` with `kwargs` (see [`kwargs`]) and writes its result, to the file
/// `save_to` if there is one. An error of the operation itself, or a panic in it, is written to
/// `errors` as JSON; then the result is `false`.
///
/// # Errors
/// Unknown names, wrong arguments, LMMS can't make the call, or the file can't be written.
pub fn call(
    session: &Session,
    (interface, operation): (&str, &str),
    kwargs: Map<String, Value>,
    save_to: Option<&Path>,
    screens: (Screen, Screen),
    (out, errors): (&mut dyn Write, &mut dyn Write),
) -> Result<bool, Error> {
    let result = ask::call(
        &session.gateway,
        &session.target,
        interface,
        operation,
        kwargs,
    );
    match result {
        Ok(value) => {
            match save_to {
                Some(file) => {
                    output::save(file, &value, summary::gives_bytes(interface, operation))?;
                }
                None => screens.0.write_json(out, &value)?,
            }
            Ok(true)
        }
        Err(CallError::Lmms(error)) => Err((*error).into()),
        Err(error) => {
            screens
                .1
                .write_json(errors, &ask::failure_to_json(&error))?;
            Ok(false)
        }
    }
}

/// Arguments by name: a JSON object, `@FILE` with one, or `-` for the standard input.
///
/// # Errors
/// The file can't be read, or it is no JSON object.
pub fn kwargs(argument: Option<&str>) -> Result<Map<String, Value>, Error> {
    let text = match argument {
        None => return Ok(Map::new()),
        Some("-") => read(Path::new("-"))?,
        Some(text) => match text.strip_prefix('@') {
            Some(file) => read(Path::new(file))?,
            None => text.as_bytes().to_vec(),
        },
    };
    let refuse = |problem: String| Error::Arguments { problem };
    match serde_json::from_slice(&without_mark(&text)) {
        Ok(Value::Object(kwargs)) => Ok(kwargs),
        Ok(_) => Err(refuse("are JSON, but no object".to_owned())),
        Err(error) => Err(refuse(format!("are not JSON ({error})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_from_the_command_line_or_a_file() {
        assert!(kwargs(None).unwrap().is_empty());
        assert_eq!(kwargs(Some("{\"a\": 1}")).unwrap()["a"], 1);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kwargs.json");
        std::fs::write(&file, "\u{feff}{\"b\": [2]}").unwrap();
        let argument = format!("@{}", file.display());
        assert_eq!(kwargs(Some(&argument)).unwrap()["b"][0], 2);
    }

    #[test]
    fn what_is_no_object_is_refused_with_an_example() {
        for wrong in ["[1]", "1", "{", "", "name=x"] {
            let error = kwargs(Some(wrong)).unwrap_err().to_string();
            assert!(error.contains("JSON object"), "{error}");
        }
        let error = kwargs(Some("@no-such-file")).unwrap_err().to_string();
        assert!(error.contains("can't read no-such-file"), "{error}");
    }
}
