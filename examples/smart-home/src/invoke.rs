//! `invoke`: one event in, the response out.
#![forbid(unsafe_code)]

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::ask;
use crate::error::Error;
use crate::home::Session;
use crate::output::Screen;

/// Answers the event in `file`, or on the standard input where that is `-`, and writes the response.
///
/// # Errors
/// The file can't be read, or LMMS can't make the call; what is wrong with the event is a response.
pub fn invoke(
    session: &Session,
    file: &Path,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let event = read(file)?;
    let response = ask::respond(&session.gateway, &session.target, &event)?;
    screen.write_json(out, &response)?;
    Ok(())
}

/// The bytes of a file, or of the standard input for `-`.
///
/// # Errors
/// It can't be read.
pub fn read(file: &Path) -> Result<Vec<u8>, Error> {
    if file != Path::new("-") {
        return fs::read(file).map_err(|error| Error::file("read", file, error));
    }
    let mut bytes = Vec::new();
    match io::stdin().lock().read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Error::file("read", "the standard input", error)),
    }
}
