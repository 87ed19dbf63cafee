use super::resolved;

#[test]
fn lengths_are_numbers_constants_and_what_is_made_of_them() {
    let source = "use home_types::{SIZE, sizes, sizes::WIDTH as W}; mod own { pub const TWO: usize = 2; pub const SUM: usize = TWO + super::SIZE; }
        use own::SUM; const A: usize = 4; const B: usize = home_types::SIZE; mod all { pub const C: usize = 3; } use all::*;
        const BYTE: u8 = !0;";
    for (length, expected) in [
        ("4", "4"),
        ("A", "4"),
        ("SIZE", "::home_types::SIZE"),
        ("home_types::SIZE", "::home_types::SIZE"),
        ("sizes::WIDTH", "::home_types::sizes::WIDTH"),
        ("W", "::home_types::sizes::WIDTH"),
        ("B", "::home_types::SIZE"),
        ("own::TWO", "2"),
        ("SUM", "(2 + ::home_types::SIZE)"),
        ("C", "3"),
        ("2 * (A + 1)", "2 * (4 + 1)"),
        ("SUM * A", "(2 + ::home_types::SIZE) * 4"),
        ("{ A }", "4"),
        ("A as usize", "4usize as usize"),
        ("(BYTE + 1) as usize", "((!0u8) + 1) as usize"),
        ("1 << BYTE", "1 << (!0u8)"),
        ("u8::MAX as usize", "::core::primitive::u8::MAX as usize"),
        ("home_types::Device::SIZE", "::home_types::Device::SIZE"),
    ] {
        let ty = format!("[u8; {length}]");
        let expected = format!("[::core::primitive::u8; {expected}]");
        assert_eq!(resolved(source, &ty), Ok(expected), "{length}");
    }
}

#[test]
fn constants_may_come_through_a_glob() {
    for source in [
        "use home_types::*;",
        "use std::collections::*; use home_types::*;",
        "mod a { pub use home_types::*; } use a::*; use std::time::*;",
    ] {
        for (ty, expected) in [
            ("[u8; SIZE]", "[::core::primitive::u8; ::home_types::SIZE]"),
            (
                "Vec<Device<SIZE>>",
                "::std::vec::Vec<::home_types::Device<{ ::home_types::SIZE }>>",
            ),
        ] {
            assert_eq!(
                resolved(source, ty).as_deref(),
                Ok(expected),
                "{source} {ty}"
            );
        }
    }
    assert!(resolved("use std::collections::*;", "[u8; SIZE]").is_err());
}

#[test]
fn constants_may_be_arguments_of_types() {
    let source = "use home_types::{Digits, SIZE}; const N: usize = 4;";
    for (ty, expected) in [
        ("Digits<4>", "::home_types::Digits<4>"),
        ("Digits<N>", "::home_types::Digits<{ 4 }>"),
        (
            "Digits<SIZE>",
            "::home_types::Digits<{ ::home_types::SIZE }>",
        ),
        ("Digits<{ N + 1 }>", "::home_types::Digits<{ 4 + 1 }>"),
        ("Digits<-1>", "::home_types::Digits<-1>"),
    ] {
        assert_eq!(resolved(source, ty).as_deref(), Ok(expected), "{ty}");
    }
}

#[test]
fn what_is_no_constant_is_refused() {
    for (source, length, part) in [
        ("", "GONE", "nothing in this file says what `GONE` is"),
        ("mod a {}", "a::GONE", "there is no `a::GONE`"),
        ("const A: usize = A;", "A", "there is no `A`"),
        (
            "const A: usize = size();",
            "A",
            "can't work out the array length `size()`",
        ),
        (
            "#[cfg(debug_assertions)] const A: usize = 1;",
            "A",
            "only the compiler can decide",
        ),
        ("struct A;", "A", "nothing in this file says"),
        (
            "type Byte = u8; const A: Byte = !0;",
            "A as usize",
            "can't work out the array length `A`",
        ),
        (
            "type Size = usize; const A: u8 = 1;",
            "A as Size",
            "can't work out the array length `A as Size`",
        ),
    ] {
        let refused = resolved(source, &format!("[u8; {length}]")).unwrap_err();
        assert!(refused.contains(part), "{source} {length}: {refused}");
    }
}

#[test]
fn associated_types_are_those_of_their_traits() {
    let source = "use home_types::{Device, Sensor}; use std::str::FromStr;";
    for (ty, expected) in [
        (
            "<Device as Sensor>::Reading",
            "<::home_types::Device as ::home_types::Sensor>::Reading",
        ),
        (
            "<Device as home_types::Convert<u8>>::Into",
            "<::home_types::Device as ::home_types::Convert<::core::primitive::u8>>::Into",
        ),
        (
            "<u8 as FromStr>::Err",
            "<::core::primitive::u8 as ::std::str::FromStr>::Err",
        ),
        (
            "Option<<Vec<u8> as IntoIterator>::Item>",
            "::core::option::Option<<::std::vec::Vec<::core::primitive::u8> as ::core::iter::IntoIterator>::Item>",
        ),
    ] {
        assert_eq!(resolved(source, ty).as_deref(), Ok(expected), "{ty}");
    }
    for refused in [
        "<Device>::Reading",
        "<Device as Sensor>::Reading<u8>",
        "<&u8 as Sensor>::Reading",
    ] {
        assert!(resolved(source, refused).is_err(), "{refused}");
    }
}

#[test]
fn types_in_capitals_are_types() {
    for (source, ty, expected) in [
        (
            "use home_types::RGB;",
            "Vec<RGB>",
            "::std::vec::Vec<::home_types::RGB>",
        ),
        (
            "use home_types::*; #[derive(lmms::Portable)] pub struct ID(u64);",
            "Device<ID>",
            "::home_types::Device<home_m::ID>",
        ),
    ] {
        assert_eq!(resolved(source, ty).as_deref(), Ok(expected), "{ty}");
    }
}
