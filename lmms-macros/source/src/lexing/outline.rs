//! The items of one source file, without their bodies.
//!
//! An outline is plain data: it stays valid between two macro calls of the same compiler process, where a syntax tree
//! with spans would not.

use crate::lexing::lexer::{self, Kind, Token};

/// A source file, read down to its items.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// `#![…]` attributes at the top of the file or inline module.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) items: Vec<Item>,
}

/// The text between the brackets of `#[…]`. A doc comment is a `doc = "…"` for each of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) text: String,
    pub(crate) line: u32,
}

impl Attribute {
    /// The attribute's path, without spaces: `cfg`, `lmms::operation`.
    pub(crate) fn path(&self) -> String {
        self.text
            .chars()
            .take_while(|c| !matches!(c, '(' | '[' | '{' | '='))
            .filter(|c| !c.is_whitespace())
            .collect()
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its own, and the `#![…]` at the beginning of a function's body.
    pub(crate) attributes: Vec<Attribute>,
    /// The line of the item's name, or of its first token where it has none.
    pub(crate) line: u32,
    pub(crate) kind: ItemKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// A function: everything from its first keyword to its body.
    Function { name: String, signature: String },
    /// `mod name;` (no body) or `mod name { … }`.
    Module {
        name: String,
        body: Option<Box<Outline>>,
    },
    /// What stands between `use` and `;`.
    Use { tree: String },
    /// `extern crate name as rename;`
    ExternCrate {
        name: String,
        rename: Option<String>,
    },
    /// A struct, enum, union or trait; a struct or enum with all its text.
    Type { name: String, text: String },
    /// A whole `type … = …;`.
    Alias { name: String, text: String },
    /// A whole `const … = …;`.
    Constant { name: String, text: String },
    /// `path!(arguments)`, also `macro_rules!`.
    Macro { path: String, arguments: String },
    /// Anything else; no name in it can be a type.
    Other { text: String },
}

/// Source whose items can't be told apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// Reads the items of a file.
pub(crate) fn outline(source: &str) -> Result<Outline, Broken> {
    let tokens = lexer::tokens(source).map_err(|unterminated| Broken {
        line: unterminated.line,
        message: format!("this {} is never closed", unterminated.what),
    })?;
    let partners = partners(source, &tokens)?;
    let reader = Reader {
        source,
        tokens: &tokens,
        partners: &partners,
    };
    Ok(reader.outline(0, tokens.len()))
}

/// For every opening delimiter the index of its closing one; zero elsewhere.
fn partners(source: &str, tokens: &[Token]) -> Result<Vec<usize>, Broken> {
    let mut partners = vec![0; tokens.len()];
    let mut open: Vec<(usize, u8)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open(byte) => open.push((index, byte)),
            Kind::Close(byte) => match open.pop() {
                Some((opener, b'(')) if byte == b')' => partners[opener] = index,
                Some((opener, b'[')) if byte == b']' => partners[opener] = index,
                Some((opener, b'{')) if byte == b'}' => partners[opener] = index,
                _ => {
                    return Err(Broken {
                        line: token.line,
                        message: format!("this `{}` closes nothing", token.text(source)),
                    });
                }
            },
            _ => {}
        }
    }
    match open.pop() {
        None => Ok(partners),
        Some((opener, _)) => Err(Broken {
            line: tokens[opener].line,
            message: format!("this `{}` is never closed", tokens[opener].text(source)),
        }),
    }
}

struct Reader<'a> {
    source: &'a str,
    tokens: &'a [Token],
    partners: &'a [usize],
}

impl Reader<'_> {
    /// Reads the items in `from..to`.
    fn outline(&self, from: usize, to: usize) -> Outline {
        let mut outline = Outline::default();
        let mut at = from;
        while at < to {
            let mut attributes = Vec::new();
            at = self.attributes(at, to, &mut attributes, &mut outline.attributes);
            if at >= to {
                break;
            }
            let end = self.end_of_item(at, to);
            outline.items.push(self.item(at, end, attributes));
            at = end;
        }
        outline
    }

    /// Reads attributes and doc comments up to the first token of the item itself.
    fn attributes(
        &self,
        mut at: usize,
        to: usize,
        outer: &mut Vec<Attribute>,
        inner: &mut Vec<Attribute>,
    ) -> usize {
        while at < to {
            let token = self.tokens[at];
            match token.kind {
                Kind::OuterDoc => {
                    outer.extend(doc_lines(token.text(self.source), token.line));
                    at += 1;
                }
                Kind::InnerDoc => {
                    inner.extend(doc_lines(token.text(self.source), token.line));
                    at += 1;
                }
                Kind::Mark(b'#') => {
                    let is_inner = self.is_mark(at + 1, b'!');
                    let opener = at + 1 + usize::from(is_inner);
                    if !self.is_open(opener, b'[') {
                        return at;
                    }
                    let closer = self.partners[opener];
                    let attribute = Attribute {
                        text: self.text(opener + 1, closer).to_owned(),
                        line: token.line,
                    };
                    if is_inner {
                        inner.push(attribute);
                    } else {
                        outer.push(attribute);
                    }
                    at = closer + 1;
                }
                _ => return at,
            }
        }
        at
    }

    /// The index after the item that starts at `from`.
    fn end_of_item(&self, from: usize, to: usize) -> usize {
        let ends_with_semicolon = self.ends_with_semicolon(from, to);
        let mut at = from;
        let mut angles = 0usize;
        while at < to {
            match self.tokens[at].kind {
                Kind::Mark(b';') => return at + 1,
                Kind::Mark(b'<') => angles += 1,
                Kind::Mark(b'>') if !self.is_arrow_head(at) => angles = angles.saturating_sub(1),
                Kind::Open(b'{') if !ends_with_semicolon && angles == 0 => {
                    return self.partners[at] + 1;
                }
                Kind::Open(_) => at = self.partners[at],
                _ => {}
            }
            at += 1;
        }
        to
    }

    /// Whether braces in this item belong to an expression or a use tree.
    fn ends_with_semicolon(&self, from: usize, to: usize) -> bool {
        let at = self.after_visibility(from, to);
        match self.word(at) {
            Some("use" | "type") => true,
            Some("static") => true,
            // `const fn`, `const unsafe fn`, `const async fn` and `const extern fn` have bodies.
            Some("const") => !matches!(
                self.word(at + 1),
                Some("fn" | "unsafe" | "async" | "extern" | "safe")
            ),
            _ => false,
        }
    }

    fn item(&self, from: usize, end: usize, mut attributes: Vec<Attribute>) -> Item {
        let at = self.after_visibility(from, end);
        let (kind, named) = self.kind(at, end);
        if matches!(kind, ItemKind::Function { .. }) {
            let body = self.body(at, end);
            // Attributes of the first statement are none of the function's.
            self.attributes(body + 1, end, &mut Vec::new(), &mut attributes);
        }
        Item {
            attributes,
            line: self.tokens[named.min(end - 1)].line,
            kind,
        }
    }

    /// What the item is, and the index of the token that names it.
    fn kind(&self, at: usize, end: usize) -> (ItemKind, usize) {
        let name_at = |index: usize| self.word(index).unwrap_or_default().to_owned();
        let kind = match self.word(at) {
            Some("use") => ItemKind::Use {
                tree: self.text(at + 1, end - 1).to_owned(),
            },
            Some("mod") => {
                let body = self
                    .is_open(at + 2, b'{')
                    .then(|| Box::new(self.outline(at + 3, self.partners[at + 2])));
                let name = name_at(at + 1);
                return (ItemKind::Module { name, body }, at + 1);
            }
            Some("struct" | "enum") => {
                let name = name_at(at + 1);
                let text = self.text(at, end).to_owned();
                return (ItemKind::Type { name, text }, at + 1);
            }
            Some("trait" | "union") if self.word(at + 1).is_some() => {
                let (name, text) = (name_at(at + 1), String::new());
                return (ItemKind::Type { name, text }, at + 1);
            }
            Some("type") => {
                let name = name_at(at + 1);
                let text = self.text(at, end).to_owned();
                return (ItemKind::Alias { name, text }, at + 1);
            }
            Some("const") if self.ends_with_semicolon(at, end) => {
                let name = name_at(at + 1);
                let text = self.text(at, end).to_owned();
                return (ItemKind::Constant { name, text }, at + 1);
            }
            Some("extern") if self.word(at + 1) == Some("crate") => {
                let rename = (self.word(at + 3) == Some("as")).then(|| name_at(at + 4));
                let name = name_at(at + 2);
                return (ItemKind::ExternCrate { name, rename }, at + 2);
            }
            _ => {
                if let Some(function) = self.function(at, end) {
                    return function;
                }
                self.macro_call(at, end).unwrap_or_else(|| ItemKind::Other {
                    text: self.text(at, end.min(at + 4)).to_owned(),
                })
            }
        };
        (kind, at)
    }

    fn function(&self, at: usize, end: usize) -> Option<(ItemKind, usize)> {
        let mut keyword = at;
        loop {
            match self.word(keyword)? {
                "fn" => break,
                "const" | "async" | "unsafe" | "safe" | "extern" | "default" | "gen" => {
                    keyword += 1;
                }
                _ => return None,
            }
            // The ABI of `extern "C" fn`.
            keyword += usize::from(self.kind_of(keyword) == Some(Kind::Literal));
        }
        let name = self.word(keyword + 1)?.to_owned();
        let signature = self.text(at, self.body(at, end)).to_owned();
        Some((ItemKind::Function { name, signature }, keyword + 1))
    }

    /// The opening brace of a function's body, or the `;` of a function in a trait or foreign block.
    fn body(&self, from: usize, end: usize) -> usize {
        let last = end - 1;
        (from..end)
            .rev()
            .find(|index| self.is_open(*index, b'{') && self.partners[*index] == last)
            .unwrap_or(last)
    }

    fn macro_call(&self, at: usize, end: usize) -> Option<ItemKind> {
        let bang = (at..end).find(|index| self.is_mark(*index, b'!'))?;
        let is_path = (at..bang)
            .all(|index| matches!(self.tokens[index].kind, Kind::Word | Kind::Mark(b':')));
        if !is_path || bang == at {
            return None;
        }
        let opener =
            (bang + 1..end).find(|index| matches!(self.kind_of(*index), Some(Kind::Open(_))))?;
        Some(ItemKind::Macro {
            path: self
                .text(at, bang)
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect(),
            arguments: self.text(opener + 1, self.partners[opener]).to_owned(),
        })
    }

    /// Skips `pub`, `pub(crate)` and the like.
    fn after_visibility(&self, at: usize, to: usize) -> usize {
        if self.word(at) != Some("pub") {
            return at;
        }
        let next = if self.is_open(at + 1, b'(') {
            self.partners[at + 1] + 1
        } else {
            at + 1
        };
        next.min(to.saturating_sub(1))
    }

    fn kind_of(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn is_mark(&self, at: usize, mark: u8) -> bool {
        self.kind_of(at) == Some(Kind::Mark(mark))
    }

    fn is_open(&self, at: usize, opener: u8) -> bool {
        self.kind_of(at) == Some(Kind::Open(opener))
    }

    /// Whether the `>` at `at` ends a `->` or `=>`.
    fn is_arrow_head(&self, at: usize) -> bool {
        at > 0
            && self.tokens[at - 1].end == self.tokens[at].start
            && (self.is_mark(at - 1, b'-') || self.is_mark(at - 1, b'='))
    }

    fn word(&self, at: usize) -> Option<&str> {
        let token = self.tokens.get(at)?;
        (token.kind == Kind::Word).then(|| token.text(self.source))
    }

    /// The source from token `from` up to, not including, token `to`.
    fn text(&self, from: usize, to: usize) -> &str {
        if from >= to {
            return "";
        }
        &self.source[self.tokens[from].start..self.tokens[to - 1].end]
    }
}

/// A doc comment without its markers, as attributes.
fn doc_lines(comment: &str, line: u32) -> Vec<Attribute> {
    let single = comment
        .strip_prefix("///")
        .or_else(|| comment.strip_prefix("//!"));
    let lines: Vec<&str> = match single {
        Some(text) => vec![text.trim_end()],
        None => comment
            .trim_start_matches("/**")
            .trim_start_matches("/*!")
            .trim_end_matches("*/")
            .lines()
            .map(|line| {
                let line = line.trim_end();
                line.trim_start().strip_prefix('*').unwrap_or(line)
            })
            .collect(),
    };
    let attribute = |text: &str| Attribute {
        text: format!("doc = {text:?}"),
        line,
    };
    lines.into_iter().map(attribute).collect()
}

#[cfg(test)]
mod tests;
