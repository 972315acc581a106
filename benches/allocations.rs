//! How often the layers allocate per call, and how many bytes, beside other crates' layers; fails over budget.
//!
//! `cargo bench --bench allocations` prints a table and a summary; after `--`, `--json` prints one object instead, and words
//! leave only the cases with one of them in their name.

#[path = "support/output.rs"]
mod output;
#[expect(dead_code, reason = "each bench has its own use for the cases")]
mod support;

use std::alloc::System;
use std::process::ExitCode;

use alloc_tracker::{Allocator, Session};
use output::{Asked, fail};
use serde_json::json;
use support::case::{self, Case};
use support::request::Maker;

#[global_allocator]
static ALLOCATOR: Allocator<System> = Allocator::system();

/// Calls before those that are counted: what happens once has happened by then.
const FEW: u64 = 100;

/// Calls that are counted.
const CALLS: u64 = 1_000;

fn main() -> ExitCode {
    let asked = match Asked::parse() {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    let cases: Vec<_> = case::all().into_iter().filter(|case| asked.wants(&case.name)).collect();
    let Some(costs) = cases.iter().map(Cost::of).collect::<Option<Vec<_>>>() else {
        return fail("a case did not allocate the same in each call, so a count of one call says nothing");
    };
    let over = costs.iter().filter(|cost| cost.is_over()).count();
    if asked.json {
        let rows: Vec<_> = costs.iter().map(Cost::json).collect();
        println!("{}", json!({ "rows": rows }));
    } else {
        println!("{:<52}{:>12}{:>8}{:>8}", "a call, over the base", "allocations", "bytes", "budget");
        costs.iter().for_each(Cost::print);
    }
    let with_budget = costs.iter().filter(|cost| cost.case.budget.allocations.is_some()).count();
    asked.summary(&format!("{} cases, {with_budget} with a budget, {over} over it", costs.len()));
    if over == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What one call of a case allocates, over the case it is counted from.
struct Cost<'a> {
    case: &'a Case,
    allocations: i64,
    bytes: i64,
}

impl<'a> Cost<'a> {
    fn of(case: &'a Case) -> Option<Self> {
        let (allocations, bytes) = counted(case)?;
        let (base_allocations, base_bytes) = counted(&case.base())?;
        Some(Self { case, allocations: allocations - base_allocations, bytes: bytes - base_bytes })
    }

    fn is_over(&self) -> bool {
        self.case.budget.allocations.is_some_and(|budget| self.allocations > budget)
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "case": self.case.name,
            "allocations": self.allocations,
            "bytes": self.bytes,
            "budget": self.case.budget.allocations,
            "peer": self.case.peer,
        })
    }

    fn print(&self) {
        let Self { case, allocations, bytes } = self;
        let budget = case.budget.allocations.map_or_else(|| "-".to_owned(), |budget| budget.to_string());
        let over = if self.is_over() { "  over budget" } else { "" };
        println!("{:<52}{allocations:>12}{bytes:>8}{budget:>8}{over}", case.name);
    }
}

/// Allocations and bytes of one call; none if they are no whole numbers, because calls differ.
fn counted(case: &Case) -> Option<(i64, i64)> {
    let maker = Maker::new(case.sent);
    let mut call = case.start();
    (0..FEW).for_each(|_| call(maker.make()));
    let session = Session::new();
    {
        let operation = session.operation("calls");
        let _span = operation.measure_thread().iterations(CALLS);
        (0..CALLS).for_each(|_| call(maker.make()));
    }
    let report = session.to_report();
    let whole = |total: u64| total.is_multiple_of(CALLS).then(|| (total / CALLS).try_into().ok()).flatten();
    let (_, operation) = report.operations().next()?;
    Some((whole(operation.total_allocations_count())?, whole(operation.total_bytes_allocated())?))
}
