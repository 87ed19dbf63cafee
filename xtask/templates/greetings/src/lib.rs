//! Greets.
#![forbid(unsafe_code)]

use lmms::operation;

lmms::module!();

/// Greets `name`.
///
/// # Errors
/// There is nobody to greet.
#[operation(interface = "greetings", cache(ttl = "1h"))]
pub fn greet(name: &str) -> Result<String, String> {
    match name.trim() {
        "" => Err("there is nobody to greet: give a name".to_owned()),
        name => Ok(format!("Hello, {name}!")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_greeted_and_nobody_is_not() {
        assert_eq!(greet(" Ann ").unwrap(), "Hello, Ann!");
        assert!(greet(" ").is_err());
    }
}
