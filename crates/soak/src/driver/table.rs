//! What came of the run, as people read it.

use std::fmt;

use super::fault::Fault;
use super::file::Way;
use super::latency::Latencies;
use super::verdict::Outcome;
use crate::kind::Kind;
use crate::wire::Outcomes;

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = if self.foreign { "; node-1 is another user's" } else { "" };
        writeln!(
            f,
            "{} rotations of {} in {:.1} s{user}",
            self.rotations,
            self.processes.join(", "),
            self.took.as_secs_f64()
        )?;
        self.calls_table(f)?;
        self.reloads_table(f)?;
        self.faults_table(f)
    }
}

impl Outcome {
    fn calls_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<24}{:>12}{:>10}{:>14}", "calls", "answered", "failed", "lost to kills")?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, calls: Outcomes| {
            writeln!(f, "  {name:<22}{:>12}{:>10}{:>14}", calls.answered, calls.failed, calls.excused)
        };
        for kind in Kind::ALL {
            row(f, kind.name(), self.calls.kinds[kind as usize])?;
        }
        row(f, "all", self.calls.total())?;
        writeln!(
            f,
            "  of them {} on connections of their own; {} may be lost to kills",
            self.calls.connections,
            self.may_be_excused()
        )?;
        for (caller, failure) in &self.failures {
            writeln!(f, "  {caller} to {}, {}: {}", failure.callee, failure.kind.name(), failure.what)?;
        }
        let attempts = self.attempts;
        writeln!(
            f,
            "\nwithout a right token: {} refused, {} let in, {} while the process was down",
            attempts.refused, attempts.let_in, attempts.unanswered
        )
    }

    fn reloads_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "written to reported, ms")?;
        writeln!(f)?;
        for way in Way::ALL {
            let took = &self.entries.reloads[way as usize];
            row(f, way.name(), took.count(), took)?;
            writeln!(f)?;
        }
        Ok(())
    }

    fn faults_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "fault, and mended in ms")?;
        writeln!(f, "  outcome")?;
        for fault in Fault::ALL {
            let struck = &self.entries.faults[fault as usize];
            row(f, fault.name(), struck.times, &struck.mended)?;
            match fault {
                _ if struck.times == 0 => writeln!(f, "  did not come up"),
                Fault::FullDisk => writeln!(f, "  the step failed and changed nothing; taken when there was room"),
                Fault::Rewrites => {
                    writeln!(f, "  the last one counts; written in {}", self.entries.rewrites.in_words())
                }
                _ => writeln!(f, "  last good tokens kept; shown after {}", struck.shown.in_words()),
            }?;
        }
        row(f, "kill -9 and restart", self.entries.kills.count(), &self.entries.kills)?;
        writeln!(f, "  started with the file as it was then")
    }
}

fn heading(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    write!(f, "\n{name:<24}{:>7}{:>9}{:>9}{:>9}{:>9}", "times", "min", "p50", "p99", "max")
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, times: usize, took: &Latencies) -> fmt::Result {
    write!(f, "  {name:<22}{times:>7}{took}")
}
