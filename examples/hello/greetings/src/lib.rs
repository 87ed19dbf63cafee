//! Greets people.
#![forbid(unsafe_code)]

use lmms::operation;

lmms::module!();

/// Greets `name`.
///
/// # Errors
/// `name` is empty.
#[operation(interface = "greetings", cache(ttl = "1h"))]
fn greet(name: &str, formal: Option<bool>) -> Result<String, String> {
    if name.is_empty() {
        return Err("there is nobody to greet".to_owned());
    }
    Ok(match formal {
        Some(true) => format!("Good day, {name}."),
        _ => format!("Hello, {name}!"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_are_informal_unless_told_otherwise() {
        assert_eq!(greet("Ada", None).unwrap(), "Hello, Ada!");
        assert_eq!(greet("Ada", Some(true)).unwrap(), "Good day, Ada.");
        assert!(greet("", None).is_err());
    }
}
