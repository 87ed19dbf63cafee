//! Looks at words.
#![forbid(unsafe_code)]

use std::cell::RefCell;

use lmms::operation;

lmms::module!();

thread_local! {
    /// Reused by each call on a thread.
    static LETTERS: RefCell<Vec<char>> = const { RefCell::new(Vec::new()) };
}

/// The number of words in `text`.
#[operation(interface = "words")]
fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The letters of `word` in alphabetical order.
#[operation(interface = "words")]
fn sorted(word: &str) -> String {
    LETTERS.with_borrow_mut(|letters| {
        letters.clear();
        letters.extend(word.chars());
        letters.sort_unstable();
        letters.iter().collect()
    })
}
