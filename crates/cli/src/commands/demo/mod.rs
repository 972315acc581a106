//! `ray-auth demo`: the main job, on a cluster within this process.

mod calls;
mod cluster;
mod cost;
mod doors;
mod intruder;
mod ledger;
mod progress;
mod refused;
mod report;
mod rotation;
mod traffic;

use std::time::Duration;

use ray_auth::Token;

use self::cluster::Cluster;
use self::ledger::Ledger;
use self::progress::Progress;
use self::report::Report;
use self::rotation::Schedule;
use crate::commands::runtime;
use crate::exit::{Exit, Failure};
use crate::output;

/// Arguments of `demo`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// End the traffic after about this many calls.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    calls: Option<u64>,
    /// End the traffic after this many seconds.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
}

/// Anything that is wrong, as a text.
type Problem = String;

/// Runs it, and prints what happened.
///
/// # Errors
///
/// When the cluster cannot be started.
pub(crate) fn run(args: Args) -> Result<Exit, Failure> {
    runtime::run(async move {
        let progress = Progress::start();
        let report = demonstrate(args, &progress).await;
        progress.end();
        let report = report.map_err(|problem| {
            let text =
                format_args!("the demonstration broke off: {problem}; run it with RAY_AUTH_LOG=debug to see why");
            Failure::new(Exit::No, text)
        })?;
        if args.json {
            output::json(&report)?;
        } else {
            output::answer(report.table())?;
        }
        Ok(if report.ok { Exit::Done } else { Exit::No })
    })
}

async fn demonstrate(args: Args, progress: &Progress) -> Result<Report, Problem> {
    progress.next("starting a GCS and three nodes");
    let (old, new) = (Token::generate(), Token::generate());
    let cluster = Cluster::start(&old).await?;
    let callers = cluster.callers().await?;

    let ledger = Ledger::new();
    let traffic = traffic::start(callers, &ledger);
    let schedule = Schedule::new(args.calls, Duration::from_secs(args.seconds));
    let rotated = rotation::run(&cluster, &ledger, schedule, (&old, &new), progress).await;
    traffic.end().await;
    let rotated = rotated?;
    let second_token_calls = cluster.calls_let_in_by(&new);
    let ended = cluster.end().await;

    progress.next("measuring the time of a call");
    let cost = cost::measure(args.calls).await?;
    Ok(Report::new(&ledger, rotated, second_token_calls, cost, ended, (&old, &new)))
}
