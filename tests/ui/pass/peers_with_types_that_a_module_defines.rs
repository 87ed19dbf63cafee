//! A module that calls another.

lmms::module!();

lmms::gateway! {
    Peers { modules: ["paints"], interfaces: ["paints"] }
}

#[lmms::operation(interface = "scenes")]
fn paint(cx: &lmms::Context, title: &str) -> Option<u32> {
    let picture = Peers::new(cx).paints().paint(title, peers_paints::Colour::Red).ok()?;
    u32::try_from(picture.shapes.len()).ok()
}

fn main() {}
