#[lmms::operation(interface = "sensors")]
fn not_with_these_features() {}
