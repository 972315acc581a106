//! Whether what came of the run is what must come of it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use ray_auth::Token;

use super::intruder::Attempts;
use super::record::Entries;
use crate::kind::Kind;
use crate::wire::{Counts, Failure};

/// The most calls that one caller may lose when the process that it calls is killed: the one it has under way.
const EXCUSED_A_CALLER: u64 = 1;

/// What came of the whole run.
pub(super) struct Outcome {
    pub(super) rotations: u64,
    pub(super) processes: Vec<String>,
    /// Whether one process was another user's.
    pub(super) foreign: bool,
    pub(super) took: Duration,
    pub(super) calls: Counts,
    pub(super) wanted_calls: u64,
    /// Who failed, and how: the first of them.
    pub(super) failures: Vec<(String, Failure)>,
    pub(super) attempts: Attempts,
    pub(super) entries: Entries,
    /// How many tokens the logs hold.
    pub(super) leaked: usize,
}

impl Outcome {
    /// Why the run is not good; nothing when it is.
    pub(super) fn faults(&self) -> Vec<String> {
        let total = self.calls.total();
        let mut faults = Vec::new();
        if total.failed > 0 || !self.failures.is_empty() {
            faults.push(format!("{} calls failed", total.failed));
        }
        if total.answered < self.wanted_calls {
            faults.push(format!("{} calls were answered instead of {}", total.answered, self.wanted_calls));
        }
        if let Some(kind) = Kind::ALL.iter().find(|kind| self.calls.kinds[**kind as usize].answered == 0) {
            faults.push(format!("no call of the kind {} was made", kind.name()));
        }
        if total.excused > self.may_be_excused() {
            faults.push(format!("{} calls were lost to kills and {} may be", total.excused, self.may_be_excused()));
        }
        if self.attempts.let_in > 0 {
            faults.push(format!("{} calls without a right token were let in", self.attempts.let_in));
        }
        if self.attempts.odd > 0 {
            faults.push(format!("{} calls without a right token ended otherwise than by a refusal", self.attempts.odd));
        }
        if self.leaked > 0 {
            faults.push(format!("{} tokens stand in logs", self.leaked));
        }
        faults
    }

    /// How many calls may be lost to kills: those that a caller of the killed process had under way.
    pub(super) fn may_be_excused(&self) -> u64 {
        let callers = (self.processes.len().saturating_sub(1) * Kind::ALL.len()) as u64;
        self.entries.kills.count() as u64 * callers * EXCUSED_A_CALLER
    }
}

/// How many of the tokens stand in the logs of the processes.
pub(super) fn tokens_in_logs(folder: &Path, tokens: &[Token]) -> Result<usize> {
    let logs = logs(folder)?;
    let is_there = |token: &&Token| logs.iter().any(|(_, log)| log.contains(token.expose_secret()));
    Ok(tokens.iter().filter(is_there).count())
}

/// The logs of the processes, by name.
pub(super) fn logs(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut logs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            logs.push((name, String::from_utf8_lossy(&fs::read(&path)?).into_owned()));
        }
    }
    logs.sort();
    Ok(logs)
}

#[cfg(test)]
mod tests;
