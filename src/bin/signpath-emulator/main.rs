//! The emulator
fn main() {}
