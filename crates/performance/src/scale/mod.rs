//! `ray-auth-performance scale`: what the layers cost many machines, and what a rotation of all of them is like.
//!
//! On paper, since there are no 10,000 machines here; so each constant of the model is from a measurement, or checked
//! against one, in the same run: instructions against time, sizes against a counting allocator (`tests/memory.rs`),
//! latencies against a file that is followed.

mod ask;
mod clock;
mod cost;
mod follow;
mod inputs;
mod memory;
mod plan;
mod rotation;
mod table;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use self::clock::Nanos;
use self::follow::Followed;
use self::inputs::{Files, Inputs};
use self::rotation::Costs;
use crate::data::scale::{ConstantRow, RotationRow, Scale};

/// Models what the layers cost whole clusters, and simulates rotations of one.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Nodes of the simulated cluster, with one process each: so many that controls fail whatever chance does.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    nodes: u32,
    /// Calls that are tried in each rotation, twice: by chance, and at the worst moments.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    calls: u32,
    /// What takes the same rotations again.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Write that object into this file, too.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// Runs it. Exit code 1 when a call failed that must not, when none failed in a control, or when a constant is off; 2 when
/// the input makes no sense.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let failed = |error: &anyhow::Error, code: u8| {
        eprintln!("error: {error:#}");
        ExitCode::from(code)
    };
    if !cfg!(target_os = "linux") {
        eprintln!("error: followers are measured on Linux only; run it there");
        return ExitCode::from(2);
    }
    let inputs = match Inputs::read(&arguments.files) {
        Ok(inputs) => inputs,
        Err(error) => return failed(&error, 2),
    };
    let done = scale(inputs, arguments.nodes, arguments.calls, arguments.seed).and_then(|scale| {
        print(&scale, arguments)?;
        Ok(faults(&scale))
    });
    match done {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            faults.iter().for_each(|fault| eprintln!("error: {fault}"));
            ExitCode::FAILURE
        }
        Err(error) => failed(&error, 1),
    }
}

fn scale(inputs: Inputs, nodes: u32, calls: u32, seed: u64) -> Result<Scale> {
    let optimized = !cfg!(debug_assertions);
    // Before anything else has grown the process.
    let followed = Followed::measure()?;
    let ask = ask::measure()?;
    let nanos = Nanos::measure()?;
    let costs = Costs { reload_s: followed.reload_s, ask_s: ask.as_secs_f64() };
    let (mut rotations, mut steps) = (Vec::new(), Vec::new());
    for variant in plan::variants(nodes, calls)? {
        let (rotation, its_steps) = variant.run(costs, seed);
        rotations.push(rotation);
        steps.extend(its_steps);
    }
    Ok(Scale {
        seed,
        optimized,
        constants: measured(inputs, nanos, costs).into_iter().chain(plan::constants(nodes)).collect(),
        checks: [nanos.checks(inputs, optimized), followed.checks(), vec![ask::check(ask, optimized)]].concat(),
        loads: cost::loads(inputs, nanos),
        memory: memory::rows(),
        rotations,
        steps,
    })
}

/// The constants that were measured, here or by another command.
fn measured(inputs: Inputs, nanos: Nanos, costs: Costs) -> Vec<ConstantRow> {
    let counted = "counted: instructions.json";
    let here = "measured here";
    let rows = [
        ("attach", inputs.attach, "instructions", counted),
        ("accept, 1 token", inputs.accept_1, "instructions", counted),
        ("accept, 3 tokens", inputs.accept_3, "instructions", counted),
        ("header", inputs.header_bytes, "bytes", "counted: wire.json"),
        ("attach", nanos.attach, "ns", here),
        ("accept, 1 token", nanos.accept_1, "ns", here),
        ("accept, 3 tokens", nanos.accept_3, "ns", here),
        ("speed, by attach and accept with 3 tokens", nanos.instructions_per_nano(inputs), "instructions/ns", here),
        ("processor time of one reload", costs.reload_s * 1_000.0, "ms", here),
        ("processor time to ask one process, both sides", costs.ask_s * 1_000.0, "ms", here),
    ];
    rows.map(|(name, value, unit, source)| ConstantRow {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        source: source.to_owned(),
    })
    .into()
}

/// What is not as it must be, and how to mend it.
fn faults(scale: &Scale) -> Vec<String> {
    let off = scale.checks.iter().filter(|check| !check.holds).map(|check| {
        format!(
            "{}: {:.1} {} and not between {:.1} and {:.1}; measure again on a quiet machine, then mend the model in \
             crates/performance/src/scale",
            check.what, check.measured, check.unit, check.low, check.high
        )
    });
    let wrong = |row: &&RotationRow| !rotation::is_as_it_must_be(row);
    let rotations = scale.rotations.iter().filter(wrong).map(|row| {
        let (failed, variant) = (row.failed + row.failed_at_changes, &row.variant);
        if row.must_hold {
            format!(
                "{variant}: {failed} calls failed, with {:.1} s and {:.1} s to spare; take the steps by docs/rotation.md",
                row.margin_accept_s, row.margin_retire_s
            )
        } else {
            format!("{variant}: {failed} calls failed, which is too few to show anything; mend the simulation")
        }
    });
    off.chain(rotations).collect()
}

fn print(scale: &Scale, arguments: &Arguments) -> Result<()> {
    let json = serde_json::to_string_pretty(scale)?;
    if let Some(file) = &arguments.save {
        std::fs::write(file, format!("{json}\n"))
            .with_context(|| format!("{} cannot be written; name another file", file.display()))?;
    }
    let text = if arguments.json { format!("{json}\n") } else { table::show(scale) };
    // Whoever reads it may have gone.
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
