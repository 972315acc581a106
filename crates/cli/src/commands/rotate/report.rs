//! What is printed about a step, taken or not.

use std::fmt::Write as _;

use ray_auth::keyring::Step;
use ray_auth::keyring_file::Change;
use ray_auth::token::TokenSet;
use serde::Serialize;

use super::advice;
use super::place::{Outcome, Place, Refused};
use super::verify;
use crate::commands::tokens::{Row, rows};
use crate::exit::{Exit, Failure};
use crate::output;

/// What is printed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    step: &'static str,
    changed: bool,
    /// None for a keyring that is not in a file.
    file: Option<String>,
    /// What is there now; none when the step was not taken.
    tokens: Vec<Row>,
    /// What is not there any more.
    dropped: Vec<Row>,
    /// Who was asked; none when nobody was.
    processes: Option<Vec<Process>>,
    warnings: Vec<String>,
    /// What to do next.
    then: Option<String>,
    /// Why the step was not taken.
    problem: Option<String>,
    #[serde(skip)]
    json: bool,
    #[serde(skip)]
    in_a_file: bool,
}

/// One process.
#[derive(Debug, Serialize)]
struct Process {
    address: String,
    ready: bool,
    /// What it has the new token as.
    role: Option<String>,
    problem: Option<String>,
}

impl Report {
    pub(super) fn new(step: &'static str, json: bool) -> Self {
        Self {
            step,
            changed: false,
            file: None,
            tokens: Vec::new(),
            dropped: Vec::new(),
            processes: None,
            warnings: Vec::new(),
            then: None,
            problem: None,
            json,
            in_a_file: true,
        }
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    pub(super) fn place(&mut self, place: &Place) {
        let path = place.path();
        self.in_a_file = path.is_some();
        self.file = path.map(|path| path.display().to_string());
    }

    /// Notes what the processes said.
    ///
    /// # Errors
    ///
    /// When one of them is not ready.
    pub(super) fn verified(&mut self, processes: Vec<verify::Process>) -> Result<(), Refused> {
        let processes: Vec<_> = processes
            .into_iter()
            .map(|verify::Process { address, ready }| Process {
                address,
                ready: ready.is_ok(),
                role: ready.as_ref().ok().map(ToString::to_string),
                problem: ready.err(),
            })
            .collect();
        let problems: Vec<_> = processes
            .iter()
            .filter_map(|process| process.problem.as_ref().map(|problem| format!("{} {problem}", process.address)))
            .collect();
        let asked = processes.len();
        self.processes = Some(processes);
        if problems.is_empty() {
            return Ok(());
        }
        Err(Refused::not_ready(format!(
            "nothing was changed, since {} of {asked} processes {} not ready: {}",
            problems.len(),
            if problems.len() == 1 { "is" } else { "are" },
            problems.join("; ")
        )))
    }

    pub(super) fn taken(&mut self, change: &Change, outcome: &Outcome) {
        let Outcome { step, before, tokens, warnings, .. } = outcome;
        self.changed = *step == Step::Done;
        self.tokens = rows(tokens);
        self.dropped = before.as_ref().map_or_else(Vec::new, |before| dropped(before, tokens));
        let weak: Vec<_> = self.tokens.iter().filter_map(Row::warning).collect();
        self.warnings.extend(weak);
        self.warnings.extend(warnings.iter().cloned());
        self.warnings.extend(advice::skipped(change, before.as_ref()));
        self.then = Some(advice::then(tokens, self.in_a_file));
    }

    /// Prints a step that was taken: to stderr when stdout has the keyring.
    pub(super) fn print(&self, to_stderr: bool) -> Result<Exit, Failure> {
        match (self.json, to_stderr) {
            (true, _) => output::json(self)?,
            (false, true) => output::tell(self.lines()),
            (false, false) => output::answer(self.lines())?,
        }
        Ok(Exit::Done)
    }

    /// Prints a step that was not taken.
    pub(super) fn print_refused(mut self, refused: Refused, to_stderr: bool) -> Result<Exit, Failure> {
        let Refused { exit, problem } = refused;
        if self.json {
            self.problem = Some(problem);
            self.print(to_stderr)?;
            return Ok(exit);
        }
        // Who was asked is of use; that nothing was done is not.
        if self.processes.is_some() {
            self.print(to_stderr)?;
        }
        Err(Failure::new(exit, problem))
    }

    /// The report for people.
    fn lines(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            // A `String` takes whatever is written to it.
            let _ = writeln!(text, "{name:<9} {value}");
        };
        if let Some(file) = &self.file {
            line("file", &format!("{file:?}"));
        }
        let taken = !self.tokens.is_empty();
        let came_to = match (taken, self.changed) {
            (true, true) => "done",
            (true, false) => "was so already, nothing changed",
            (false, _) => "not done",
        };
        line("step", &format!("{}: {came_to}", self.step));
        for token in &self.tokens {
            line(token.role, &token.text());
        }
        for token in &self.dropped {
            line("dropped", &token.text());
        }
        for process in self.processes.iter().flatten() {
            let role = process.role.as_deref().map(|role| format!("ready, has the token as {role}"));
            line("process", &format!("{} {}", process.address, role.as_deref().unwrap_or("not ready")));
        }
        match &self.processes {
            Some(processes) => {
                let count = processes.len();
                let what = if count == 1 { "process" } else { "processes" };
                line("checked", &format!("{count} {what}, and no others"));
            }
            None => line("checked", &advice::unchecked(self.step, self.in_a_file)),
        }
        for warning in &self.warnings {
            line("warning", warning);
        }
        if let Some(then) = &self.then {
            line("then", then);
        }
        text
    }
}

fn dropped(before: &TokenSet, after: &TokenSet) -> Vec<Row> {
    let all = std::iter::once(("primary", before.primary()))
        .chain(before.next().map(|token| ("next", token)))
        .chain(before.accepted().iter().map(|token| ("accepted", token)));
    all.filter(|(_, token)| !after.contains(token)).map(|(role, token)| Row::new(role, token)).collect()
}
