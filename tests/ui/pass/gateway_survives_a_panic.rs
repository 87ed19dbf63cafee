#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! An application that goes on after a panic.
use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};

use lmms::{CallError, Context};
use lmms_tests::Device;

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights", "sensors"] }
}

fn calls(home: &Home, pinned: &HomeLightsPinned<'_>, cx: &Context) -> bool {
    let lights = home.lights();
    let shared = lights.shared();
    let listed: Result<Result<Vec<Device>, CallError>, _> = catch_unwind(|| home.lights().list());
    listed.is_ok()
        && catch_unwind(|| lights.list()).is_ok()
        && catch_unwind(|| shared.list()).is_ok()
        && catch_unwind(|| pinned.list()).is_ok()
        && catch_unwind(|| home.statistics()).is_ok()
        && catch_unwind(|| cx.unix_time()).is_ok()
}

fn main() {
    fn whole_after_a_panic<T: UnwindSafe + RefUnwindSafe>() {}
    whole_after_a_panic::<Home>();
    whole_after_a_panic::<HomeLights<'static>>();
    whole_after_a_panic::<HomeLightsShared<'static>>();
    whole_after_a_panic::<HomeLightsPinned<'static>>();
    whole_after_a_panic::<lmms::Runtime>();
    whole_after_a_panic::<lmms::OwnedGuard>();
    whole_after_a_panic::<lmms::Shared<Vec<Device>>>();
    whole_after_a_panic::<lmms::Context>();
    let _: fn(&Home, &HomeLightsPinned<'_>, &Context) -> bool = calls;
}
