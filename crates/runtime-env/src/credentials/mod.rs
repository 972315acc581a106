//! Which credential goes with a request, and with each one that a redirect asks for.

/// What a process has to offer to the servers it downloads from.
#[derive(Clone, Debug)]
pub struct Credentials {}
