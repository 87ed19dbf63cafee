//! The module `{{name}}`.
#![forbid(unsafe_code)]

use lmms::operation;

lmms::module!();

/// Counts the words in `text`.
#[operation(interface = "{{crate}}")]
pub fn count_words(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_whatever_is_between_them() {
        assert_eq!(count_words(" one\ttwo\n three "), 3);
        assert_eq!(count_words(""), 0);
    }
}
