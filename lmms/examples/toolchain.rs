//! Prints the toolchain that an application and its modules have to agree on.

#![forbid(unsafe_code)]

fn main() {
    println!("{}", lmms::TOOLCHAIN);
}
