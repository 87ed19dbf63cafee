#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code)]
//! An application.

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["words"] }
}

fn calls(home: &Home) -> Result<(), Box<dyn std::error::Error>> {
    let _: u8 = home.words().r#gen(1, "b", None)?;
    let _: usize = home.words().r#match("a".into(), &[1])?;
    let _: lmms::Shared<usize> = home.words().shared().r#match("a".into(), &[1])?;
    let _: u8 = home.words().pin()?.r#async(1)?;
    home.r#gen().one()?;
    let _: HomeX1<'_> = home.x1();
    let _: Home_x_1<'_> = home.x_1();
    let _: HomeAPinned<'_> = home.a().pin()?;
    let _: Home_a_pinned<'_> = home.a_pinned();
    let _: Home_a_pinnedPinned<'_> = home.a_pinned().pin()?;
    let _: Home_a_pinnedShared<'_> = home.a_pinned().shared();
    let _: Home_interface<'_> = home.interface();
    let _: Option<u8> = home.option().eight(vec![], String::new(), Ok(1))?;
    Ok(())
}

fn main() {
    let names: Vec<&str> = HomeInterface::ALL.iter().map(|it| it.name()).collect();
    assert_eq!(names, ["a", "a_l_l", "a_pinned", "gen", "interface", "option", "words", "x1", "x_1"]);
    assert_eq!("x_1".parse::<HomeInterface>().unwrap(), HomeInterface::x_1);
    assert_eq!("interface".parse::<HomeInterface>().unwrap(), HomeInterface::Interface);
    let operation = Home::REGISTRY.operation(Home::REGISTRY.find("words", "gen").unwrap());
    let names: Vec<&str> = operation.parameters().map(|it| it.name).collect();
    assert_eq!(names, ["gen", "try", "dyn_"]);
}
