//! Takes the measurements, one after the other, and writes the data of each when it has succeeded.

mod command;
mod criterion;
mod dudect;
mod lock;
mod machine;
mod printed;
mod privacy;
mod tree;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::command::Invocation;
use self::privacy::Private;
use self::tree::Tree;
use crate::data::calls::{Allocations, Instructions};
use crate::data::end_to_end::EndToEnd;
use crate::data::measurement::{FOLDER, Measurement};
use crate::data::scale::Scale;
use crate::data::threads::Threads;
use crate::data::wire::Wire;
use crate::root;

/// Takes all measurements anew, or those that are named, and writes them to docs/performance/.
///
/// One that fails leaves its old data as they are; the others are taken, and the exit code is 1.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<Measurement>,
    /// The folder of the project, instead of the one around the current folder
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match take_all(arguments) {
        Ok(failed) if failed.is_empty() => ExitCode::SUCCESS,
        Ok(failed) => {
            let names: Vec<_> = failed.iter().map(|measurement| measurement.name()).collect();
            eprintln!("error: not taken: {}; what was measured of them before is unchanged", names.join(", "));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Those that failed.
fn take_all(arguments: &Arguments) -> Result<Vec<Measurement>> {
    let tree = Tree::find(root::find(arguments.root.as_ref())?)?;
    let private = Private::of_this_machine(&tree);
    fs::create_dir_all(tree.root.join(FOLDER))
        .with_context(|| format!("{FOLDER} cannot be made; look at its rights"))?;
    let mut failed = Vec::new();
    for &measurement in Measurement::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(&measurement) {
            continue;
        }
        let began = Instant::now();
        eprintln!("=== {}", measurement.name());
        match take(measurement, &tree, &private) {
            Ok(()) => {
                let seconds = began.elapsed().as_secs();
                eprintln!("=== {}: {} after {seconds} s", measurement.name(), measurement.file());
            }
            Err(error) => {
                eprintln!("=== {}: {error:#}", measurement.name());
                failed.push(measurement);
            }
        }
    }
    Ok(failed)
}

/// Takes one, and only then touches its file.
fn take(measurement: Measurement, tree: &Tree, private: &Private) -> Result<()> {
    let text = match measurement {
        Measurement::Machine => pretty(&machine::look(tree)?)?,
        Measurement::Instructions => pretty(&instructions(tree)?)?,
        Measurement::Allocations => bench::<Allocations>(tree, "allocations")?,
        Measurement::Wire => bench::<Wire>(tree, "wire")?,
        Measurement::Overhead => pretty(&criterion::measure(tree)?)?,
        Measurement::ConstantTime => {
            let output = Invocation::cargo(tree, &["bench", "--locked", "-p", "ray-auth-constant-time"]).output()?;
            pretty(&dudect::rows(&output)?)?
        }
        Measurement::EndToEnd => {
            let saved = tree.scratch(measurement)?;
            Invocation::new(tree, "interop/load", &["--save"]).argument(&saved).run()?;
            typed::<EndToEnd>(&tree.take_scratch(&saved)?)?
        }
        Measurement::Threads => own::<Threads>(tree, measurement)?,
        Measurement::Scale => own::<Scale>(tree, measurement)?,
    };
    private.check(&text)?;
    fs::write(measurement.path(&tree.root), text)
        .with_context(|| format!("{} cannot be written; look at its rights", measurement.file()))
}

/// Those of the library's bench, and of the one peer that needs so much that it is a program of its own.
fn instructions(tree: &Tree) -> Result<Instructions> {
    let output = Invocation::cargo(tree, &["bench", "--locked", "--bench", "instructions", "--", "--json"]).output()?;
    let mut instructions = printed::object::<Instructions>(&output)?;
    let apart = ["--manifest-path", "benches/webgates/Cargo.toml", "--target-dir", "target/webgates"];
    let output = Invocation::cargo(tree, &[&["run", "--locked", "--release"], &apart[..]].concat()).output()?;
    instructions.rows.extend(printed::object::<Instructions>(&output)?.rows);
    Ok(instructions)
}

/// A bench of the library that prints its data with `--json`.
fn bench<T: DeserializeOwned + Serialize>(tree: &Tree, name: &str) -> Result<String> {
    let output = Invocation::cargo(tree, &["bench", "--locked", "--bench", name, "--", "--json"]).output()?;
    pretty(&printed::object::<T>(&output)?)
}

/// A command of this program, in a process of its own, with optimizations whatever this one has.
fn own<T: DeserializeOwned + Serialize>(tree: &Tree, measurement: Measurement) -> Result<String> {
    let saved = tree.scratch(measurement)?;
    let command = measurement.name();
    let arguments = ["run", "--locked", "--release", "-p", "ray-auth-performance", "--", &command, "--save"];
    Invocation::cargo(tree, &arguments).argument(&saved).run()?;
    typed::<T>(&tree.take_scratch(&saved)?)
}

fn typed<T: DeserializeOwned + Serialize>(text: &str) -> Result<String> {
    let value: T =
        serde_json::from_str(text).context("what was saved is not of the shape in crates/performance/src/data")?;
    pretty(&value)
}

/// As people can read it and compare it with what was there before.
fn pretty(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
