//! What the layers cost per call in instructions, beside other crates' layers, and whether the comparison's work depends
//! on what it must not depend on. Fails over budget, and when it does.
//!
//! `cargo bench --bench instructions` prints tables and a summary; after `--`, `--json` prints one object instead, and words
//! leave only the cases with one of them in their name. It counts with valgrind's callgrind. Where there is no valgrind it
//! says so, and fails if `CI` is set.

#[path = "support/callgrind.rs"]
mod callgrind;
#[path = "support/comparison.rs"]
mod comparison;
#[path = "support/output.rs"]
mod output;
#[expect(dead_code, reason = "each bench has its own use for the cases")]
mod support;

use std::process::ExitCode;

use callgrind::{Counted, per_call};
use comparison::Comparison;
use output::{Asked, fail};
use serde_json::json;
use support::case::{self, Case};
use support::request::Maker;

fn main() -> ExitCode {
    if let Some((name, calls)) = callgrind::told() {
        return repeat(&name, calls);
    }
    let asked = match Asked::parse() {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    let cases: Vec<_> = case::all().into_iter().filter(|case| asked.wants(&case.name)).collect();
    let comparisons: Vec<_> = comparison::all().into_iter().filter(|row| asked.wants(&row.name())).collect();
    if asked.once {
        return once(&cases, &comparisons);
    }
    let bases = case::bases(&cases);
    let names =
        bases.iter().chain(&cases).map(|case| case.name.clone()).chain(comparisons.iter().map(Comparison::name));
    let names: Vec<_> = names.collect();
    let counts = match callgrind::count(&names, &[]) {
        Ok(Counted::All(counts)) => counts,
        Ok(Counted::NoValgrind) => return callgrind::without_valgrind("nothing was counted"),
        Err(error) => return fail(&error.to_string()),
    };
    let (base_counts, counts) = counts.split_at(bases.len());
    let (counts, comparison_counts) = counts.split_at(cases.len());
    let base_of = |case: &Case| {
        let name = case.base().name;
        bases.iter().zip(base_counts).find(|(base, _)| base.name == name).map_or(0, |(_, count)| *count)
    };
    let costs =
        cases.iter().zip(counts).map(|(case, count)| Cost { case, instructions: per_call(count - base_of(case)) });
    let costs: Vec<_> = costs.collect();
    let works: Vec<_> = comparisons.iter().zip(comparison_counts.iter().copied()).collect();
    report(&asked, &costs, &works)
}

/// One case, counted.
struct Cost<'a> {
    case: &'a Case,
    /// Of one call, over the case it is counted from.
    instructions: i64,
}

impl Cost<'_> {
    fn is_over(&self) -> bool {
        self.case.budget.instructions.is_some_and(|budget| self.instructions > budget)
    }
}

fn report(asked: &Asked, costs: &[Cost<'_>], works: &[(&Comparison, i64)]) -> ExitCode {
    let over = costs.iter().filter(|cost| cost.is_over()).count();
    let differing: Vec<_> =
        works.iter().filter(|(row, count)| per_call(*count) != first_of(works, &row.work)).collect();
    if asked.json {
        let rows: Vec<_> = costs.iter().map(cost_json).collect();
        let comparison: Vec<_> = works.iter().map(|(row, count)| comparison_json(row, *count)).collect();
        println!("{}", json!({ "rows": rows, "comparison": comparison }));
    } else {
        print_tables(costs, works);
    }
    for (row, count) in &differing {
        eprintln!("{} takes {} instructions; the first of its work takes another number", row.name(), per_call(*count));
    }
    let with_budget = costs.iter().filter(|cost| cost.case.budget.instructions.is_some()).count();
    asked.summary(&format!(
        "{} cases, {with_budget} with a budget, {over} over it; {} comparisons, {} that differ",
        costs.len(),
        works.len(),
        differing.len()
    ));
    if over == 0 && differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_tables(costs: &[Cost<'_>], works: &[(&Comparison, i64)]) {
    let number = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    println!("{:<52}{:>14}{:>8}{:>8}", "instructions of a call", "over the base", "budget", "aim");
    for cost in costs {
        let Cost { case, instructions } = cost;
        let over = if cost.is_over() { "  over budget" } else { "" };
        let (budget, aim) = (number(case.budget.instructions), number(case.budget.aim));
        println!("{:<52}{instructions:>14}{budget:>8}{aim:>8}{over}", case.name);
    }
    if works.is_empty() {
        return;
    }
    println!("\n{:<52}{:>14}  of situations", "one comparison", "instructions");
    for rows in works.chunk_by(|(one, _), (other, _)| one.work == other.work) {
        println!("{:<52}{:>14}  {}", rows[0].0.work, per_call(rows[0].1), rows.len());
    }
}

/// What the first of the rows with this work takes.
fn first_of(works: &[(&Comparison, i64)], work: &str) -> i64 {
    works.iter().find(|(row, _)| row.work == work).map_or(0, |(_, count)| per_call(*count))
}

fn cost_json(Cost { case, instructions }: &Cost<'_>) -> serde_json::Value {
    json!({
        "case": case.name,
        "instructions": instructions,
        "budget": case.budget.instructions,
        "aim": case.budget.aim,
        "peer": case.peer,
    })
}

fn comparison_json(row: &Comparison, count: i64) -> serde_json::Value {
    json!({ "work": row.work, "situation": row.situation, "instructions": per_call(count) })
}

/// `cargo test`: everything works, and nothing is counted.
fn once(cases: &[Case], comparisons: &[Comparison]) -> ExitCode {
    for case in case::bases(cases).iter().chain(cases) {
        case.start()(Maker::new(case.sent).make());
    }
    comparisons.iter().for_each(Comparison::run);
    println!("{} cases and {} comparisons ran once, uncounted", cases.len(), comparisons.len());
    ExitCode::SUCCESS
}

fn repeat(name: &str, calls: u64) -> ExitCode {
    // Made only if it is one of them: what they leave behind in the heap changes the allocator's way with the others.
    let comparisons = if name.starts_with(comparison::GROUP) { comparison::all() } else { Vec::new() };
    if let Some(comparison) = comparisons.into_iter().find(|row| row.name() == name) {
        (0..calls).for_each(|_| comparison.run());
        return ExitCode::SUCCESS;
    }
    let cases = case::all();
    let Some(case) = case::bases(&cases).into_iter().chain(cases).find(|case| case.name == name) else {
        return fail(&format!("{name:?} is no case; leave this option to the bench itself"));
    };
    let maker = Maker::new(case.sent);
    let mut call = case.start();
    (0..calls).for_each(|_| call(maker.make()));
    ExitCode::SUCCESS
}
