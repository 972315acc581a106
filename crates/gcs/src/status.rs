//! The status inside a reply: how the GCS judged a call that gRPC delivered.

use ray_auth::proto::GcsStatus;

/// Code of a key that is not there, as Ray 2.60 sends it.
const NOT_FOUND: i32 = 17;

/// Code of a key that is not allowed.
const KEY_ERROR: i32 = 2;

/// The call did what it was asked to do.
pub(crate) fn ok() -> Option<GcsStatus> {
    Some(GcsStatus::default())
}

/// The key is not there. Ray's clients turn it into "no value", which is not the same as an empty one.
pub(crate) fn key_not_found() -> Option<GcsStatus> {
    Some(GcsStatus { code: NOT_FOUND, message: "Failed to find the key".to_owned() })
}

/// The key begins as Ray's own encoding of namespaces does.
pub(crate) fn reserved_key(prefix: &str) -> Option<GcsStatus> {
    Some(GcsStatus { code: KEY_ERROR, message: format!("Key can't start with {prefix}") })
}
