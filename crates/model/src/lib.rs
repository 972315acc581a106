//! The library's keyring, from the same files, on locks that try every order of threads.
//!
//! Without `--cfg loom` this crate is empty. With it, `keyring` and what stands above it in the library's order of modules
//! are built here once more; of all their files only `src/keyring/cell.rs`, `src/keyring/revocation.rs` and
//! `src/keyring/usage.rs` know the difference. The models are in `tests/`.
#![cfg_attr(
    loom,
    allow(dead_code, unused_imports, unreachable_pub, rustdoc::all, reason = "what else needs it is not built here")
)]

#[cfg(loom)]
#[path = "../../../src"]
mod library {
    pub mod keyring;
    pub mod mode;
    pub mod source;
    pub mod token;
}

// Where the library has them, since that is how they name each other.
#[cfg(loom)]
pub use self::calls::OpenCall;
#[cfg(loom)]
pub use self::keyring::Keyring;
#[cfg(loom)]
pub use self::library::{keyring, mode, source, token};
#[cfg(loom)]
pub use self::serial::{Change, Outcome, serial_outcomes};
#[cfg(loom)]
pub use self::token::Token;

#[cfg(loom)]
mod calls;
#[cfg(loom)]
mod serial;
