//! `#[serde(…)]` attributes of a copy.

use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, Meta, MetaList, MetaNameValue, Token};

use super::Copier;
use crate::items::scope::UsedPath;
use crate::lexing::compact::compact;
use crate::mistakes::type_problem::TypeProblem;

/// Keys whose value is the path of a function.
const FUNCTIONS: [&str; 6] = [
    "default",
    "deserialize_with",
    "getter",
    "serialize_with",
    "skip_serializing_if",
    "with",
];

/// Keys whose value needs an implementation that stays in the module.
const IMPLEMENTATIONS: [&str; 5] = ["bound", "from", "into", "remote", "try_from"];

impl Copier<'_> {
    /// A `#[serde(…)]` as the caller writes it: functions of other crates have absolute paths.
    pub(super) fn serde(&self, text: &str) -> Result<String, TypeProblem> {
        let Ok(Meta::List(MetaList { tokens, .. })) = syn::parse_str::<Meta>(text) else {
            return Ok(format!("#[{text}]"));
        };
        let keys = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens);
        let mut written = Vec::new();
        for key in keys.into_iter().flatten() {
            written.push(match &key {
                Meta::NameValue(pair) => self.serde_key(pair)?,
                other => compact(other),
            });
        }
        Ok(format!("#[serde({})]", written.join(", ")))
    }

    fn serde_key(&self, pair: &MetaNameValue) -> Result<String, TypeProblem> {
        let key = compact(&pair.path);
        let as_written = || pair.to_token_stream().to_string();
        let refused = |problem| self.part(&format!("`serde({key} = …)`"), problem);
        let local = || refused(TypeProblem::Local(self.at.clone()));
        if IMPLEMENTATIONS.contains(&key.as_str()) {
            return Err(local());
        }
        if !FUNCTIONS.contains(&key.as_str()) {
            return Ok(as_written());
        }
        let function = match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => text.parse::<syn::Path>(),
            other => syn::parse2(other.to_token_stream()),
        };
        let used = UsedPath::of(&function.map_err(|_| local())?);
        // `Option::is_none` belongs to a type, which is what can be followed.
        let (name, of) = used.segments.split_last().ok_or_else(local)?;
        let of = UsedPath {
            leading: used.leading,
            segments: of.to_vec(),
        };
        let found = match of.segments.is_empty() {
            true => self.foreign(&used),
            false => self.foreign(&of).map(|of| format!("{of}::{name}")),
        };
        Ok(format!("{key} = \"{}\"", found.map_err(refused)?))
    }
}
