//! How running processes authenticate, as they tell it themselves.

use ray_auth::AuthMode;
use ray_auth::source::TokenSource;
use ray_auth::status::{ProcessStatus, SourceReport, TokenReport};
use serde::Serialize;

use super::table::table;
use crate::commands::peer::{Address, Asked, Network, ask_all};
use crate::commands::{runtime, time};
use crate::exit::{Exit, Failure};
use crate::output;

/// Asks the processes, and prints what they told.
///
/// # Errors
///
/// When there is no token to ask with, when it cannot be printed, and when something is wrong with a process.
pub(super) fn run(addresses: &[Address], network: Network, json: bool) -> Result<Exit, Failure> {
    let bad_input = |error: &dyn std::fmt::Display| Failure::new(Exit::BadInput, error);
    let tokens = match AuthMode::from_env().map_err(|error| bad_input(&error))? {
        AuthMode::Disabled => None,
        _ => {
            let loaded = TokenSource::from_env().and_then(|source| source.load());
            Some(loaded.map_err(|error| bad_input(&error))?.tokens)
        }
    };
    runtime::run(async {
        let report = Report::new(&ask_all(addresses, tokens.as_ref(), network).await);
        let exit = if report.problems().next().is_none() { Exit::Done } else { Exit::No };
        if json {
            output::json(&report)?;
            return Ok(exit);
        }
        output::answer(report.lines())?;
        let problems: String = report.problems().map(|problem| format!("error: {problem}\n")).collect();
        if problems.is_empty() { Ok(exit) } else { Err(Failure::verbatim(exit, problems)) }
    })
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Report {
    processes: Vec<Process>,
    /// What works and should be otherwise.
    warnings: Vec<String>,
}

/// One process. What is not known is none.
#[derive(Debug, Serialize)]
struct Process {
    address: String,
    reachable: bool,
    uptime_seconds: Option<u64>,
    mode: Option<String>,
    generation: Option<u64>,
    source: Option<Source>,
    tokens: Vec<Token>,
    /// Why nothing is known, or what is wrong.
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Source {
    kind: &'static str,
    origin: Option<String>,
    last_reload_seconds_ago: Option<u64>,
    reloads: Option<u64>,
    failures: Option<u64>,
    error: Option<String>,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Serialize)]
struct Token {
    role: String,
    label: String,
    weak: bool,
    accepted_calls: u64,
    last_seen_seconds_ago: Option<u64>,
    watched_seconds: u64,
}

impl Report {
    fn new(asked: &[Asked]) -> Self {
        let processes: Vec<_> = asked.iter().map(Process::new).collect();
        let warnings = differing(&processes).into_iter().chain(processes.iter().flat_map(Process::warnings)).collect();
        Self { processes, warnings }
    }

    fn problems(&self) -> impl Iterator<Item = String> {
        self.processes
            .iter()
            .filter_map(|process| process.problem.as_ref().map(|problem| format!("{} {problem}", process.address)))
    }

    /// The report for people.
    fn lines(&self) -> String {
        let processes: Vec<_> = self.processes.iter().map(Process::cells).collect();
        let tokens: Vec<_> = self
            .processes
            .iter()
            .flat_map(|process| process.tokens.iter().map(|token| token.cells(&process.address)))
            .collect();
        let mut text = table(["PROCESS", "REACHABLE", "UP", "MODE", "GENERATION", "RELOADED", "SOURCE"], &processes);
        if !tokens.is_empty() {
            text.push('\n');
            text.push_str(&table(["PROCESS", "ROLE", "TOKEN", "CALLS", "LAST SEEN"], &tokens));
        }
        if !self.warnings.is_empty() {
            text.push('\n');
        }
        text.extend(self.warnings.iter().map(|warning| format!("warning   {warning}\n")));
        text
    }
}

impl Process {
    fn new(asked: &Asked) -> Self {
        let unknown = Self {
            address: asked.address.clone(),
            reachable: true,
            uptime_seconds: None,
            mode: None,
            generation: None,
            source: None,
            tokens: Vec::new(),
            problem: None,
        };
        match &asked.told {
            Err(trouble) => Self { reachable: trouble.reachable, problem: Some(trouble.text.clone()), ..unknown },
            Ok(status) => Self {
                uptime_seconds: Some(status.uptime.as_secs()),
                mode: Some(status.mode.to_string()),
                generation: status.keyring.as_ref().map(|keyring| keyring.generation),
                source: status.keyring.as_ref().map(|keyring| Source::new(&keyring.source)),
                tokens: status.tokens().iter().map(Token::new).collect(),
                problem: problem(status),
                ..unknown
            },
        }
    }

    fn warnings(&self) -> impl Iterator<Item = String> {
        self.tokens.iter().filter(|token| token.weak).map(|token| {
            format!(
                "{}: the {} token is shorter than {} characters, and could be found by trying; replace it by one that \
                 `ray-auth rotate stage` makes",
                self.address,
                token.role,
                ray_auth::Token::STRONG_LEN
            )
        })
    }

    fn cells(&self) -> [String; 7] {
        let or_dash = |known: Option<String>| known.unwrap_or_else(|| "-".to_owned());
        let span = |seconds: Option<u64>| seconds.map(|seconds| time::show(std::time::Duration::from_secs(seconds)));
        let source = self.source.as_ref();
        let reloaded = span(source.and_then(|source| source.last_reload_seconds_ago));
        [
            self.address.clone(),
            if self.reachable { "yes" } else { "no" }.to_owned(),
            or_dash(span(self.uptime_seconds)),
            or_dash(self.mode.clone()),
            or_dash(self.generation.map(|generation| generation.to_string())),
            or_dash(reloaded.map(|span| format!("{span} ago"))),
            or_dash(source.map(|source| source.text.clone())),
        ]
    }
}

/// What is wrong with a process that answers.
fn problem(status: &ProcessStatus) -> Option<String> {
    if status.mode == AuthMode::Disabled {
        return Some(
            "lets every call in, since authentication is disabled; start it with RAY_AUTH_MODE=token".to_owned(),
        );
    }
    match status.keyring.as_ref().map(|keyring| &keyring.source) {
        Some(SourceReport::Followed { error: Some(error), .. }) => {
            Some(format!("keeps its last good tokens, since its source cannot be used: {error}"))
        }
        _ => None,
    }
}

/// Between two steps processes differ, and at other times they should not.
fn differing(processes: &[Process]) -> Option<String> {
    let mut primaries: Vec<_> = processes
        .iter()
        .flat_map(|process| &process.tokens)
        .filter(|token| token.role == "primary" && !token.weak)
        .map(|token| token.label.as_str())
        .collect();
    primaries.sort_unstable();
    primaries.dedup();
    (primaries.len() > 1).then(|| {
        format!("the processes send different tokens ({}); until all send one, do not retire any", primaries.join(", "))
    })
}

impl Source {
    fn new(source: &SourceReport) -> Self {
        let text = source.to_string();
        let empty = |kind| Self {
            kind,
            origin: None,
            last_reload_seconds_ago: None,
            reloads: None,
            failures: None,
            error: None,
            text,
        };
        match source {
            SourceReport::Static { origin, .. } => Self { origin: Some(origin.clone()), ..empty("static") },
            SourceReport::Followed { origin, last_reload, reloads, failures, error, .. } => Self {
                origin: Some(origin.clone()),
                last_reload_seconds_ago: Some(last_reload.age.as_secs()),
                reloads: Some(*reloads),
                failures: Some(*failures),
                error: error.clone(),
                ..empty("followed")
            },
            _ => empty("program"),
        }
    }
}

impl Token {
    fn new(token: &TokenReport) -> Self {
        Self {
            role: token.role.to_string(),
            label: token.label.clone(),
            weak: token.weak,
            accepted_calls: token.accepted_calls,
            last_seen_seconds_ago: token.last_seen.map(|seen| seen.age.as_secs()),
            watched_seconds: token.watched.as_secs(),
        }
    }

    fn cells(&self, address: &str) -> [String; 5] {
        let span = |seconds| time::show(std::time::Duration::from_secs(seconds));
        let seen = match self.last_seen_seconds_ago {
            Some(seconds) => format!("{} ago", span(seconds)),
            None => format!("never in {}", span(self.watched_seconds)),
        };
        [address.to_owned(), self.role.clone(), self.label.clone(), self.accepted_calls.to_string(), seen]
    }
}
