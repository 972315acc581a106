//! What is printed at the end.

use std::fmt::Display;
use std::path::Path;

use ray_auth_runtime_env::RemoteUri;
use ray_auth_runtime_env::download::{FetchError, Fetched, SetupError};
use serde::Serialize;

use crate::exit::{Exit, Failure};

/// What was downloaded.
#[derive(Debug, Serialize)]
pub(super) struct Done {
    uri: String,
    output: String,
    bytes: u64,
    sha256: String,
    redirects: usize,
    credential: Option<&'static str>,
    attempts: u32,
}

impl Done {
    pub(super) fn new(uri: &RemoteUri, output: &Path, fetched: &Fetched) -> Self {
        Self {
            uri: uri.to_string(),
            output: output.display().to_string(),
            bytes: fetched.len,
            sha256: fetched.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            redirects: fetched.redirects,
            credential: fetched.sent.map(|kind| kind.as_str()),
            attempts: fetched.attempts,
        }
    }

    pub(super) fn line(&self) -> String {
        format!("{}: {} bytes, sha256 {}\n", self.output, self.bytes, self.sha256)
    }
}

/// Why nothing was.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    kind: &'static str,
    failure: Failure,
}

impl Problem {
    pub(super) fn bad_uri(error: impl Display) -> Self {
        Self { kind: "bad_uri", failure: Failure::new(Exit::BadInput, error) }
    }

    pub(super) fn bad_output(error: impl Display) -> Self {
        Self { kind: "not_a_file", failure: Failure::new(Exit::BadInput, error) }
    }

    /// The file may be put in place at the same moment, all of it at once.
    pub(super) fn interrupted(signal: &str, output: &Path) -> Self {
        let text = format!("{signal}: interrupted; {output:?} is what it was before, or whole");
        Self { kind: "interrupted", failure: Failure::new(Exit::No, text) }
    }

    /// As JSON; without a URI where that is what is wrong.
    pub(super) fn of(&self, uri: Option<&RemoteUri>) -> impl Serialize {
        #[derive(Serialize)]
        struct Failed {
            uri: Option<String>,
            error: Error,
        }
        #[derive(Serialize)]
        struct Error {
            kind: &'static str,
            text: String,
        }
        let text = self.failure.text().trim_end();
        let text = text.strip_prefix("error: ").unwrap_or(text).to_owned();
        Failed { uri: uri.map(ToString::to_string), error: Error { kind: self.kind, text } }
    }
}

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        Self { kind: error.as_str(), failure: Failure::new(Exit::BadInput, error) }
    }
}

impl From<FetchError> for Problem {
    fn from(error: FetchError) -> Self {
        // What is wrong with the configuration is told from what is wrong with the world.
        let exit = match &error {
            FetchError::Credential(_) | FetchError::NotHandled { .. } => Exit::BadInput,
            _ => Exit::No,
        };
        Self { kind: error.as_str(), failure: Failure::new(exit, error) }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { kind: "failed", failure }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        problem.failure
    }
}
