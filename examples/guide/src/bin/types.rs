//! Passes values of a module's own types.
#![forbid(unsafe_code)]

use std::error::Error;

use guide::Guide;
use guide::guide_places::{Kind, Place};

fn main() -> Result<(), Box<dyn Error>> {
    let guide = Guide::builder().modules("target/lmms/modules").open()?;
    let places = [
        Place {
            name: "Old Mill".to_owned(),
            kind: Kind::Bakery,
            at: (1.0, 2.0),
        },
        Place {
            name: "City Library".to_owned(),
            kind: Kind::Library,
            at: (0.5, 0.5),
        },
    ];

    let nearest = guide.places().nearest(&(0.0, 0.0), &places, None)?;
    println!("nearest: {:?}", nearest.map(|place| place.name));
    let bakery = guide
        .places()
        .nearest(&(0.0, 0.0), &places, Some(Kind::Bakery))?;
    println!("nearest bakery: {:?}", bakery.map(|place| place.name));
    Ok(())
}
