//! The two folders that measurements work in: the project's, and the one that cargo builds into.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::command::Invocation;
use crate::data::measurement::Measurement;

pub(super) struct Tree {
    pub(super) root: PathBuf,
    pub(super) target: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

impl Tree {
    /// Asks cargo, which knows all the ways in which the folder that it builds into can be set.
    pub(super) fn find(root: PathBuf) -> Result<Self> {
        let mut tree = Self { root, target: PathBuf::new() };
        let output =
            Invocation::cargo(&tree, &["metadata", "--format-version", "1", "--no-deps", "--locked"]).output()?;
        let metadata: Metadata = serde_json::from_str(&output).context("`cargo metadata` printed something else")?;
        tree.target = metadata.target_directory;
        Ok(tree)
    }

    /// Where a command may save its data: not where the old data are, which stay if it fails.
    pub(super) fn scratch(&self, measurement: Measurement) -> Result<PathBuf> {
        let folder = self.target.join("performance");
        fs::create_dir_all(&folder)
            .context("the folder that cargo builds into cannot be written; look at its rights")?;
        let path = folder.join(format!("{}.json", measurement.stem()));
        if path.exists() {
            fs::remove_file(&path).context("data of a former run cannot be removed")?;
        }
        Ok(path)
    }

    pub(super) fn take_scratch(&self, path: &Path) -> Result<String> {
        fs::read_to_string(path).context("the command succeeded and saved nothing")
    }
}
