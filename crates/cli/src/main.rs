//! The `ray-auth` tool.
fn main() {}
