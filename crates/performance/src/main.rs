//! What the layers cost, beyond the benches of the library: end to end over loopback, on two threads, and modelled for whole
//! clusters; and the report on all of it, `docs/performance.md`.
//!
//! `ray-auth-performance measure` takes all measurements anew and writes them to `docs/performance/`; `report` writes the
//! document and its plots from what is there.

mod affinity;
mod data;
mod end_to_end;
mod measure;
mod output;
mod progress;
mod report;
mod root;
mod scale;
mod statistics;
mod threads;
mod turns;

use std::process::ExitCode;

use clap::Parser;

/// Measures what the layers of ray-auth cost, and reports it.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
enum Command {
    EndToEnd(end_to_end::Arguments),
    Measure(measure::Arguments),
    Report(report::Arguments),
    Scale(scale::Arguments),
    Threads(threads::Arguments),
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::EndToEnd(arguments) => end_to_end::run(arguments),
        Command::Measure(arguments) => measure::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Scale(arguments) => scale::run(&arguments),
        Command::Threads(arguments) => threads::run(&arguments),
    }
}
