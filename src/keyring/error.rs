//! Why a keyring refuses a change.

use crate::token::TokenSetError;

/// A change of a [`Keyring`](super::Keyring) that would break a cluster, or that makes no sense now. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// `stage` while another token is staged.
    #[error("another token is already staged; promote it, or abort it first")]
    AlreadyStaged,
    /// `stage` of the token in use.
    #[error("the token is already the primary; stage a new one")]
    AlreadyPrimary,
    /// `stage` while tokens of the last rotation are still accepted.
    #[error("the last rotation is not finished: an old token is still accepted; retire it first")]
    RotationUnfinished,
    /// `promote` without a staged token.
    #[error("no token is staged; stage one first, on every process")]
    NothingStaged,
    /// `retire` or a second rotation while a token is staged.
    #[error("a token is staged; promote it on every process, or abort it, before retiring")]
    StillStaged,
    /// `replace` would send a token that peers were never told to accept.
    #[error("the new primary is not accepted yet, so peers may refuse it; stage it first, on every process")]
    PrimaryNotAccepted,
    /// `replace` would refuse the token that peers are sending.
    #[error("the primary in use would no longer be accepted while peers may still send it; keep it as accepted first")]
    PrimaryDropped,
    /// The keyring's tokens are those of its source, a file that is followed or a variable, which decides alone.
    #[error(
        "the tokens are those of the keyring's source; change the file, or for RAY_AUTH_TOKEN restart with another"
    )]
    Followed,
    /// The tokens do not make a set.
    #[error(transparent)]
    Set(#[from] TokenSetError),
}
