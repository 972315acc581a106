//! All measured data that the report is made of.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use serde::de::DeserializeOwned;

use super::cases::Group;
use crate::data::calls::{Allocations, ConstantTime, Instructions, Overhead};
use crate::data::end_to_end::EndToEnd;
use crate::data::machine::Machine;
use crate::data::measurement::Measurement;
use crate::data::scale::Scale;
use crate::data::threads::Threads;
use crate::data::wire::Wire;

pub(super) struct Figures {
    pub(super) machine: Machine,
    pub(super) instructions: Instructions,
    pub(super) allocations: Allocations,
    pub(super) overhead: Overhead,
    pub(super) wire: Wire,
    pub(super) constant_time: ConstantTime,
    pub(super) end_to_end: EndToEnd,
    pub(super) threads: Threads,
    pub(super) scale: Scale,
}

impl Figures {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let figures = Self {
            machine: read(root, Measurement::Machine)?,
            instructions: read(root, Measurement::Instructions)?,
            allocations: read(root, Measurement::Allocations)?,
            overhead: read(root, Measurement::Overhead)?,
            wire: read(root, Measurement::Wire)?,
            constant_time: read(root, Measurement::ConstantTime)?,
            end_to_end: read(root, Measurement::EndToEnd)?,
            threads: read(root, Measurement::Threads)?,
            scale: read(root, Measurement::Scale)?,
        };
        ensure!(
            !figures.end_to_end.loads.is_empty(),
            "{} has no loads; take it anew with `{}`",
            Measurement::EndToEnd.file(),
            Measurement::EndToEnd.command()
        );
        Ok(figures)
    }

    /// The cases of one group, of which one must be ours.
    pub(super) fn group(&self, name: &'static str) -> Result<Group<'_>> {
        let measurement = Measurement::Instructions;
        Group::of(&self.instructions, name).with_context(|| {
            format!(
                "{} has no case of ours above 0 that begins with `{name}/`; take it anew with `{}`",
                measurement.file(),
                measurement.command()
            )
        })
    }

    /// Allocations of the case of that name.
    pub(super) fn allocations_of(&self, case: &str) -> Option<i64> {
        self.allocations.rows.iter().find(|row| row.case == case).map(|row| row.allocations)
    }
}

/// One file of data. A former shape of it is as good as none.
fn read<T: DeserializeOwned>(root: &Path, measurement: Measurement) -> Result<T> {
    let (file, command) = (measurement.file(), measurement.command());
    let text = fs::read_to_string(measurement.path(root))
        .map_err(|error| anyhow!("{file} cannot be read ({error}); make it with `{command}`"))?;
    serde_json::from_str(&text)
        .map_err(|error| anyhow!("{file} is not of the shape that is read ({error}); take it anew with `{command}`"))
}
