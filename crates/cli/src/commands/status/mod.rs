//! `ray-auth status`: how processes authenticate: one that is started in this environment, or running ones.

mod here;
mod running;
mod table;

use crate::commands::peer::{Address, Network};
use crate::exit::{Exit, Failure};

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ask these running processes instead, by host and port.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    address: Vec<String>,
    /// Send our token even where others on the network could read it.
    #[arg(long, requires = "address")]
    allow_plaintext: bool,
    /// Time for each process to answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    #[arg(requires = "address")]
    timeout: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Prints the status.
///
/// # Errors
///
/// When it cannot be printed, and when something is wrong.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let Args { address, allow_plaintext, timeout, json } = args;
    if address.is_empty() {
        return here::run(*json);
    }
    let addresses = Address::parse_all(address)?;
    running::run(&addresses, Network { allow_plaintext: *allow_plaintext, timeout: *timeout }, *json)
}
