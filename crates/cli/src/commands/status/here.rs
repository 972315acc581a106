//! How a process in this environment authenticates, and what is wrong with that.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use ray_auth::mode::{AuthMode, ModeError};
use ray_auth::source::{Loaded, Origin, SourceError, TokenSource};
use ray_auth_kubernetes::{Claims, Pod};
use serde::Serialize;

use crate::commands::tokens::{Row, rows};
use crate::exit::{Exit, Failure};
use crate::output;

/// Prints what this process's environment comes to.
///
/// # Errors
///
/// When it cannot be printed.
pub(super) fn run(json: bool) -> Result<Exit, Failure> {
    let (report, exit) = Report::of_env();
    if json {
        output::json(&report)?;
        return Ok(exit);
    }
    output::answer(report.lines())?;
    match report.problem {
        Some(problem) => Err(Failure::new(exit, problem)),
        None => Ok(exit),
    }
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Report {
    /// None when the variables name none.
    mode: Option<String>,
    source: Option<Source>,
    tokens: Vec<Row>,
    /// In Kubernetes mode only.
    kubernetes: Option<Kubernetes>,
    /// What works and should be otherwise.
    warnings: Vec<String>,
    /// Why it does not work, and how to mend that.
    problem: Option<String>,
}

/// What a process in this pod would present, and whom it would ask about others.
#[derive(Debug, Serialize)]
struct Kubernetes {
    /// What our own token says of itself, unverified.
    subject: Option<String>,
    audiences: Vec<String>,
    seconds_left: Option<u64>,
    server: Option<String>,
    cluster: Option<String>,
    namespace: Option<String>,
}

/// Where the tokens are, or should be.
#[derive(Debug, Serialize)]
struct Source {
    kind: &'static str,
    path: Option<String>,
    #[serde(skip)]
    text: String,
}

impl Report {
    /// The report, and what it comes to.
    fn of_env() -> (Self, Exit) {
        let mode = match AuthMode::from_env() {
            Ok(mode) => mode,
            Err(error) => return (Self::of_unknown_mode(&error), Exit::BadInput),
        };
        if mode == AuthMode::Disabled {
            return (Self::of_disabled(), Exit::Done);
        }
        match TokenSource::from_env().and_then(|source| source.load()) {
            Ok(loaded) => {
                let report = Self::of_loaded(mode, &loaded);
                let exit = if report.problem.is_some() { Exit::No } else { Exit::Done };
                (report, exit)
            }
            Err(error) => (Self::of_failure(mode, &error), Exit::No),
        }
    }

    fn empty(mode: Option<AuthMode>) -> Self {
        let mode = mode.map(|mode| mode.to_string());
        Self { mode, source: None, tokens: Vec::new(), kubernetes: None, warnings: Vec::new(), problem: None }
    }

    fn of_unknown_mode(error: &ModeError) -> Self {
        Self { problem: Some(error.to_string()), ..Self::empty(None) }
    }

    fn of_disabled() -> Self {
        let warning = "authentication is disabled: servers let every call in, and clients send no token; \
                       set RAY_AUTH_MODE=token to change that";
        Self { warnings: vec![warning.to_owned()], ..Self::empty(Some(AuthMode::Disabled)) }
    }

    fn of_failure(mode: AuthMode, error: &SourceError) -> Self {
        let source = match error {
            SourceError::File { origin, .. }
            | SourceError::Token { origin, .. }
            | SourceError::Exposed { origin, .. } => Some(Source::new(origin)),
            _ => None,
        };
        Self { source, problem: Some(error.to_string()), ..Self::empty(Some(mode)) }
    }

    fn of_loaded(mode: AuthMode, loaded: &Loaded) -> Self {
        let tokens = rows(&loaded.tokens);
        let weak = tokens.iter().filter_map(Row::warning);
        let warnings = weak.chain(loaded.warnings.iter().map(ToString::to_string)).collect();
        let report = Self { source: Some(Source::new(&loaded.origin)), tokens, warnings, ..Self::empty(Some(mode)) };
        if mode == AuthMode::Kubernetes { report.in_kubernetes(loaded) } else { report }
    }

    /// Adds what a pod is told.
    fn in_kubernetes(mut self, loaded: &Loaded) -> Self {
        let claims = Claims::unverified(loaded.tokens.primary().expose_secret());
        if claims.is_none() {
            self.warnings.push(
                "our own token is not a service account's; the API server must know it in another way, \
                 or every server refuses us"
                    .to_owned(),
            );
        }
        let claims = claims.unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let seconds_left = claims.expiry.map(|end| end.saturating_sub(now));
        if seconds_left == Some(0) {
            let problem =
                "our own token has ended, so every server refuses us; let Kubernetes project a new one into its file";
            self.problem = Some(problem.to_owned());
        }
        let pod = Pod::from_env().map_err(|error| {
            self.warnings.push(format!("a server could not judge callers here: {error}"));
        });
        let pod = pod.ok();
        self.kubernetes = Some(Kubernetes {
            subject: claims.subject,
            audiences: claims.audiences,
            seconds_left,
            server: pod.as_ref().map(|pod| pod.server().to_string()),
            cluster: pod.as_ref().map(|pod| pod.cluster().to_owned()),
            namespace: pod.as_ref().map(|pod| pod.namespace().to_owned()),
        });
        self
    }

    /// The report for people.
    fn lines(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            // A `String` takes whatever is written to it.
            let _ = writeln!(text, "{name:<9} {value}");
        };
        line("mode", self.mode.as_deref().unwrap_or("unknown"));
        if let Some(source) = &self.source {
            line("source", &source.text);
        }
        for token in &self.tokens {
            line(token.role, &token.text());
        }
        if let Some(kubernetes) = &self.kubernetes {
            kubernetes.lines().into_iter().for_each(|(name, value)| line(name, &value));
        }
        for warning in &self.warnings {
            line("warning", warning);
        }
        text
    }
}

impl Kubernetes {
    /// What there is to say, by name.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if let Some(subject) = &self.subject {
            lines.push(("identity", output::peer_text(subject.as_bytes())));
        }
        if !self.audiences.is_empty() {
            lines.push(("audience", output::peer_text(self.audiences.join(", ").as_bytes())));
        }
        match self.seconds_left {
            Some(0) => lines.push(("expires", "it has ended".to_owned())),
            Some(seconds) => lines.push(("expires", format!("in {seconds} s"))),
            None => {}
        }
        if let (Some(server), Some(cluster), Some(namespace)) = (&self.server, &self.cluster, &self.namespace) {
            lines.push(("judge", format!("{server}, for RayCluster {cluster} in namespace {namespace}")));
        }
        lines
    }
}

impl Source {
    fn new(origin: &Origin) -> Self {
        let kind = match origin {
            Origin::Variable => "variable",
            Origin::PathVariable(_) => "path_variable",
            Origin::ServiceAccount(_) => "service_account",
            Origin::Default(_) => "default",
            _ => "file",
        };
        let path = origin.path().map(|path| path.display().to_string());
        Self { kind, path, text: origin.to_string() }
    }
}
