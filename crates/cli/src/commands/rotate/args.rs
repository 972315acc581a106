//! The command line of `rotate`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::stream::Stream;
use super::verify::Verify;
use crate::commands::peer::{Address, Network};
use crate::commands::time;
use crate::exit::Failure;
use crate::help::rotate as help;

/// Arguments of `rotate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) step: Step,
}

/// One step.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Step {
    /// Accepts a new token, and does not send it yet.
    #[command(long_about = help::STAGE, after_long_help = help::STAGE_AFTER)]
    Stage {
        /// Take the new token from here instead of making one.
        #[arg(long, value_name = "FILE|-")]
        from: Option<Stream>,
        /// What people write here at first. It is told apart from other mistakes so that it is not repeated.
        #[arg(hide = true)]
        token: Option<OsString>,
        #[command(flatten)]
        at: At,
    },
    /// Sends the staged token, and still accepts the old one.
    #[command(long_about = help::PROMOTE, after_long_help = help::PROMOTE_AFTER)]
    Promote {
        /// Only if it names the staged token.
        #[arg(value_name = "FINGERPRINT")]
        fingerprint: Option<String>,
        #[command(flatten)]
        verify: VerifyArgs,
        #[command(flatten)]
        at: At,
    },
    /// Stops accepting old tokens.
    #[command(long_about = help::RETIRE, after_long_help = help::RETIRE_AFTER)]
    Retire {
        /// Only the token with this fingerprint.
        #[arg(value_name = "FINGERPRINT")]
        fingerprint: Option<String>,
        #[command(flatten)]
        verify: VerifyArgs,
        /// Only if no process has seen the old token for so long, for example 10m or 2h.
        #[arg(long, value_name = "DURATION", value_parser = time::parse, requires = "address")]
        unused_for: Option<Duration>,
        #[command(flatten)]
        at: At,
    },
    /// Gives a rotation up: the staged token is no longer accepted.
    #[command(long_about = help::ABORT, after_long_help = help::ABORT_AFTER)]
    Abort {
        #[command(flatten)]
        at: At,
    },
    /// Takes a whole keyring from stdin, when that skips no step.
    #[command(long_about = help::INSTALL, after_long_help = help::INSTALL_AFTER)]
    Install {
        /// Stdin.
        #[arg(value_name = "-")]
        from: String,
        /// Also when that skips a step, or the file is malformed or not there.
        #[arg(long)]
        force: bool,
        /// The keyring file; without it the one that is in force here.
        #[arg(long, value_name = "FILE")]
        token_path: Option<PathBuf>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Where the keyring is, and how the report is printed.
#[derive(Debug, clap::Args)]
pub(super) struct At {
    #[command(flatten)]
    pub(super) place: Where,
    /// Print one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

/// Where the keyring is.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Where {
    /// The keyring file; without it the one that is in force here.
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    pub(super) token_path: Option<PathBuf>,
    /// Take the keyring from here instead, and change no file.
    #[arg(long = "in", value_name = "FILE|-", requires = "out")]
    pub(super) input: Option<Stream>,
    /// Write the changed keyring here.
    #[arg(long, value_name = "FILE|-", requires = "input")]
    pub(super) out: Option<Stream>,
}

/// The running processes that are asked first.
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// Ask these running processes first, by host and port, and take the step only when all are ready for it.
    // It has the name that `status` has for it, since the two below need it there, too.
    #[arg(id = "address", long = "verify", value_name = "ADDRESS", value_delimiter = ',')]
    addresses: Vec<String>,
    /// Send our token even where others on the network could read it.
    #[arg(long, requires = "address")]
    allow_plaintext: bool,
    /// Time for each process to answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    #[arg(requires = "address")]
    timeout: u64,
}

impl At {
    pub(super) fn reads_stdin(&self) -> bool {
        self.place.input.as_ref().is_some_and(Stream::is_standard)
    }
}

impl Where {
    pub(super) fn writes_stdout(&self) -> bool {
        self.out.as_ref().is_some_and(Stream::is_standard)
    }
}

impl VerifyArgs {
    /// Whom to ask; none when nobody was named.
    pub(super) fn read(self, unused_for: Option<Duration>) -> Result<Option<Verify>, Failure> {
        let Self { addresses, allow_plaintext, timeout } = self;
        if addresses.is_empty() {
            return Ok(None);
        }
        let addresses = Address::parse_all(&addresses)?;
        Ok(Some(Verify { addresses, network: Network { allow_plaintext, timeout }, unused_for }))
    }
}
