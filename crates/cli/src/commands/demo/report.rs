//! What happened, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ray_auth::Token;
use serde::Serialize;

use super::Problem;
use super::cost::Cost;
use super::intruder::Tried;
use super::ledger::{Kind, Ledger, Phase};
use super::rotation::Rotated;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether everything is as it must be.
    pub(super) ok: bool,
    processes: usize,
    calls: Calls,
    rotation: Rotation,
    intruder: Intruder,
    /// Wall clock on this machine, at this moment.
    time_per_call: Cost,
    problems: Vec<Problem>,
}

/// The cluster's own calls.
#[derive(Debug, Serialize)]
struct Calls {
    total: u64,
    failed: u64,
    by_kind: Vec<OfKind>,
}

/// The calls of one kind, by the step of the rotation they began after.
#[derive(Debug, Serialize)]
struct OfKind {
    kind: &'static str,
    before: u64,
    staged: u64,
    promoted: u64,
    retired: u64,
    total: u64,
}

/// The tokens.
#[derive(Debug, Serialize)]
struct Rotation {
    from: Used,
    to: Used,
}

/// A token, by its fingerprint, and the calls it let in.
#[derive(Debug, Serialize)]
struct Used {
    fingerprint: String,
    calls: u64,
}

/// The calls of the intruder.
#[derive(Debug, Serialize)]
struct Intruder {
    doors: usize,
    attempts: u64,
    refused: u64,
    by_attempt: Vec<Tried>,
    /// The servers' own counts.
    counted_by_servers: BTreeMap<&'static str, u64>,
}

impl Report {
    pub(super) fn new(
        ledger: &Ledger,
        Rotated { first_token_calls, visit }: Rotated,
        second_token_calls: u64,
        cost: Cost,
        ended: Option<Problem>,
        (old, new): (&Token, &Token),
    ) -> Self {
        let (failed, failures) = ledger.failures();
        let by_kind: Vec<_> = Kind::ALL.into_iter().map(|kind| OfKind::new(ledger, kind)).collect();
        let total = by_kind.iter().map(|of_kind| of_kind.total).sum();
        let attempts = visit.tried.iter().map(|row| row.attempts).sum();
        let refused = visit.tried.iter().map(|row| row.refused).sum();
        let problems: Vec<_> = failures.into_iter().chain(visit.problems).chain(ended).collect();
        Self {
            ok: failed == 0 && attempts == refused && problems.is_empty(),
            processes: visit.processes,
            calls: Calls { total, failed, by_kind },
            rotation: Rotation { from: Used::new(old, first_token_calls), to: Used::new(new, second_token_calls) },
            intruder: Intruder {
                doors: visit.doors,
                attempts,
                refused,
                by_attempt: visit.tried,
                counted_by_servers: visit.counted,
            },
            time_per_call: cost,
            problems,
        }
    }

    /// The report for people.
    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        // A `String` takes whatever is written to it.
        let _ = self.write_table(&mut text);
        text
    }

    fn write_table(&self, to: &mut String) -> std::fmt::Result {
        let Self { processes, calls, rotation, intruder, time_per_call: cost, .. } = self;
        writeln!(to, "A GCS and {} nodes, with a token on every call, which was replaced under load:", processes - 1)?;
        for (place, token) in [("first", &rotation.from), ("then", &rotation.to)] {
            writeln!(to, "  {place:<6}{}, which let in {} calls", token.fingerprint, token.calls)?;
        }

        write!(to, "\n{:<34}", "calls")?;
        Phase::ALL.iter().try_for_each(|phase| write!(to, "{:>10}", phase.name()))?;
        writeln!(to, "{:>10}", "total")?;
        for of_kind in &calls.by_kind {
            write!(to, "  {:<32}", of_kind.kind.replace('_', " "))?;
            let OfKind { before, staged, promoted, retired, total, .. } = of_kind;
            writeln!(to, "{before:>10}{staged:>10}{promoted:>10}{retired:>10}{total:>10}")?;
        }
        writeln!(to, "  {:<72}{:>10}", "all", calls.total)?;
        writeln!(to, "  {:<72}{:>10}\n", "failed", calls.failed)?;

        writeln!(to, "{:<34}{:>10}{:>10}", "an intruder", "attempts", "refused")?;
        for row in &intruder.by_attempt {
            writeln!(to, "  {:<32}{:>10}{:>10}", row.name, row.attempts, row.refused)?;
        }
        let doors = format!("all, at {} doors", intruder.doors);
        writeln!(to, "  {doors:<32}{:>10}{:>10}", intruder.attempts, intruder.refused)?;
        for (reason, count) in &intruder.counted_by_servers {
            let reason = format!("counted by the servers: {reason}");
            writeln!(to, "  {reason:<42}{count:>10}")?;
        }

        writeln!(to, "\ntime per call, median of {} calls each in turn, on this machine's wall clock", cost.pairs)?;
        writeln!(to, "  {:<32}{:>10.1} µs", "with both layers", cost.with_layers_us)?;
        writeln!(to, "  {:<32}{:>10.1} µs", "without", cost.without_layers_us)?;
        writeln!(to, "  {:<32}{:>10.3}", "ratio", cost.ratio)?;

        writeln!(to)?;
        self.problems.iter().try_for_each(|problem| writeln!(to, "problem: {problem}"))?;
        writeln!(to, "{}", if self.ok { "all is as it must be" } else { "something is not as it must be" })
    }
}

impl OfKind {
    fn new(ledger: &Ledger, kind: Kind) -> Self {
        let [before, staged, promoted, retired] = Phase::ALL.map(|phase| ledger.calls(phase, kind));
        Self { kind: kind.name(), before, staged, promoted, retired, total: before + staged + promoted + retired }
    }
}

impl Used {
    fn new(token: &Token, calls: u64) -> Self {
        Self { fingerprint: token.fingerprint().to_string(), calls }
    }
}
