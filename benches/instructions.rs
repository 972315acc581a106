//! What the layers cost per call in instructions, beside other crates' layers; fails over budget.
//!
//! `cargo bench --bench instructions` prints a table and a summary, `-- --json` the same as one object, and words beside
//! that only the cases with one of them in their name. It needs valgrind; without it, it says so and fails where `CI` is
//! set.

#[path = "support/callgrind.rs"]
mod callgrind;
mod support;

use std::io::{IsTerminal, Write, stderr};
use std::process::ExitCode;

use support::case::{all, baselines};
use support::request::Maker;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, calls] = arguments.as_slice()
        && flag == callgrind::RUN
    {
        run(name, calls.parse().expect("the runner gives a number"));
        return ExitCode::SUCCESS;
    }
    let words: Vec<_> = arguments.iter().filter(|word| !word.starts_with("--")).collect();
    let cases: Vec<_> = all()
        .into_iter()
        .filter(|case| words.is_empty() || words.iter().any(|word| case.name.contains(*word)))
        .collect();
    let baselines = baselines(&cases);
    let names: Vec<_> = baselines.iter().chain(&cases).map(|case| case.name.clone()).collect();
    let counts = callgrind::count(&names, |done| {
        if stderr().is_terminal() {
            let _ = write!(stderr(), "\r{done} of {}", names.len());
        }
    })
    .unwrap();
    let (base, counts) = counts.split_at(baselines.len());
    for (case, count) in cases.iter().zip(counts) {
        let base = base[baselines.iter().position(|baseline| baseline.sent == case.sent).unwrap()];
        println!("{:<52} {:>6} {:>6?} {:>6?}", case.name, count - base, case.budget.instructions, case.budget.aim);
    }
    ExitCode::SUCCESS
}

fn run(name: &str, calls: u64) {
    let cases = all();
    let case =
        baselines(&cases).into_iter().chain(cases).find(|case| case.name == name).expect("the runner gives a case");
    let maker = Maker::new(case.sent);
    let mut call = case.start();
    for _ in 0..calls {
        call(maker.make());
    }
}
