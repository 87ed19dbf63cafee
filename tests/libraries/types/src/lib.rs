//! The types that the fixture modules exchange with their tests.

#![forbid(unsafe_code)]

pub mod states;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use lmms::Portable;

/// One of everything that may cross the boundary.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct Everything {
    /// Scalars.
    pub scalars: (i8, u16, i32, u64, i128, f32, f64, bool),
    /// A character.
    pub letter: char,
    /// Text.
    pub text: String,
    /// Bytes.
    pub bytes: Vec<u8>,
    /// Nested options and results.
    pub maybe: Option<Result<String, u32>>,
    /// A boxed shape.
    pub boxed: Box<Shape>,
    /// An array of text.
    pub array: [String; 3],
    /// Maps.
    pub by_name: HashMap<String, Vec<u32>>,
    /// Sorted maps.
    pub by_number: BTreeMap<u32, Pair<String>>,
    /// Sets.
    pub names: HashSet<String>,
    /// Sorted sets.
    pub numbers: BTreeSet<i64>,
    /// A time span.
    pub span: Duration,
    /// A time.
    pub time: SystemTime,
    /// A path.
    pub path: PathBuf,
    /// A type that contains itself.
    pub tree: Tree,
}

/// An enum of every kind of variant.
#[derive(Clone, Debug, PartialEq, Portable)]
pub enum Shape {
    /// Unit.
    Point,
    /// Tuple.
    Circle(f64),
    /// Named fields.
    Rectangle {
        /// In metres.
        width: f64,
        /// In metres.
        height: f64,
    },
}

/// A generic type.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct Pair<T> {
    /// One.
    pub left: T,
    /// The other.
    pub right: T,
}

/// A recursive type.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct Tree {
    /// What it holds.
    pub value: u32,
    /// What is below.
    pub children: Vec<Tree>,
}

/// Why a probe failed.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub enum ProbeError {
    /// On purpose.
    Refused {
        /// Why.
        reason: String,
    },
    /// A peer failed.
    Peer(String),
}

/// A result under another name.
pub type Outcome<T, E = ProbeError> = Result<T, E>;

/// A result whose parameters are in another order.
pub type Swapped<E, T> = Result<T, E>;

/// An option under another name.
pub type Maybe<T> = Option<T>;

/// What is called a result.
pub mod named {
    pub use super::Outcome as Result;

    /// What is called so and is none.
    pub mod own {
        /// A struct.
        #[derive(Clone, Debug, PartialEq, lmms::Portable)]
        pub struct Result {
            /// Why.
            pub reason: String,
        }
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { reason } => write!(f, "refused: {reason}"),
            Self::Peer(reason) => write!(f, "a peer failed: {reason}"),
        }
    }
}

impl std::error::Error for ProbeError {}

impl Everything {
    /// A value with something in each field.
    pub fn sample() -> Self {
        Self {
            scalars: (-1, 2, -3, 4, -5, 6.5, 7.25, true),
            letter: 'ß',
            text: "text".repeat(100),
            bytes: (0..=255).collect(),
            maybe: Some(Err(404)),
            boxed: Box::new(Shape::Rectangle {
                width: 1.5,
                height: 2.5,
            }),
            array: ["a".into(), String::new(), "c".into()],
            by_name: HashMap::from([("one".into(), vec![1]), ("two".into(), vec![2, 2])]),
            by_number: BTreeMap::from([(
                7,
                Pair {
                    left: "l".into(),
                    right: "r".into(),
                },
            )]),
            names: HashSet::from(["x".into(), "y".into()]),
            numbers: BTreeSet::from([-1, 0, 1]),
            span: Duration::from_millis(1500),
            time: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            path: PathBuf::from("/some/where"),
            tree: Tree {
                value: 1,
                children: vec![Tree {
                    value: 2,
                    children: vec![],
                }],
            },
        }
    }
}

/// Something of the host's that code of a type calls.
#[derive(Debug, Default)]
pub struct Hook(RwLock<Option<fn()>>);

impl Hook {
    /// Hangs it up. A module has a copy of this crate for itself, in which nothing is.
    pub fn hang(&self, action: fn()) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(action);
    }

    fn call(&self) {
        let action = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(action) = action {
            action();
        }
    }
}

/// Called when an [`Alert`] is destroyed.
pub static DROPPED: Hook = Hook(RwLock::new(None));
/// Called when one is hashed.
pub static HASHED: Hook = Hook(RwLock::new(None));
/// Called when two are compared.
pub static COMPARED: Hook = Hook(RwLock::new(None));

/// A result whose destructor, hash and order are code of its own.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct Alert {
    /// Text.
    pub text: String,
}

impl Drop for Alert {
    fn drop(&mut self) {
        DROPPED.call();
    }
}

impl Hash for Alert {
    fn hash<H: Hasher>(&self, state: &mut H) {
        HASHED.call();
        self.text.hash(state);
    }
}

impl Ord for Alert {
    fn cmp(&self, other: &Self) -> Ordering {
        COMPARED.call();
        self.text.cmp(&other.text)
    }
}

impl PartialOrd for Alert {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
