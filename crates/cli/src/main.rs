//! `ray-auth`: the tool for people who operate clusters with Ray's token authentication.
//!
//! It parses arguments, calls the libraries and prints; what it can do is in [`commands`].

mod args;
mod commands;
mod exit;
mod help;
mod logs;
mod output;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(other) => {
            // Help and version come this way, too. Who does not read them is no reason to fail.
            let _ = other.print();
            return if other.use_stderr() { exit::Exit::BadInput } else { exit::Exit::Done }.into();
        }
    };
    match commands::run(args.command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::tell(failure.text());
            failure.exit().into()
        }
    }
}
