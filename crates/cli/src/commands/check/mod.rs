//! `ray-auth check`: whether a server requires the token, and whether it takes ours.
//!
//! The server is asked three times, and our token goes out last: without a token, with a random one, and, only when both
//! were refused, with ours. So a server that lets everybody in, or anything else that listens there, never sees it.

mod answer;
mod ask;
mod examine;

use std::time::Duration;

use ray_auth::AuthMode;
use ray_auth::source::{Loaded, SourceError, TokenSource};
use ray_auth::tls::Tls;

use self::ask::Server;
use self::examine::{Ours, Report, examine};
use crate::commands::peer::{Address, dial};
use crate::commands::runtime;
use crate::exit::{Exit, Failure};
use crate::output;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Host and port of a GCS or of a node, for example 127.0.0.1:6379; with TLS when RAY_USE_TLS says so.
    address: String,
    /// Send our token even where others on the network could read it.
    #[arg(long)]
    allow_plaintext: bool,
    /// Time for all of it, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    timeout: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Asks, and prints what came of it.
///
/// # Errors
///
/// When the address or the configuration makes no sense, and when the answer is no.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let tls = Tls::from_env().map_err(|error| Failure::new(Exit::BadInput, error))?;
    let address = Address::parse(&args.address, tls.as_ref()).map_err(|error| Failure::new(Exit::BadInput, error))?;
    let ours = ours()?;
    runtime::run(async {
        let mut report = Report::new(&address);
        let timeout = Duration::from_secs(args.timeout);
        let asking = probe(&address, ours, args.allow_plaintext, &mut report);
        if tokio::time::timeout(timeout, asking).await.is_err() {
            report.time_ran_out(args.timeout);
        }
        let exit = if report.is_good() { Exit::Done } else { Exit::No };
        if args.json {
            output::json(&report)?;
            return Ok(exit);
        }
        output::answer(report.lines())?;
        match report.problem {
            Some(problem) => Err(Failure::new(exit, problem)),
            None => Ok(exit),
        }
    })
}

/// The token of a process in this environment, or why it has none.
fn ours() -> Result<Ours, Failure> {
    let bad_input = |error: &dyn std::fmt::Display| Failure::new(Exit::BadInput, error);
    if AuthMode::from_env().map_err(|error| bad_input(&error))? == AuthMode::Disabled {
        return Ok(Ours::None("RAY_AUTH_MODE is disabled here; set it to token".to_owned()));
    }
    match TokenSource::from_env().and_then(|source| source.load()) {
        Ok(Loaded { tokens, origin, .. }) => Ok(Ours::Token { tokens, origin: origin.to_string() }),
        Err(missing @ SourceError::Missing { .. }) => Ok(Ours::None(missing.to_string())),
        Err(error) => Err(bad_input(&error)),
    }
}

async fn probe(address: &Address, ours: Ours, allow_plaintext: bool, report: &mut Report) {
    let dialled = match dial(address).await {
        Ok(dialled) => dialled,
        Err(error) => return report.not_reachable(&error),
    };
    report.reachable = true;
    let peer = dialled.peer();
    let ours = match ours {
        Ours::Token { .. } if !dialled.may_be_sent_tokens(allow_plaintext) => Ours::None(format!(
            "it would travel in plaintext to {peer}; \
             add --allow-plaintext if nobody else can read the network on the way"
        )),
        ours => ours,
    };
    let server = Server::new(&dialled);
    examine(async |question, credential| server.ask(question, credential).await, ours, report).await;
}
