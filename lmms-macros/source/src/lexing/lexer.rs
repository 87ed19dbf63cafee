//! Splits Rust source into tokens that know their line.
//!
//! Inside a procedural macro the compiler's own lexer gives every token of a foreign file the span of the macro call,
//! so line numbers would be lost; and function bodies, the bulk of every file, need no more than their closing brace
//! found.

/// What a token is, as far as an outline needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or keyword, raw ones included.
    Word,
    /// A string, character, byte or number.
    Literal,
    /// A lifetime or loop label.
    Lifetime,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// Any other single character.
    Mark(u8),
    /// A doc comment about the item that follows.
    OuterDoc,
    /// A doc comment about the item around it.
    InnerDoc,
}

/// A piece of source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Byte offset of the first character.
    pub(crate) start: usize,
    /// Byte offset after the last character.
    pub(crate) end: usize,
    /// Line of the first character, from 1.
    pub(crate) line: u32,
}

impl Token {
    /// The token's text in the source it was read from.
    pub(crate) fn text(self, source: &str) -> &str {
        &source[self.start..self.end]
    }
}

/// Source that ends inside a string or comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unterminated {
    pub(crate) what: &'static str,
    /// Where it began.
    pub(crate) line: u32,
}

/// Reads all tokens; comments and white space vanish, doc comments stay.
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Unterminated> {
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        at: 0,
        line: 1,
        tokens: Vec::with_capacity(source.len() / 4),
    };
    lexer.skip_preamble();
    lexer.run()?;
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), Unterminated> {
        while let Some(byte) = self.peek(0) {
            let (start, line) = (self.at, self.line);
            let kind = match byte {
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                    continue;
                }
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    continue;
                }
                b'/' if self.peek(1) == Some(b'/') => match self.line_comment() {
                    Some(kind) => kind,
                    None => continue,
                },
                b'/' if self.peek(1) == Some(b'*') => match self.block_comment()? {
                    Some(kind) => kind,
                    None => continue,
                },
                b'"' => self.string()?,
                b'\'' => self.character_or_lifetime()?,
                b'(' | b'[' | b'{' => self.single(Kind::Open(byte)),
                b')' | b']' | b'}' => self.single(Kind::Close(byte)),
                b'0'..=b'9' => self.run_of_word(Kind::Literal),
                _ if is_word_byte(byte) => self.word_or_prefixed()?,
                _ => self.single(Kind::Mark(byte)),
            };
            self.tokens.push(Token {
                kind,
                start,
                end: self.at,
                line,
            });
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn single(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    /// A byte order mark and a `#!interpreter` line may stand before any Rust.
    fn skip_preamble(&mut self) {
        if self.source.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        let rest = &self.source[self.at..];
        if rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[') {
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn line_comment(&mut self) -> Option<Kind> {
        let rest = &self.source[self.at..];
        let kind = if rest.starts_with("//!") {
            Some(Kind::InnerDoc)
        } else if rest.starts_with("///") && !rest.starts_with("////") {
            Some(Kind::OuterDoc)
        } else {
            None
        };
        self.at += rest.find('\n').unwrap_or(rest.len());
        kind
    }

    fn block_comment(&mut self) -> Result<Option<Kind>, Unterminated> {
        let rest = &self.source[self.at..];
        let kind = if rest.starts_with("/*!") {
            Some(Kind::InnerDoc)
        } else if rest.starts_with("/**") && !rest.starts_with("/***") && !rest.starts_with("/**/")
        {
            Some(Kind::OuterDoc)
        } else {
            None
        };
        let line = self.line;
        let mut depth = 0usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(kind);
                    }
                }
                (Some(byte), _) => self.step(byte),
                (None, _) => {
                    return Err(Unterminated {
                        what: "comment",
                        line,
                    });
                }
            }
        }
    }

    /// Moves over one byte inside a literal or comment and counts lines.
    fn step(&mut self, byte: u8) {
        self.line += u32::from(byte == b'\n');
        self.at += 1;
    }

    /// At the opening quote.
    fn string(&mut self) -> Result<Kind, Unterminated> {
        let line = self.line;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.step(byte);
            match byte {
                b'"' => return Ok(Kind::Literal),
                b'\\' => {
                    if let Some(escaped) = self.peek(0) {
                        self.step(escaped);
                    }
                }
                _ => {}
            }
        }
        Err(Unterminated {
            what: "string",
            line,
        })
    }

    /// At the first `#` or the opening quote of a raw string.
    fn raw_string(&mut self) -> Result<Kind, Unterminated> {
        let line = self.line;
        let hashes = self.bytes[self.at..]
            .iter()
            .take_while(|byte| **byte == b'#')
            .count();
        self.at += hashes + 1;
        while let Some(byte) = self.peek(0) {
            self.step(byte);
            let closes = byte == b'"'
                && self.bytes[self.at..]
                    .iter()
                    .take(hashes)
                    .filter(|byte| **byte == b'#')
                    .count()
                    == hashes;
            if closes {
                self.at += hashes;
                return Ok(Kind::Literal);
            }
        }
        Err(Unterminated {
            what: "raw string",
            line,
        })
    }

    /// At the `'`.
    fn character_or_lifetime(&mut self) -> Result<Kind, Unterminated> {
        let rest = &self.source[self.at + 1..];
        let mut characters = rest.chars();
        let (first, second) = (characters.next(), characters.next());
        if first == Some('\\') {
            return self.escaped_character();
        }
        if let (Some(first), Some('\'')) = (first, second) {
            self.at += 2 + first.len_utf8();
            return Ok(Kind::Literal);
        }
        self.at += 1;
        Ok(self.run_of_word(Kind::Lifetime))
    }

    fn escaped_character(&mut self) -> Result<Kind, Unterminated> {
        let line = self.line;
        self.at += 3;
        while let Some(byte) = self.peek(0) {
            self.step(byte);
            if byte == b'\'' {
                return Ok(Kind::Literal);
            }
        }
        Err(Unterminated {
            what: "character",
            line,
        })
    }

    fn run_of_word(&mut self, kind: Kind) -> Kind {
        while self.peek(0).is_some_and(is_word_byte) {
            self.at += 1;
        }
        kind
    }

    /// A word; or a literal with a prefix (`b"…"`, `r#"…"#`, `c"…"`, `b'…'`); or a raw identifier.
    fn word_or_prefixed(&mut self) -> Result<Kind, Unterminated> {
        let start = self.at;
        self.run_of_word(Kind::Word);
        let word = &self.source[start..self.at];
        match (word, self.peek(0)) {
            ("b" | "c", Some(b'"')) => self.string(),
            ("b", Some(b'\'')) => self.character_or_lifetime(),
            ("r" | "br" | "cr", Some(b'"')) => self.raw_string(),
            ("r" | "br" | "cr", Some(b'#')) => {
                let after = self.bytes[self.at..].iter().find(|byte| **byte != b'#');
                if after == Some(&b'"') {
                    self.raw_string()
                } else if word == "r" {
                    self.at += 1;
                    Ok(self.run_of_word(Kind::Word))
                } else {
                    Ok(Kind::Word)
                }
            }
            _ => Ok(Kind::Word),
        }
    }
}

/// Letters, digits, `_` and every byte of a non-ASCII character: what continues a word.
fn is_word_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source)
            .unwrap()
            .into_iter()
            .map(|token| token.text(source))
            .collect()
    }

    #[test]
    fn literals_hide_their_delimiters() {
        let source = r##"a("}", b'{', r#"{"#, '\'', '"', b"\"{", c"(", 'x') {}"##;
        let brackets: Vec<_> = tokens(source)
            .unwrap()
            .into_iter()
            .filter(|token| matches!(token.kind, Kind::Open(_) | Kind::Close(_)))
            .map(|token| token.text(source))
            .collect();
        assert_eq!(brackets, ["(", ")", "{", "}"]);
    }

    #[test]
    fn lifetimes_are_not_characters() {
        let source = "fn f<'a>(x: &'a str, y: &'static str) -> 'é'";
        let kinds: Vec<_> = tokens(source)
            .unwrap()
            .into_iter()
            .filter(|token| matches!(token.kind, Kind::Lifetime | Kind::Literal))
            .map(|token| token.text(source))
            .collect();
        assert_eq!(kinds, ["'a", "'a", "'static", "'é'"]);
    }

    #[test]
    fn comments_vanish_and_docs_stay() {
        assert_eq!(
            texts("a // b\n/// c\n//// d\n/* e /* f */ g */ h /** i */ //! j"),
            ["a", "/// c", "h", "/** i */", "//! j"]
        );
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let source = "a\n\"\n\n\" b /*\n*/ c r#\"\n\"# d";
        let lines: Vec<_> = tokens(source)
            .unwrap()
            .into_iter()
            .map(|token| token.line)
            .collect();
        assert_eq!(lines, [1, 2, 4, 5, 5, 6]);
    }

    #[test]
    fn raw_identifiers_are_words() {
        assert_eq!(texts("r#type r"), ["r#type", "r"]);
    }

    #[test]
    fn what_never_ends_is_an_error_at_its_beginning() {
        assert_eq!(
            tokens("a\n\"b").unwrap_err(),
            Unterminated {
                what: "string",
                line: 2
            }
        );
        assert_eq!(tokens("/* a").unwrap_err().what, "comment");
        assert_eq!(tokens("r#\"a\"").unwrap_err().what, "raw string");
    }

    #[test]
    fn preambles_are_skipped() {
        assert_eq!(texts("#!/usr/bin/env run\nfn"), ["fn"]);
        assert_eq!(texts("\u{feff}fn"), ["fn"]);
        assert_eq!(texts("#![deny]"), ["#", "!", "[", "deny", "]"]);
    }
}
