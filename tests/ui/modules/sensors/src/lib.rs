//! A module in several files, with features and aliases.

lmms::module!();

mod readings;

#[cfg(feature = "history")]
mod history;

#[cfg(feature = "experimental")]
mod experimental;

#[cfg(test)]
mod tests {
    #[lmms::operation(interface = "sensors")]
    fn only_in_tests() {}
}
