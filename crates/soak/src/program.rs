//! The program: the driver, and what it starts.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{driver, node, put};

/// Real processes that call each other while their token is rotated.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts the processes, rotates, breaks and kills, and prints what came of it.
    Drive(driver::Arguments),
    /// One process of the cluster, told what to do on stdin; the token comes from Ray's environment variables.
    Node(node::Arguments),
    /// Puts the keyring on stdin into a file: what the driver lets another process do whose disk is full.
    Put(put::Arguments),
}

/// Does what the command line says.
pub(crate) fn run() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Drive(arguments) => on_runtime(driver::run(arguments)),
        Command::Node(arguments) => on_runtime(node::run(arguments)).map(|()| ExitCode::SUCCESS),
        Command::Put(arguments) => put::run(&arguments).map(|()| ExitCode::SUCCESS),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Runs to the end and leaves behind what still waits: a thread that reads from stdin cannot be told to stop.
fn on_runtime<T>(run: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(run);
    runtime.shutdown_background();
    ended
}
