//! The driver: starts the cluster, takes it through its rotations, and judges what came of it.

mod cluster;
mod fault;
mod file;
mod intruder;
mod late;
mod latency;
mod plan;
mod process;
mod record;
mod rotation;
mod step;
mod table;
mod verdict;
mod watch;

use std::path::Path;
use std::process::ExitCode;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use ray_auth::token::TokenSet;
use ray_auth::{ClusterAuth, Keyring, Token};
use tokio::signal::unix::{SignalKind, signal};

use self::cluster::Cluster;
use self::intruder::Intruder;
use self::plan::Planner;
use self::record::Record;
use self::rotation::Rotations;
use self::step::Scene;
use self::verdict::Outcome;

/// How many last lines of a log are shown when the run cannot go on.
const SHOWN_LINES: usize = 10;

/// Starts the processes, rotates, breaks and kills, and prints what came of it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many rotations.
    #[arg(long, default_value_t = 20)]
    rotations: u64,
    /// How many calls at least, spread over the rotations.
    #[arg(long, default_value_t = 1_000_000)]
    calls: u64,
    /// The longest time in milliseconds by which one process is behind another in a step.
    #[arg(long, default_value_t = 300)]
    pace: u64,
    /// The longest time in seconds for everything.
    #[arg(long, default_value_t = 540)]
    limit: u64,
    /// What order, times, faults and kills depend on; one that was printed takes the same run again.
    #[arg(long)]
    seed: Option<u64>,
    /// Leaves the second step of each rotation out, which must fail calls: tries the soak itself.
    #[arg(long)]
    skip_promote: bool,
}

/// Runs it.
///
/// # Errors
///
/// When it cannot go on: a process does not do what it must, or time is up.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| Rng::new().u64(..));
    println!("seed: {seed}");
    let folder = tempfile::Builder::new().prefix("ray-auth-soak-").tempdir()?;
    let (mut terminated, limit) = (signal(SignalKind::terminate())?, Duration::from_secs(arguments.limit));
    // Whatever ends this, dropping the cluster kills its processes.
    let outcome = tokio::select! {
        outcome = drive(&arguments, seed, folder.path()) => outcome,
        () = tokio::time::sleep(limit) => Err(anyhow::anyhow!("not done within {limit:?}")),
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminated.recv() => bail!("terminated"),
    };
    let outcome = outcome.inspect_err(|_| show_logs(folder.path()))?;
    print!("{outcome}");
    let faults = outcome.faults();
    faults.iter().for_each(|fault| println!("FAILED: {fault}"));
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn drive(arguments: &Arguments, seed: u64, folder: &Path) -> Result<Outcome> {
    let start = Instant::now();
    let mut rng = Rng::with_seed(seed);
    let token = Token::generate();
    let keyring = Keyring::new(token.clone());
    let auth = ClusterAuth::with_keyring(keyring.clone());
    let cluster = Cluster::start(folder, &TokenSet::new(token.clone()), &auth, &mut rng).await?;
    let record = Record::default();
    let (intruder, intruding) = Intruder::start(&cluster.processes, &token);
    let mut rotations = Rotations {
        scene: Scene {
            cluster: &cluster,
            record: &record,
            intruder: &intruder,
            auth: &auth,
            program: std::env::current_exe()?,
        },
        planner: Planner::new(rng.u64(..), cluster.traits(), Duration::from_millis(arguments.pace)),
        rng,
        keyring,
        tokens: vec![token],
        skip_promote: arguments.skip_promote,
    };
    let rotated = async {
        for done in 1..=arguments.rotations {
            rotations.rotate().await?;
            rotations.until_answered(arguments.calls * done / arguments.rotations).await?;
        }
        cluster.stop_calls().await
    };
    rotated.await.inspect_err(|_| show_failures(&cluster))?;
    drop(intruding);
    let calls = cluster.count().await?;
    cluster.end().await?;
    let failures = cluster.failures.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Outcome {
        rotations: arguments.rotations,
        processes: cluster.processes.iter().map(|process| process.name().to_owned()).collect(),
        foreign: cluster.foreign,
        took: start.elapsed(),
        calls,
        wanted_calls: arguments.calls,
        failures,
        attempts: intruder.attempts(),
        entries: record.entries(),
        leaked: verdict::tokens_in_logs(folder, &rotations.tokens).context("searching the logs for tokens")?,
    })
}

/// What failed before the run could not go on.
fn show_failures(cluster: &Cluster) {
    for (caller, failure) in cluster.failures.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        eprintln!("{caller} to {}, {}: {}", failure.callee, failure.kind.name(), failure.what);
    }
}

/// The last words of each process. They hold no tokens.
fn show_logs(folder: &Path) {
    for (name, log) in verdict::logs(folder).unwrap_or_default() {
        let lines: Vec<_> = log.lines().filter(|line| !line.contains(ray_auth::require::LOG_TARGET)).collect();
        for line in &lines[lines.len().saturating_sub(SHOWN_LINES)..] {
            eprintln!("{name}: {line}");
        }
    }
}
