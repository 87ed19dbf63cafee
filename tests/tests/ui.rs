//! What must compile does; every mistake is one error, at the right token, that says what to do.
//!
//! `TRYBUILD=overwrite cargo test -p lmms-tests --test ui` writes the answers anew. Read them.

fn main() {
    let modules = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/modules");
    // SAFETY: this test has no harness, so this is the only thread.
    unsafe { std::env::set_var("LMMS_GATEWAY_ROOT", modules) };
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*.rs");
}
