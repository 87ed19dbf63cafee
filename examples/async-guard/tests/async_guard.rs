//! What the program prints.
#![forbid(unsafe_code)]

#[path = "../../run.rs"]
mod run;

#[test]
fn the_guard_keeps_the_module_until_the_task_has_ended() {
    let printed = run::output(env!("CARGO_BIN_EXE_async-guard"), &["basket"]);
    let (before, after) = printed
        .split_once("after the task: ")
        .expect("the program ends");
    assert_eq!(
        before,
        "while the task waits: stays: 1 call or guard holds it\nthe basket costs 460 cents\n"
    );
    assert!(after.starts_with("unloaded, "), "{after}");
}
