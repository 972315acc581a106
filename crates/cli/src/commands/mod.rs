//! What the tool can do, one module a command.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod fetch;
pub(crate) mod get_auth_token;
mod peer;
pub(crate) mod redact;
pub(crate) mod rotate;
mod runtime;
pub(crate) mod secret;
pub(crate) mod serve;
mod signals;
pub(crate) mod status;
mod time;
mod tokens;

use crate::args::Command;
use crate::exit::{Exit, Failure};
use crate::logs;

/// Does what was asked for.
///
/// # Errors
///
/// When it could not be done; that the answer is no is an [`Exit`].
pub(crate) fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::GetAuthToken(args) => {
            logs::start("warn", false)?;
            get_auth_token::run(args)
        }
        Command::Status(args) => {
            logs::start("warn", false)?;
            status::run(&args)
        }
        Command::Rotate(args) => {
            logs::start("warn", false)?;
            rotate::run(args)
        }
        Command::Serve(args) => {
            logs::start("info", true)?;
            serve::run(args)
        }
        Command::Check(args) => {
            logs::start("warn", false)?;
            check::run(&args)
        }
        Command::Demo(args) => {
            // Its intruder is refused hundreds of times, and the table at the end says so.
            logs::start("warn,ray_auth::refused=off", false)?;
            demo::run(args)
        }
        Command::Secret(args) => secret::run(&args),
        Command::Fetch(args) => {
            logs::start(fetch::LOGGED, false)?;
            fetch::run(&args)
        }
        Command::Redact(args) => {
            logs::start("warn", false)?;
            redact::run(&args)
        }
        Command::Completions(args) => completions::run(args),
    }
}
