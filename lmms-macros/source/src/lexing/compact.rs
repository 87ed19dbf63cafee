//! Types and signatures as text, the same wherever their tokens come from.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// An operation's signature for people: `(image: &[u8], width: u32) -> Vec<u8>`.
#[must_use]
pub fn signature_text(signature: &syn::Signature) -> String {
    let inputs = signature.inputs.to_token_stream();
    format!(
        "({}){}{}",
        compact(&inputs).trim_end_matches(','),
        arrow(signature),
        output(signature)
    )
}

fn arrow(signature: &syn::Signature) -> &'static str {
    match signature.output {
        syn::ReturnType::Default => "",
        syn::ReturnType::Type(..) => " -> ",
    }
}

fn output(signature: &syn::Signature) -> String {
    match &signature.output {
        syn::ReturnType::Default => String::new(),
        syn::ReturnType::Type(_, ty) => compact(ty),
    }
}

/// Tokens as a person would write them.
#[must_use]
pub fn compact(tokens: &impl ToTokens) -> String {
    let mut text = String::new();
    write(tokens.to_token_stream(), &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut joint = false;
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                gap_after_word(text, open);
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
                joint = false;
            }
            TokenTree::Punct(punct) => {
                write_mark(punct.as_char(), joint, text);
                joint = punct.spacing() == Spacing::Joint;
                let doubled = joint
                    && matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
                if punct.as_char() == ':' && !text.ends_with("::") && !doubled {
                    text.push(' ');
                }
            }
            word => {
                let word = word.to_string();
                gap_after_word(text, &word);
                text.push_str(&word);
                joint = false;
            }
        }
    }
    text.truncate(text.trim_end().len());
}

fn write_mark(mark: char, joint: bool, text: &mut String) {
    match mark {
        '>' if joint && text.ends_with('-') => {
            text.pop();
            text.truncate(text.trim_end().len());
            text.push_str(" -> ");
        }
        ',' | ';' => {
            text.push(mark);
            text.push(' ');
        }
        '+' | '=' => {
            text.push(' ');
            text.push(mark);
            text.push(' ');
        }
        _ => text.push(mark),
    }
}

/// Two words need a space between them.
fn gap_after_word(text: &mut String, next: &str) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if text.ends_with(is_word) && next.starts_with(is_word) {
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_shown_as_people_write_them() {
        for text in [
            "Vec<Option<u8>>",
            "(u8, [u8; 4])",
            "HashMap<String, home::Device>",
            "<u8 as T>::B",
            "fn(u8) -> u8",
            "&'static str",
            "Box<dyn Error + Send>",
            "impl Iterator<Item = u8>",
        ] {
            assert_eq!(compact(&syn::parse_str::<syn::Type>(text).unwrap()), text);
        }
    }

    #[test]
    fn signatures_are_shown_on_one_line() {
        let shown = |source| signature_text(&syn::parse_str(source).unwrap());
        assert_eq!(
            shown(
                "fn f(\n    image: &[u8],\n    width : Option< &str >,\n) -> Result<Vec<u8>,ImageError>"
            ),
            "(image: &[u8], width: Option<&str>) -> Result<Vec<u8>, ImageError>"
        );
        assert_eq!(
            shown("fn f(a: ::std::string::String, b: (u8, u8))"),
            "(a: ::std::string::String, b: (u8, u8))"
        );
        assert_eq!(shown("fn f()"), "()");
    }
}
