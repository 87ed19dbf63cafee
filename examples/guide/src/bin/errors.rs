//! Tells the three kinds of errors apart.
#![forbid(unsafe_code)]

use std::error::Error;

use guide::Guide;
use guide::guide_rates::RateError;
use lmms::CallError;

fn main() -> Result<(), Box<dyn Error>> {
    let guide = Guide::builder().modules("target/lmms/modules").open()?;

    // The operation's own error has the type that the operation declares.
    match guide.rates().rate("XYZ") {
        Err(CallError::Operation(RateError::Unknown(currency))) => println!("no {currency}"),
        other => println!("{other:?}"),
    }

    // A panic ends in the module, which stays usable.
    match guide.rates().share(100, 0) {
        Err(CallError::Panicked(panic)) => println!("{}: {}", panic.operation, panic.message),
        other => println!("{other:?}"),
    }
    println!("{}", guide.rates().share(100, 4)?);

    // Everything else comes from LMMS, such as a name that nobody knows.
    let error = guide.load("rate").unwrap_err();
    println!("{error}");
    Ok(())
}
