//! Our clients and servers for the interop suite. Each command prints one JSON object, or serves until it is ended.
//!
//! The token comes from Ray's environment variables, never from the command line.

mod client;
mod dashboard;
mod echo_server;
mod headers;
mod http_server;
mod jobs_server;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the four kinds of call behind the server layer. The first line is `listening on ADDRESS`.
    EchoServer,
    /// Serves a dashboard that browsers log into. The first line is `listening on ADDRESS`.
    Dashboard(dashboard::Arguments),
    /// Serves what Ray's job clients call on a dashboard, behind the server layer. The first line is as above.
    JobsServer,
    /// Calls a GCS, and a raylet if one is named, through the client layer.
    Client(client::Arguments),
    /// Serves HTTP behind the server layer, with the login endpoints. The first line is `listening on ADDRESS`.
    HttpServer(http_server::Arguments),
    /// Replays the table of observed headers against a real server of Ray's.
    Headers(headers::Arguments),
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::EchoServer => echo_server::run().await,
        Command::Dashboard(arguments) => dashboard::run(&arguments).await,
        Command::JobsServer => jobs_server::run().await,
        Command::Client(arguments) => client::run(&arguments).await,
        Command::HttpServer(arguments) => http_server::run(&arguments).await,
        Command::Headers(arguments) => headers::run(&arguments).await,
    }
}
