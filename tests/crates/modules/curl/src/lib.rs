//! Reads a file through a statically linked curl: no network.
#![forbid(unsafe_code)]

use lmms::operation;

lmms::module!();

/// Reads `/proc/self/stat`; gives `seed + 1`.
#[operation(interface = "uses_curl")]
fn provoke(seed: u64) -> Result<u64, String> {
    let mut bytes = 0;
    let mut easy = curl::easy::Easy::new();
    easy.url("file:///proc/self/status")
        .map_err(|error| error.to_string())?;
    {
        let mut transfer = easy.transfer();
        let count = |data: &[u8]| {
            bytes += data.len();
            Ok(data.len())
        };
        transfer
            .write_function(count)
            .map_err(|error| error.to_string())?;
        transfer.perform().map_err(|error| error.to_string())?;
    }
    if bytes == 0 {
        return Err("nothing was read".to_owned());
    }
    Ok(seed + 1)
}

/// There is nothing to stop.
#[operation(interface = "uses_curl")]
fn stop() -> bool {
    false
}
