lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["own_type"] }
}

#[derive(Debug)]
struct Secret;

fn calls(home: &Home) -> Result<u32, Box<dyn std::error::Error>> {
    let secret: Secret = home.own().secret()?;
    let shared: lmms::Shared<u32> = home.own().shared().depth(&secret, "a", None::<Secret>)?;
    let depth: u32 = home.own().pin()?.depth(secret, "a", ())?;
    Ok(depth + *shared)
}

fn main() {}
