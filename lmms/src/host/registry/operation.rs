//! Operations, as the registry knows them.

#![forbid(unsafe_code)]

use std::fmt;
use std::ops::Range;

use super::{CacheInfo, Registry, Row, Text};

/// An operation, as the registry knows it.
#[derive(Clone, Copy)]
pub struct OperationInfo {
    registry: &'static Registry,
    index: u32,
}

/// The names of an operation's parameters.
#[derive(Debug)]
pub(crate) struct ParameterNames {
    text: &'static str,
    /// Every other place is a type's.
    places: std::slice::Iter<'static, Text>,
}

/// Operations that follow each other in the registry.
#[derive(Clone)]
pub struct Operations {
    registry: &'static Registry,
    range: Range<u32>,
}

/// A parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterInfo {
    /// Its name, also in calls by name.
    pub name: &'static str,
    /// Its type, as written.
    pub type_name: &'static str,
    /// May be left out in calls by name.
    pub optional: bool,
}

impl OperationInfo {
    /// The registry must have it.
    #[inline]
    pub(super) fn new(registry: &'static Registry, index: u32) -> Self {
        Self { registry, index }
    }

    #[inline]
    fn row(&self) -> &'static Row {
        &self.registry.tables.rows[self.index as usize]
    }

    /// The text in that place behind its row's details.
    fn detail(&self, index: u32) -> &'static str {
        let tables = &self.registry.tables;
        tables.text_at(tables.details[(self.row().details + index) as usize])
    }

    /// Its index in the registry.
    pub fn index(&self) -> usize {
        self.index as usize
    }

    /// Index of its module.
    #[inline]
    pub fn module(&self) -> usize {
        self.row().module as usize
    }

    /// The interface.
    pub fn interface(&self) -> &'static str {
        self.registry.tables.text_at(self.row().interface)
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        self.registry.tables.text_at(self.row().name)
    }

    /// `interface.name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.interface(), self.name())
    }

    /// The function's doc comment.
    pub fn docs(&self) -> &'static str {
        self.detail(Row::DOCS)
    }

    /// Parameters and result, as written.
    pub fn signature(&self) -> &'static str {
        self.detail(Row::SIGNATURE)
    }

    /// The result's type, as written.
    pub fn result(&self) -> &'static str {
        self.detail(Row::RESULT)
    }

    /// See [`Row::form`].
    #[doc(hidden)]
    pub fn form(&self) -> usize {
        self.row().form as usize
    }

    /// Whether it stands in that registry.
    pub(crate) fn is_of(&self, registry: &'static Registry) -> bool {
        std::ptr::eq(self.registry, registry)
    }

    /// Its index among its module's operations.
    pub(crate) fn slot(&self) -> usize {
        (self.index - self.registry.modules[self.module()].first) as usize
    }

    pub(crate) fn parameter_names(&self) -> ParameterNames {
        let row = self.row();
        let tables = &self.registry.tables;
        let first = (row.details + Row::PARAMETERS) as usize;
        let places = &tables.details[first..first + 2 * usize::from(row.parameters)];
        ParameterNames {
            text: tables.text,
            places: places.iter(),
        }
    }

    /// The parameters, without the context.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = ParameterInfo> + use<> {
        let operation = *self;
        (0..self.row().parameters).map(move |number| {
            let optional = operation.row().optional >> number & 1 == 1;
            let detail = Row::PARAMETERS + 2 * u32::from(number);
            ParameterInfo {
                name: operation.detail(detail),
                type_name: operation.detail(detail + 1),
                optional,
            }
        })
    }

    /// Fingerprint of names, types and layouts.
    #[inline]
    pub fn fingerprint(&self) -> u64 {
        self.registry.tables.fingerprints.as_flattened()[self.index as usize]
    }

    /// How results are cached, if they are.
    #[inline]
    pub fn cache(&self) -> Option<&'static CacheInfo> {
        let index = self.row().cache.checked_sub(1)?;
        Some(&self.registry.tables.caches[index as usize])
    }

    /// The operation keeps its module loaded for good.
    pub fn pinned(&self) -> bool {
        self.row().pinned
    }

    /// Why the operation should no longer be called, if it is `#[deprecated]`; empty if its author gives no reason.
    pub fn deprecated(&self) -> Option<&'static str> {
        let row = self.row();
        let behind = Row::PARAMETERS + 2 * u32::from(row.parameters);
        row.deprecated.then(|| self.detail(behind))
    }

    /// The operation is left out of documentation and lists: it is `#[doc(hidden)]`.
    pub fn hidden(&self) -> bool {
        self.row().hidden
    }

    /// The operation takes a context.
    pub fn context(&self) -> bool {
        self.row().context
    }
}

impl Iterator for ParameterNames {
    type Item = &'static str;

    #[inline]
    fn next(&mut self) -> Option<&'static str> {
        let [start, end] = *self.places.next()?;
        self.places.next();
        self.text.get(start as usize..end as usize)
    }
}

impl fmt::Debug for OperationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationInfo")
            .field("name", &self.full_name())
            .field("signature", &self.signature())
            .finish_non_exhaustive()
    }
}

impl Operations {
    pub(super) fn new(registry: &'static Registry, range: Range<u32>) -> Self {
        Self { registry, range }
    }

    /// The operation in that place among them.
    pub fn get(&self, index: usize) -> Option<OperationInfo> {
        (index < self.len()).then(|| OperationInfo {
            registry: self.registry,
            index: self.range.start + index as u32,
        })
    }

    fn at(&self, index: u32) -> OperationInfo {
        OperationInfo {
            registry: self.registry,
            index,
        }
    }
}

impl Iterator for Operations {
    type Item = OperationInfo;

    fn next(&mut self) -> Option<OperationInfo> {
        let index = self.range.next()?;
        Some(self.at(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl DoubleEndedIterator for Operations {
    fn next_back(&mut self) -> Option<OperationInfo> {
        let index = self.range.next_back()?;
        Some(self.at(index))
    }
}

impl ExactSizeIterator for Operations {}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
