//! How the program ends.

use std::fmt::Display;
use std::process::ExitCode;

/// What a command's exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and the answer is yes where there was a question.
    Done,
    /// The answer is no.
    No,
    /// The command line or the configuration makes no sense.
    BadInput,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::No => 1,
            Exit::BadInput => 2,
        })
    }
}

/// The end of a command that could not do its work: the exit code, and what stands on stderr.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    exit: Exit,
    text: String,
}

impl Failure {
    /// `error:`, what is wrong and how to mend it.
    pub(crate) fn new(exit: Exit, error: impl Display) -> Self {
        Self { exit, text: format!("error: {error}\n") }
    }

    /// Lines of another form.
    pub(crate) fn verbatim(exit: Exit, text: String) -> Self {
        Self { exit, text }
    }

    /// Nothing to say, and nobody to say it to.
    pub(crate) fn silent(exit: Exit) -> Self {
        Self { exit, text: String::new() }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
