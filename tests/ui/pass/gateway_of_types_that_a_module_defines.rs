#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! An application, in a module whose parent has a gateway of the same modules.

use lmms::CallError;

lmms::gateway! {
    /// A gateway.
    pub(crate) SmartHome { modules: ["paints"] }
}

mod within {
    lmms::gateway! {
        /// Another.
        pub(super) Home { modules: ["paints", "lights"] }
    }

    pub(super) fn first(home: &Home) -> Result<Option<home_paints::shapes::Shape>, lmms::CallError> {
        home.paints().first(&[], None)
    }
}

use smart_home_paints::{Colour, PaintError, Picture, shapes::Shape};

fn calls(home: &SmartHome) -> Result<Option<Shape>, CallError<PaintError>> {
    let picture: Picture = home.paints().paint("a", Colour::default())?;
    let Picture { shown_by, shapes, .. } = picture.clone();
    assert_eq!(shown_by.map(|device| device.id), None);
    let like = Shape { corners: [(0, 0); 3], colour: Colour::Green, inside: shapes };
    match home.paints().shared().first(&[picture], Some(&like)) {
        Ok(first) => Ok(Option::clone(&first)),
        Err(_) => Err(CallError::Operation(PaintError::TooLarge { most: 3 })),
    }
}

fn main() {
    assert_eq!(Colour::Green as isize, 3);
    let _ = (calls, within::first);
}
