//! Our clients against real Ray.
fn main() {}
