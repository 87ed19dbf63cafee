//! The smart-home engine up to the point where it could answer.

#![forbid(unsafe_code)]

use smart_home::home::{HomeChoice, Opening, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let modules = std::env::args_os().nth(1).ok_or("usage: engine MODULES")?;
    let opening = Opening {
        modules: Some(modules.into()),
        ..Opening::default()
    };
    let home = HomeChoice::Virtual(Some(":memory:".into()));
    let target = home.target(None, |_| None)?;
    let session = Session::open(&opening, target, None)?;
    println!("ready");
    let _ = std::io::stdin().read_line(&mut String::new());
    drop(session);
    Ok(())
}
