//! The folder of the project: all that is read and written stands below it.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// The folder that was named, or the nearest one above the current folder that holds the workspace's manifest: the
/// program works from wherever in the project it is started.
pub(crate) fn find(named: Option<&PathBuf>) -> Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.clone());
    }
    let current = std::env::current_dir().context("the current folder cannot be told; change to the project's")?;
    for folder in current.ancestors() {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        if manifest.lines().any(|line| line == "[workspace]") {
            return Ok(folder.to_owned());
        }
    }
    bail!("this is not inside the project; run it from the project's folder, or name that with --root")
}
