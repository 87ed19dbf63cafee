use quote::quote;

use crate::pipeline::gateway;
use crate::testing::{Workspace, assert_snapshot, errors};

const LIGHTS: &str = "
    use home_types::Device;
    lmms::module!();
    /// All lights.
    #[operation(interface = \"lights\", cache(ttl = \"30s\"))]
    fn list(room: Option<&str>, kinds: &[u8]) -> Vec<Device> {}
    /// Switches on.
    #[operation(interface = \"lights\")]
    fn turn_on(cx: &Context, device: Device, r#type: u8) -> Result<(), String> {}
    #[operation(interface = \"debug\", pinned)]
    fn dump() {}
";

#[test]
fn an_application() {
    let workspace = Workspace::new();
    workspace.module("lights", LIGHTS);
    let input = quote! {
        /// The home.
        pub SmartHome { modules: ["../modules/*"] }
    };
    let tokens = gateway(input, &workspace.application());
    assert_snapshot("gateway", workspace.without_paths(&tokens));
}

#[test]
fn a_module() {
    let workspace = Workspace::new();
    workspace.module("lights", LIGHTS);
    let scenes = workspace.module("scenes", "lmms::module!();");
    let input = quote! {
        pub(crate) Peers { modules: ["../lights"], interfaces: ["lights"] }
    };
    let tokens = gateway(input, &workspace.surroundings(scenes, "scenes"));
    assert_snapshot("gateway_in_a_module", workspace.without_paths(&tokens));
}

#[test]
fn an_interface_may_have_several_modules() {
    let workspace = Workspace::new();
    workspace.module(
        "b",
        "lmms::module!(); #[operation(interface = \"i\")] fn from_b() {}",
    );
    workspace.module(
        "a",
        "lmms::module!(); #[operation(interface = \"i\")] fn from_a() {}",
    );
    let tokens = gateway(
        quote!(pub Home { modules: ["../modules/*"] }),
        &workspace.application(),
    );
    assert_eq!(errors(&tokens), [""; 0]);
    let text = tokens.to_string();
    assert!(
        text.contains("[:: lmms :: __private :: Pin < 'g > ; 2usize]"),
        "{text}"
    );
    assert!(
        text.contains(":: lmms :: __private :: own (self . __core , & [0usize , 1usize])"),
        "{text}"
    );
}

#[test]
fn the_crate_may_have_another_name() {
    let workspace = Workspace::new();
    workspace.module("lights", LIGHTS);
    workspace.write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nlazy = { package = \"lmms\", version = \"1\" }\ntypes = { package = \"home-types\", path = \"../types\" }\n",
    );
    let tokens = gateway(
        quote!(pub Home { modules: ["../modules/*"] }),
        &workspace.application(),
    );
    assert_eq!(errors(&tokens), [""; 0]);
    let text = tokens.to_string();
    assert!(text.contains(":: lazy :: Registry") && text.contains(":: types :: Device"));
    assert!(!text.contains(":: lmms ::") && !text.contains("home_types"));
}

#[test]
fn every_file_and_the_lock_file_are_tracked() {
    let workspace = Workspace::new();
    workspace.module("lights", "lmms::module!(); mod more;");
    workspace.write("modules/lights/src/more.rs", "");
    workspace.module("ordinary", "");
    let tokens = gateway(
        quote!(pub Home { modules: ["../modules/*"] }),
        &workspace.application(),
    );
    let text = workspace.without_paths(&tokens).to_string();
    for file in [
        "Cargo.lock",
        "modules/lights/Cargo.toml",
        "modules/lights/src/lib.rs",
        "modules/lights/src/more.rs",
        "modules/ordinary/src/lib.rs",
    ] {
        let include = format!("include_bytes ! (\"$WORKSPACE/{file}\")");
        assert!(text.contains(&include), "{file} is not in {text}");
    }
}

#[test]
fn nobody_may_depend_on_a_module() {
    let workspace = Workspace::new();
    workspace.module("lights", LIGHTS);
    workspace.write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nhome-types = { path = \"../types\" }\n[dev-dependencies]\nlights = { path = \"../modules/lights\" }\n",
    );
    let tokens = gateway(
        quote!(pub Home { modules: ["../modules/*"] }),
        &workspace.application(),
    );
    let errors = errors(&tokens);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].starts_with("app/Cargo.toml:6: `app` depends on the module crate `lights` (`lights` in [dev-dependencies])"), "{errors:#?}");
}

#[test]
fn modules_are_not_told_of_interfaces_they_do_not_call() {
    let workspace = Workspace::new();
    workspace.module(
        "other",
        "lmms::module!(); struct Own; #[operation(interface = \"own\")] fn f() -> Own {} #[operation(interface = \"plain\")] fn g() {}",
    );
    let caller = workspace.module("caller", "lmms::module!();");
    let surroundings = workspace.surroundings(caller, "caller");
    let named = |interface: &str| {
        let input = quote!(Peers { modules: ["../other"], interfaces: [#interface] });
        errors(&gateway(input, &surroundings)).len()
    };
    assert_eq!(named("plain"), 0);
    assert_eq!(named("own"), 1);
}
