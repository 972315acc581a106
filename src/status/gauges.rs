//! The metrics of a keyring as a whole.

use crate::keyring::{KeyringSource, Look};

pub(super) fn publish(look: &Look) {
    // A gauge is a float: exact up to 2^53 changes.
    metrics::gauge!("ray_auth_keyring_generation").set(look.generation as f64);
    if let KeyringSource::Followed(follow) = &look.source {
        metrics::gauge!("ray_auth_reload_age_seconds").set(follow.age.as_secs_f64());
        metrics::gauge!("ray_auth_reload_failing").set(f64::from(u8::from(follow.error.is_some())));
    }
}
