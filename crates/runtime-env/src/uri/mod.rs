//! Remote URIs, with their secrets kept apart.

/// A URI that Ray downloads packages from.
#[derive(Clone, Debug)]
pub struct RemoteUri {}
