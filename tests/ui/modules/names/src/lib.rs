//! Parameters with every name that generated code might use itself.

lmms::module!();

#[lmms::operation(interface = "names", cache(ttl = "1s"))]
fn taken(
    cx: &lmms::Context,
    context: &[u8],
    core: Option<&[u8]>,
    key: &str,
    value: Option<&str>,
    thunk: String,
    operation: u8,
    kwargs: Option<&String>,
    interface: bool,
    result: &(u8, u8),
    r#match: char,
) -> Result<String, String> {
    let _ = (cx, context, core, key, value, operation, kwargs, interface, result, r#match);
    Ok(thunk)
}
