//! The empty program that starts are compared with: it says that it is ready.

#![forbid(unsafe_code)]

fn main() {
    println!("ready");
    let _ = std::io::stdin().read_line(&mut String::new());
}
