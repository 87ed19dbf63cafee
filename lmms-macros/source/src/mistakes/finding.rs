//! Mistakes at their tokens, collected so that one build shows all of them.

use proc_macro2::Span;
use quote::ToTokens;

use crate::mistakes::misuse::Misuse;

/// One mistake at one place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What is wrong.
    pub misuse: Misuse,
    error: syn::Error,
}

impl Finding {
    /// A mistake of all of `tokens`.
    pub fn at(tokens: &impl ToTokens, misuse: Misuse) -> Finding {
        Finding {
            error: syn::Error::new_spanned(tokens, &misuse),
            misuse,
        }
    }

    /// A mistake where no token is to blame, or one.
    #[must_use]
    pub fn at_span(span: Span, misuse: Misuse) -> Finding {
        Finding {
            error: syn::Error::new(span, &misuse),
            misuse,
        }
    }

    /// What the Rust parser found wrong.
    #[must_use]
    pub fn syntax(error: &syn::Error) -> Finding {
        Finding {
            misuse: Misuse::Syntax(error.to_string()),
            error: error.clone(),
        }
    }

    /// The finding as a compile error at its tokens.
    #[must_use]
    pub fn into_error(self) -> syn::Error {
        self.error
    }
}

/// Collects findings, so that one build shows all of them.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Starts with none.
    #[must_use]
    pub fn new() -> Findings {
        Findings::default()
    }

    /// Notes a mistake of all of `tokens`.
    pub fn push(&mut self, tokens: &impl ToTokens, misuse: Misuse) {
        self.0.push(Finding::at(tokens, misuse));
    }

    /// Notes a mistake where no token is to blame, or one.
    pub fn push_at(&mut self, span: Span, misuse: Misuse) {
        self.0.push(Finding::at_span(span, misuse));
    }

    /// Notes what the Rust parser found wrong.
    pub fn push_syntax(&mut self, error: &syn::Error) {
        self.0.push(Finding::syntax(error));
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` if nothing was found.
    ///
    /// # Errors
    /// The findings, in the order they were made.
    pub fn finish<T>(self, value: T) -> Result<T, Vec<Finding>> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self.0)
        }
    }
}
