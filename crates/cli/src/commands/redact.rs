//! `ray-auth redact`: URIs and logs, fit to be shown to others.

use ray_auth_runtime_env::redact::redact_uri;

use crate::exit::{Exit, Failure};
use crate::output;

/// Arguments of `redact`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The URI. Without one, text is read from stdin.
    uri: String,
}

/// Prints what may be shown.
///
/// # Errors
///
/// When it cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    output::answer(format!("{}\n", redact_uri(&args.uri)))?;
    Ok(Exit::Done)
}
