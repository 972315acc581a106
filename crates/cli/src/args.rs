//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{check, completions, demo, fetch, get_auth_token, redact, rotate, secret, serve, status};
use crate::help;

/// Token authentication for Ray clusters, compatible with Ray 2.52 and newer.
#[derive(Debug, Parser)]
#[command(
    name = "ray-auth",
    version,
    long_about = help::TOOL,
    after_long_help = help::TOOL_AFTER,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prints this process's token, and makes one if asked to.
    #[command(long_about = help::GET_AUTH_TOKEN, after_long_help = help::GET_AUTH_TOKEN_AFTER)]
    GetAuthToken(get_auth_token::Args),
    /// Says how a process in this environment, or running ones, authenticate, and what is wrong.
    #[command(long_about = help::STATUS, after_long_help = help::STATUS_AFTER)]
    Status(status::Args),
    /// Replaces the cluster's token step by step, while the cluster runs.
    #[command(long_about = help::rotate::ROTATE, after_long_help = help::rotate::ROTATE_AFTER, disable_help_subcommand = true)]
    Rotate(rotate::Args),
    /// Serves an in-memory equivalent of Ray's GCS that requires the token.
    #[command(long_about = help::SERVE, after_long_help = help::SERVE_AFTER)]
    Serve(serve::Args),
    /// Asks a server of a cluster whether it requires the token, and whether it takes ours.
    #[command(long_about = help::CHECK, after_long_help = help::CHECK_AFTER)]
    Check(check::Args),
    /// Shows all of it on a small cluster of its own, with an intruder and a live change of the token.
    #[command(long_about = help::DEMO, after_long_help = help::DEMO_AFTER)]
    Demo(demo::Args),
    /// Prints the manifest of a Kubernetes Secret with a fresh token.
    #[command(long_about = help::SECRET, after_long_help = help::SECRET_AFTER)]
    Secret(secret::Args),
    /// Downloads a package with the credentials of this environment.
    #[command(long_about = help::fetch::FETCH, after_long_help = help::fetch::FETCH_AFTER)]
    Fetch(fetch::Args),
    /// Prints a URI, or text with URIs in it, without the credentials in them.
    #[command(long_about = help::fetch::REDACT, after_long_help = help::fetch::REDACT_AFTER)]
    Redact(redact::Args),
    /// Prints a completion script for a shell.
    #[command(long_about = help::COMPLETIONS, after_long_help = help::COMPLETIONS_AFTER)]
    Completions(completions::Args),
}

#[cfg(test)]
mod tests;
