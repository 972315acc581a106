//! The measurements by name, and where the data of each stands.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// The folder of the data and the plots, from the root of the project.
pub(crate) const FOLDER: &str = "docs/performance";

/// In the order in which they are taken: the short ones first.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Measurement {
    /// On what and with what is measured
    Machine,
    /// Instructions of one call, counted by callgrind
    Instructions,
    /// Allocations of one call
    Allocations,
    /// What the header costs on an HTTP/2 connection
    Wire,
    /// Wall-clock time of one call, by criterion
    Overhead,
    /// How the layers scale from one thread to two
    Threads,
    /// Whether the time of the comparison tells anything of the tokens, by dudect
    ConstantTime,
    /// Calls over loopback, with the layers and without, and beside real Ray
    EndToEnd,
    /// The model of whole clusters
    Scale,
}

impl Measurement {
    /// The name of its file, without `.json`.
    pub(crate) fn stem(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Instructions => "instructions",
            Self::Allocations => "allocations",
            Self::Wire => "wire",
            Self::Overhead => "overhead",
            Self::Threads => "threads",
            Self::ConstantTime => "constant_time",
            Self::EndToEnd => "end_to_end",
            Self::Scale => "scale",
        }
    }

    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        self.stem().replace('_', "-")
    }

    /// Its file, from the root of the project: what people are told.
    pub(crate) fn file(self) -> String {
        format!("{FOLDER}/{}.json", self.stem())
    }

    pub(crate) fn path(self, root: &Path) -> PathBuf {
        root.join(self.file())
    }

    /// What takes it anew.
    pub(crate) fn command(self) -> String {
        format!("cargo run --release -p ray-auth-performance -- measure --only {}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_has_one_name_in_arguments_and_in_what_people_are_told() {
        for measurement in Measurement::value_variants() {
            let possible = measurement.to_possible_value().expect("none is hidden");
            assert_eq!(possible.get_name(), measurement.name());
        }
    }
}
