//! What host code may do: panic, block while others go on, and use each public method.

use std::sync::mpsc::channel;
use std::thread;

use crate::home;

/// Something to do.
#[derive(Clone, Copy)]
pub struct Action {
    pub name: &'static str,
    pub run: fn(),
}

macro_rules! actions {
    ($($name:literal => $run:expr,)*) => {
        pub const ACTIONS: &[Action] = &[$(Action { name: $name, run: $run }),*];
    };
}

actions! {
    "panic" => || panic!("a bug in the host's code"),
    "block" => block,
    "checkpoint" => || home().checkpoint(),
    "sweep" => || drop(home().sweep()),
    "unload the module" => || {
        let _ = home().unload("teller").expect("it exists");
    },
    "unload another one" => || {
        let _ = home().unload("probe").expect("it exists");
    },
    "load" => || drop(home().load("teller")),
    "load another one" => || drop(home().load("keeper")),
    "call the module" => || drop(home().teller().told(9)),
    "call its own thread" => || drop(home().teller().told_by_thread(9)),
    "call another one" => || drop(home().probe().add(1, 2)),
    "call a dedicated thread" => || drop(home().there().serve(1)),
    "call two dedicated threads" => || drop(home().there().strike(1)),
    "call through a context" => || drop(home().relay().failures()),
    "call what is cached" => || drop(home().teller().alert(1)),
    "call what is cached and compared" => || drop(home().teller().alerts(1)),
    "share what is cached" => || drop(home().teller().shared().alert(1)),
    "fill the cache" => || (0..50).for_each(|number| drop(home().teller().alert(number))),
    "call what panics" => || drop(home().teller().fall("fell")),
    "call what throws" => || drop(home().teller().throw("thrown".to_owned())),
    "call by name" => || drop(home().execute_operation("probe", "add", serde_json::json!({"left": 1, "right": 2}))),
    "pin" => || drop(home().teller().pin().map(|pin| pin.told(9))),
    "own" => || drop(home().teller().pin_owned()),
    "invalidate" => || {
        let _ = home().invalidate("teller", "alert").expect("it exists");
    },
    "invalidate the module" => || {
        let _ = home().invalidate_module("teller").expect("it exists");
    },
    "statistics" => || drop(home().statistics().to_string()),
    "explain" => || drop(home().explain("teller").map(|explanation| explanation.to_string())),
    "is it resident" => || drop(home().is_resident("teller")),
    "read the clock" => || {
        let _ = home().clock().monotonic();
    },
    "log" => || tracing::info!("from the hook"),
    "another gateway comes and goes" => another_gateway,
}

/// Blocks until others were served.
fn block() {
    let (tell, told) = channel();
    thread::spawn(move || {
        let home = home();
        let served = home.probe().add(2, 2).is_ok_and(|sum| sum == 4);
        let _ = home.keeper().keep(None);
        let _ = home.probe().remembered("while another one blocks");
        let _ = home.statistics();
        let _ = home.explain("probe");
        let _ = home.invalidate_module("probe");
        let _ = tell.send(served);
    });
    assert_eq!(told.recv(), Ok(true), "others go on");
}

fn another_gateway() {
    let builder = lmms_library_tests::Fixtures::builder().modules(lmms_library_tests::modules());
    let other = builder.background_sweeps(true).open().expect("built");
    assert_eq!(other.probe().add(1, 2).expect("it answers"), 3);
    drop(other);
}
