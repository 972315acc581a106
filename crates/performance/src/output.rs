//! Where measurements go: to people or programs on standard output, and into a file.

use std::fmt::Display;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

/// A place that is not there is found before minutes of measuring and not after.
///
/// # Errors
///
/// When there is no folder for the file.
pub(crate) fn check_folder(save: Option<&Path>) -> Result<()> {
    let Some(file) = save else { return Ok(()) };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ensure!(folder.is_dir(), "there is no folder {}; make it, or name another in --save", folder.display());
    Ok(())
}

/// Prints before it saves: what took minutes is not lost to a full disk.
///
/// # Errors
///
/// When it cannot be printed or written.
pub(crate) fn tell(measured: &impl Serialize, table: &dyn Display, json: bool, save: Option<&Path>) -> Result<()> {
    let text = serde_json::to_string_pretty(measured)? + "\n";
    let shown = if json { text.clone() } else { table.to_string() };
    std::io::stdout().write_all(shown.as_bytes()).context("the result cannot be printed; read stdout to its end")?;
    if let Some(file) = save {
        std::fs::write(file, text)
            .with_context(|| format!("{} cannot be written; name another file in --save", file.display()))?;
    }
    Ok(())
}
