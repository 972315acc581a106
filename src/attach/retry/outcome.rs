//! What operators learn of calls that were sent once more.

use http::{Response, Uri};

use super::choice::is_refusal;
use crate::keyring::Role;

/// What came of sending a call once more.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Accepted,
    Refused,
    Failed,
    Cancelled,
}

impl Outcome {
    pub(super) fn of<B, E>(result: &Result<Response<B>, E>) -> Self {
        match result {
            Ok(response) if is_refusal(response) => Self::Refused,
            Ok(_) => Self::Accepted,
            Err(_) => Self::Failed,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A call that is sent once more: counted and logged when it ends, however it ends.
#[derive(Debug)]
pub(super) struct Replayed {
    uri: Uri,
    token: Role,
    outcome: Outcome,
}

impl Replayed {
    /// `token` says which it is sent with.
    pub(super) fn new(uri: Uri, token: Role) -> Self {
        Self { uri, token, outcome: Outcome::Cancelled }
    }

    pub(super) fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Replayed {
    fn drop(&mut self) {
        // Rare enough for the handle to be looked up each time.
        metrics::counter!("ray_auth_replayed_total", "outcome" => self.outcome.label()).increment(1);
        tracing::debug!(
            target: "ray_auth::attach",
            outcome = self.outcome.label(),
            rpc.method = self.uri.path(),
            token.role = %self.token,
            "refused call sent once more"
        );
    }
}
