//! What the program prints.
#![forbid(unsafe_code)]

#[path = "../../run.rs"]
mod run;

#[test]
fn a_called_module_is_loaded_again_after_it_was_unloaded() {
    let printed = run::output(
        env!("CARGO_BIN_EXE_between-modules"),
        &["invoices", "prices"],
    );
    assert_eq!(
        printed,
        "loaded before: nothing\n\
         total: 600 cents\n\
         loaded after: invoices, prices\n\
         loaded without prices: invoices\n\
         total: 600 cents\n\
         error: gold is not for sale\n"
    );
}
