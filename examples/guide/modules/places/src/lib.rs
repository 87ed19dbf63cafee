//! Finds places.
#![forbid(unsafe_code)]

use lmms::{Portable, operation};

lmms::module!();

/// A place on the map.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Where it is, in kilometres from the centre.
    pub at: (f64, f64),
}

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum Kind {
    /// It sells bread.
    Bakery,
    /// It lends books.
    Library,
}

/// The place among `places` that is nearest to `from`, of any kind unless `kind` says which.
#[operation(interface = "places")]
fn nearest(from: &(f64, f64), places: &[Place], kind: Option<Kind>) -> Option<Place> {
    let distance = |place: &Place| (place.at.0 - from.0).hypot(place.at.1 - from.1);
    let wanted = places
        .iter()
        .filter(|place| kind.is_none_or(|kind| kind == place.kind));
    wanted
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .cloned()
}
