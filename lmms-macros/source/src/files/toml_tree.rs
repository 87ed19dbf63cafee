//! TOML values that know their line.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::lexing::outline::Broken;

/// A value and the line its key stands on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    List(Vec<Tree>),
    Table(BTreeMap<String, Tree>),
    /// Numbers and dates, which no key of interest has.
    Other,
}

impl Tree {
    /// The value at a path of keys.
    pub(crate) fn get(&self, path: &[&str]) -> Option<&Tree> {
        let Some((key, rest)) = path.split_first() else {
            return Some(self);
        };
        match &self.value {
            Value::Table(table) => table.get(*key)?.get(rest),
            _ => None,
        }
    }

    pub(crate) fn text(&self, path: &[&str]) -> Option<&str> {
        match &self.get(path)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, path: &[&str]) -> Option<bool> {
        match &self.get(path)?.value {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self, path: &[&str]) -> &[Tree] {
        match self.get(path).map(|tree| &tree.value) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, path: &[&str]) -> Vec<&str> {
        match self.get(path).map(|tree| &tree.value) {
            Some(Value::List(list)) => list.iter().filter_map(|tree| tree.text(&[])).collect(),
            _ => Vec::new(),
        }
    }

    /// The entries of a table.
    pub(crate) fn entries(&self, path: &[&str]) -> impl Iterator<Item = (&str, &Tree)> {
        let table = match self.get(path).map(|tree| &tree.value) {
            Some(Value::Table(table)) => Some(table),
            _ => None,
        };
        table
            .into_iter()
            .flatten()
            .map(|(key, tree)| (key.as_str(), tree))
    }
}

/// Reads a TOML document.
pub(crate) fn parse(text: &str) -> Result<Tree, Broken> {
    let lines = Lines::of(text);
    match DeTable::parse(text) {
        Ok(table) => Ok(Tree {
            line: 1,
            value: lines.table(table.get_ref()),
        }),
        Err(error) => Err(Broken {
            line: lines.at(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        }),
    }
}

struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        Lines(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn at(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|newline| *newline < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    fn table(&self, table: &DeTable<'_>) -> Value {
        let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
            let key: &toml::Spanned<std::borrow::Cow<'_, str>> = key;
            let line = self.at(key.span().start);
            let value = self.value(value.get_ref(), line);
            (key.get_ref().to_string(), Tree { line, value })
        };
        Value::Table(table.iter().map(entry).collect())
    }

    fn value(&self, value: &DeValue<'_>, line: u32) -> Value {
        match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Table(table) => self.table(table),
            DeValue::Array(list) => Value::List(
                list.iter()
                    .map(|element| Tree {
                        line,
                        value: self.value(element.get_ref(), line),
                    })
                    .collect(),
            ),
            _ => Value::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_know_their_lines() {
        let tree = parse("[package]\nname = \"a\"\n\n[dependencies]\nb = { path = \"../b\" }\n\n[dependencies.c]\nworkspace = true\n").unwrap();
        assert_eq!(tree.text(&["package", "name"]), Some("a"));
        let lines: Vec<_> = tree
            .entries(&["dependencies"])
            .map(|(key, tree)| (key, tree.line))
            .collect();
        assert_eq!(lines, [("b", 5), ("c", 7)]);
        assert_eq!(tree.flag(&["dependencies", "c", "workspace"]), Some(true));
        assert_eq!(tree.text(&["dependencies", "d"]), None);
    }

    #[test]
    fn errors_know_their_line() {
        assert_eq!(parse("a = 1\nb = \n").unwrap_err().line, 2);
    }
}
