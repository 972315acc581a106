//! The report: the document, its plots and the table in the README, all made from the measured data and nothing else.
//!
//! The same data give the same bytes, so that a document that is not of its data is noticed.

mod allocations;
mod beside_ray;
mod budgets;
mod cases;
mod constant_time;
mod document;
mod end_to_end;
mod figures;
mod headline;
mod intro;
mod machine;
mod meaning;
mod overhead;
mod plot;
mod readme;
mod scale;
mod table;
mod threads;
mod tokens;
mod wire;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use self::figures::Figures;
use crate::data::measurement::FOLDER;
use crate::root;

/// Writes docs/performance.md, its plots, and the table in README.md, from the data in docs/performance/.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; exit with 1 if a file is not what the data give, and name it
    #[arg(long)]
    check: bool,
    /// The folder of the project, instead of the one around the current folder
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let done = root::find(arguments.root.as_ref()).and_then(|root| {
        let files = make(&root)?;
        if arguments.check { check(&root, &files) } else { write(&root, &files) }
    });
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

/// A file that the report consists of, by its path from the root, and what must be in it.
struct File {
    path: String,
    text: String,
}

fn make(root: &Path) -> Result<Vec<File>> {
    let figures = Figures::read(root)?;
    let mut files = vec![
        File { path: format!("{FOLDER}.md"), text: document::text(&figures)? },
        File { path: readme::PATH.to_owned(), text: readme::text(root, &figures)? },
    ];
    for (name, text) in plot::all(&figures)? {
        files.push(File { path: format!("{FOLDER}/{name}.svg"), text });
    }
    Ok(files)
}

fn write(root: &Path, files: &[File]) -> Result<ExitCode> {
    for file in files {
        fs::write(root.join(&file.path), &file.text)
            .with_context(|| format!("{} cannot be written; look at its rights", file.path))?;
        println!("{}", file.path);
    }
    Ok(ExitCode::SUCCESS)
}

fn check(root: &Path, files: &[File]) -> Result<ExitCode> {
    let differs = |file: &&File| fs::read_to_string(root.join(&file.path)).ok().as_ref() != Some(&file.text);
    let differing: Vec<_> = files.iter().filter(differs).map(|file| file.path.as_str()).collect();
    if differing.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "error: not what the data in {FOLDER} give: {}; write them with `cargo run -p ray-auth-performance -- report`",
        differing.join(", ")
    );
    Ok(ExitCode::FAILURE)
}
