//! Banister.
fn main() {}
