//! Names and keywords.

/// The keywords of all editions, also those that are only reserved, that a name may be if it is written with `r#`.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// What no name can be, not even with `r#`.
const NEVER: [&str; 5] = ["Self", "_", "crate", "self", "super"];

/// Whether a name must be written with `r#` to mean the same in every edition.
#[must_use]
pub fn needs_raw(name: &str) -> bool {
    KEYWORDS.binary_search(&name).is_ok()
}

/// Whether a function can have this name, with `r#` if need be.
pub(crate) fn can_be_a_name(name: &str) -> bool {
    !NEVER.contains(&name)
}

/// The name as code of every edition writes it.
pub(crate) fn escaped(name: &str) -> String {
    if needs_raw(name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// A name without `r#`.
pub(crate) fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_can_be_searched() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn every_name_the_parser_refuses_is_escaped_or_no_name() {
        for word in KEYWORDS.iter().chain(&NEVER) {
            let raw = syn::parse_str::<syn::Ident>(&format!("r#{word}"));
            assert_eq!(raw.is_ok(), can_be_a_name(word), "{word}");
        }
        for word in [
            "auto",
            "default",
            "macro_rules",
            "raw",
            "safe",
            "union",
            "width",
        ] {
            assert!(syn::parse_str::<syn::Ident>(word).is_ok());
            assert_eq!(escaped(word), word);
        }
        assert_eq!(escaped("gen"), "r#gen");
    }
}
