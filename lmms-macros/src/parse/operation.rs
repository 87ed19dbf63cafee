//! A function under `#[operation]`: its body stays as it is written, which may be half of what it will be.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Visibility};

/// A function whose body nobody reads.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    body: TokenStream,
}

/// Why an item is no operation's function.
#[derive(Debug)]
pub(crate) enum NoFunction {
    /// It is something else; the span is that of its first word.
    Other(Span),
    /// It is a function whose signature can't be read.
    Unreadable(syn::Error),
}

impl Function {
    pub(crate) fn parse(item: TokenStream) -> Result<Function, NoFunction> {
        let parser = |input: ParseStream<'_>| {
            Ok(Function {
                attributes: input.call(Attribute::parse_outer)?,
                visibility: input.parse()?,
                signature: input.parse()?,
                body: input.parse()?,
            })
        };
        let word = first_word(&item);
        match parser.parse2(item) {
            Ok(function) if function.has_body() => Ok(function),
            Ok(_) => Err(NoFunction::Other(word.span)),
            Err(error) if word.begins_a_function => Err(NoFunction::Unreadable(error)),
            Err(_) => Err(NoFunction::Other(word.span)),
        }
    }

    fn has_body(&self) -> bool {
        matches!(
            self.body.clone().into_iter().next(),
            Some(TokenTree::Group(group)) if group.delimiter() == proc_macro2::Delimiter::Brace
        )
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Function {
            attributes,
            visibility,
            signature,
            body,
        } = self;
        tokens.extend(quote!(#(#attributes)* #visibility #signature #body));
    }
}

struct Word {
    span: Span,
    /// Whether `fn` follows, behind words that may stand before it.
    begins_a_function: bool,
}

/// The first word behind attributes: `struct`, `impl`, `pub`.
fn first_word(item: &TokenStream) -> Word {
    let mut trees = item.clone().into_iter().peekable();
    while matches!(trees.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#') {
        trees.next();
        trees.next();
    }
    let span = trees.peek().map_or_else(Span::call_site, TokenTree::span);
    let begins_a_function = trees
        .find_map(|tree| match tree {
            TokenTree::Ident(word) if word == "fn" => Some(true),
            TokenTree::Ident(word) => {
                let words = [
                    "pub", "const", "async", "unsafe", "safe", "extern", "default", "gen",
                ];
                (!words.iter().any(|known| word == known)).then_some(false)
            }
            // `pub(crate)`, `extern "C"`.
            TokenTree::Group(_) | TokenTree::Literal(_) => None,
            TokenTree::Punct(_) => Some(false),
        })
        .unwrap_or(false);
    Word {
        span,
        begins_a_function,
    }
}
