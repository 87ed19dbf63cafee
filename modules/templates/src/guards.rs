//! Putting the weighing into a template where no filter or function is called: at operators and at lists and maps.
//!
//! Both would work on values of any size: `a ~ b` writes them out, `a == b` compares them to their last element, `[a,
//! a]` holds them twice. minijinja has no hook there, so the filter `weighed` is written behind each operand, and
//! behind each list, map and tuple. Lines stay where they are, so errors are told with the line of the template as it
//! was given.

/// The filter behind operands; what it gives is what it takes.
pub(crate) const WEIGHED: &str = "__weighed";
/// The filter behind operands of `*`, which makes long lists of short ones.
pub(crate) const REPEATED: &str = "__repeated";

/// The template with filters behind everything that has to be weighed.
pub(crate) fn guarded(source: &str) -> String {
    let mut insertions: Vec<(usize, String)> = Vec::new();
    for tag in tags(source) {
        insert(&tag, &mut insertions);
    }
    // What is inserted at the same place stays in the order in which it was found.
    insertions.sort_by_key(|(at, _)| *at);
    let mut out = String::with_capacity(source.len() + 16 * insertions.len());
    let mut copied = 0;
    for (at, text) in insertions {
        out.push_str(&source[copied..at]);
        out.push_str(&text);
        copied = at;
    }
    out.push_str(&source[copied..]);
    out
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A name that is no keyword, a string or a number.
    Name,
    Literal,
    /// `in`, `not`, `if`, …
    Keyword,
    Open,
    Close,
    Operator,
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    start: usize,
    end: usize,
}

const KEYWORDS: [&str; 16] = [
    "and", "elif", "else", "extends", "filter", "for", "from", "if", "import", "in", "include",
    "is", "not", "or", "set", "with",
];
/// Operators whose operands are weighed. `in` is one, too.
const BINARY: [&str; 13] = [
    "~", "+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=",
];

/// The code in each `{{ }}` and `{% %}`, as minijinja delimits it.
fn tags(source: &str) -> Vec<Vec<Token<'_>>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = source[at..].find('{').map(|start| at + start) {
        match source.as_bytes().get(start + 1) {
            Some(b'#') => {
                let end = source[start + 2..].find("#}");
                at = end.map_or(source.len(), |end| start + 2 + end + 2);
            }
            Some(b'{' | b'%') => {
                let (tag, end) = tokens(source, start + 2);
                let is_raw =
                    source.as_bytes()[start + 1] == b'%' && tag.len() == 1 && tag[0].text == "raw";
                at = if is_raw { raw_end(source, end) } else { end };
                tags.push(tag);
            }
            _ => at = start + 1,
        }
    }
    tags
}

/// Where the verbatim text ends that begins at `at`.
fn raw_end(source: &str, mut at: usize) -> usize {
    while let Some(start) = source[at..].find("{%").map(|start| at + start) {
        let (tag, end) = tokens(source, start + 2);
        if tag.first().is_some_and(|token| token.text == "endraw") {
            return end;
        }
        at = start + 2;
    }
    source.len()
}

/// The tokens from `at` to the end of the tag, and where that is.
fn tokens(source: &str, mut at: usize) -> (Vec<Token<'_>>, usize) {
    let bytes = source.as_bytes();
    let mut tokens: Vec<Token<'_>> = Vec::new();
    // `{{` of a map may stand inside a tag, so its braces are counted.
    let mut depth = 0_usize;
    if matches!(bytes.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    while let Some(&byte) = bytes.get(at) {
        let rest = &source[at..];
        let trimmed = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        let closes = trimmed.starts_with("%}") || trimmed.starts_with("}}") && depth == 0;
        if closes {
            return (tokens, source.len() - trimmed.len() + 2);
        }
        let (kind, length) = match byte {
            b'"' | b'\'' => (Kind::Literal, string_length(rest, byte)),
            b'0'..=b'9' => (
                Kind::Literal,
                run(rest, |c| c.is_alphanumeric() || c == '_'),
            ),
            b'(' | b'[' | b'{' => (Kind::Open, 1),
            b')' | b']' | b'}' => (Kind::Close, 1),
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ => match run(rest, |c| c.is_alphanumeric() || c == '_') {
                0 => {
                    let two = ["//", "**", "==", "!=", "<=", ">="];
                    let long = two.iter().any(|operator| rest.starts_with(operator));
                    let one = rest.chars().next().map_or(1, char::len_utf8);
                    (Kind::Operator, if long { 2 } else { one })
                }
                length => (Kind::Name, length),
            },
        };
        let text = &rest[..length];
        let behind_dot = tokens.last().is_some_and(|token| token.text == ".");
        let kind = match kind {
            Kind::Name if KEYWORDS.contains(&text) && !behind_dot => Kind::Keyword,
            kind => kind,
        };
        match text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.push(Token {
            kind,
            text,
            start: at,
            end: at + length,
        });
        at += length;
    }
    (tokens, source.len())
}

/// Notes what is to be inserted into one tag.
fn insert(tag: &[Token<'_>], insertions: &mut Vec<(usize, String)>) {
    let filter = |name: &str| format!("|{name}");
    let first = tag.first().map_or("", |token| token.text);
    // Names that get a value are no operands.
    let from = match first {
        "for" => position(tag, "in").map_or(tag.len(), |at| at + 1),
        "set" => position(tag, "=").map_or(tag.len(), |at| at + 1),
        _ => 0,
    };
    for at in from..tag.len() {
        let token = tag[at];
        let behind_operand = at > from && ends_operand(tag, at - 1);
        if token.kind == Kind::Open && !behind_operand {
            let Some(close) = closing(tag, at) else {
                continue;
            };
            if token.text != "(" || has_comma(&tag[at + 1..close]) {
                insertions.push((token.start, "(".into()));
                insertions.push((tag[close].end, format!("|{WEIGHED})")));
            }
        }
        let binary = BINARY.contains(&token.text) && token.kind == Kind::Operator
            || token.text == "in" && token.kind == Kind::Keyword;
        if !binary {
            continue;
        }
        let negated = at > 0 && tag[at - 1].text == "not";
        let operator = if negated && token.text == "in" {
            at - 1
        } else {
            at
        };
        if operator == 0 || !ends_operand(tag, operator - 1) {
            continue;
        }
        let name = if token.text == "*" { REPEATED } else { WEIGHED };
        if operator > from && may_be_container(tag, operator - 1) {
            insertions.push((tag[operator - 1].end, filter(name)));
        }
        if let Some(end) = operand_end(tag, at + 1)
            && may_be_container(tag, end)
        {
            insertions.push((tag[end].end, filter(name)));
        }
    }
    // A tuple without parentheses.
    if matches!(first, "set") && from < tag.len() && has_comma(&tag[from..]) {
        insertions.push((tag[from].start, "(".into()));
        insertions.push((tag[tag.len() - 1].end, format!(")|{WEIGHED}")));
    }
}

/// Whether an operand ends with this token.
fn ends_operand(tag: &[Token<'_>], at: usize) -> bool {
    matches!(tag[at].kind, Kind::Name | Kind::Literal | Kind::Close)
}

/// Whether the operand that ends here can be anything but text, a number, or the answer of a test.
fn may_be_container(tag: &[Token<'_>], at: usize) -> bool {
    let name = match tag[at].kind {
        Kind::Close => opening(tag, at).and_then(|open| open.checked_sub(1)),
        _ => Some(at),
    };
    let is_test = |name: usize| {
        let before = |back: usize| name.checked_sub(back).map_or("", |at| tag[at].text);
        tag[name].kind == Kind::Name
            && (before(1) == "is" || before(1) == "not" && before(2) == "is")
    };
    tag[at].kind != Kind::Literal && !name.is_some_and(is_test)
}

/// The last token of the operand that begins at `at`, with its attributes, calls and filters.
fn operand_end(tag: &[Token<'_>], mut at: usize) -> Option<usize> {
    while matches!(tag.get(at)?.text, "-" | "+" | "not") {
        at += 1;
    }
    let mut end = match tag[at].kind {
        Kind::Open => closing(tag, at)?,
        Kind::Name | Kind::Literal => at,
        _ => return None,
    };
    while let Some(next) = tag.get(end + 1) {
        match (next.text, next.kind) {
            ("." | "|", _) if tag.get(end + 2).is_some() => end += 2,
            ("(" | "[", Kind::Open) => end = closing(tag, end + 1)?,
            _ => break,
        }
    }
    Some(end)
}

fn closing(tag: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0;
    (open..tag.len()).find(|at| {
        match tag[*at].kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

fn opening(tag: &[Token<'_>], close: usize) -> Option<usize> {
    let mut depth = 0;
    (0..=close).rev().find(|at| {
        match tag[*at].kind {
            Kind::Close => depth += 1,
            Kind::Open => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// Where a token stands outside of all brackets.
fn position(tokens: &[Token<'_>], text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    tokens.iter().position(|token| {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        depth == 0 && token.text == text
    })
}

fn has_comma(tokens: &[Token<'_>]) -> bool {
    position(tokens, ",").is_some()
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// The length of a string with its quotes.
fn string_length(text: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            byte if byte == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}
