//! Netrc files.

/// A netrc file.
#[derive(Clone, Debug)]
pub struct Netrc {}
