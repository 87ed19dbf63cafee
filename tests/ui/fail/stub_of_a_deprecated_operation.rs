#![deny(deprecated, unused_must_use)]

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["retired"] }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = Home::builder().open()?;
    let retired = home.retired();
    retired.double(4)?;
    retired.pin()?.double(4)?;
    retired.secret()?;
    retired.twice(4);
    retired.shared().twice(4);
    Ok(())
}
