//! Nothing but a bench, in a crate of its own because it needs what nothing else does:
//! `cargo bench -p ray-auth-constant-time`.
