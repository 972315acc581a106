//! `ray-auth-performance threads`: how the layers scale from one thread to two that share a keyring, beside how the service
//! that does nothing scales in the same round.
//!
//! A keyring is read and its use is counted with every call, so threads could wait for each other there. Two threads can
//! also slow each other down without it: they share caches, an allocator, and often a core. That meets both arms, so it is
//! the quotient of the two that is looked at.

mod case;
mod crew;
mod no_op;
mod record;
mod request;
mod rounds;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use self::case::Case;
use self::table::Table;
use crate::data::threads::Threads;
use crate::progress::Progress;
use crate::{affinity, output};

/// Measures how attaching, accepting and refusing scale from one thread to two that share one keyring.
///
/// Recorded, and held to no budget. Exit codes: 0 measured, 1 a call failed or nothing could be written, 2 bad usage.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Rounds of each case: four windows of some eight milliseconds.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    rounds: u32,
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Also writes that object to a file.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let save = arguments.save.as_deref();
    let failed = |error: &anyhow::Error, code: u8| {
        eprintln!("error: {error:#}");
        ExitCode::from(code)
    };
    if let Err(error) = output::check_folder(save) {
        return failed(&error, 2);
    }
    let told =
        measure(arguments.rounds).and_then(|measured| output::tell(&measured, &Table(&measured), arguments.json, save));
    told.map_or_else(|error| failed(&error, 1), |()| ExitCode::SUCCESS)
}

fn measure(rounds: u32) -> Result<Threads> {
    let places = affinity::two();
    let progress = Progress::new(u64::from(rounds) * u64::try_from(Case::ALL.len())?);
    let mut rows = Vec::new();
    for case in Case::ALL {
        progress.begin(case.name().to_owned());
        let record = crew::at_work(case, places, |crew| rounds::run(crew, rounds, &progress));
        let record = record.with_context(|| case.name())?;
        rows.push(record.row(case).context("fewer than two rounds; ask for more")?);
    }
    progress.end();
    Ok(Threads { pinned: places.is_some(), rows })
}
