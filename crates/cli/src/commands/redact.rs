//! `ray-auth redact`: URIs and logs, fit to be shown to others.

use std::io::{self, BufReader, ErrorKind};

use ray_auth::source::TokenSource;
use ray_auth_runtime_env::credentials::Credentials;
use ray_auth_runtime_env::redact::{Redactor, filter, redact_uri};

use crate::exit::{Exit, Failure};
use crate::output;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// Arguments of `redact`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A URI. Without one, text is read from stdin.
    uri: Option<String>,
}

/// Prints what may be shown.
///
/// # Errors
///
/// When it cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if let Some(uri) = &args.uri {
        output::answer(format!("{}\n", redact_uri(uri)))?;
        return Ok(Exit::Done);
    }
    let stdin = BufReader::with_capacity(CHUNK, io::stdin().lock());
    filter(&redactor(), stdin, io::stdout().lock()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::silent(Exit::No),
        _ => Failure::new(
            Exit::No,
            format_args!("cannot copy stdin to stdout: {error}; give it text and a place for it"),
        ),
    })?;
    Ok(Exit::Done)
}

/// Knows the secrets that this environment names, as far as they can be read: the others are found by their places only.
fn redactor() -> Redactor {
    let redactor = with_cluster_tokens(Redactor::new());
    let credentials = Credentials::from_env().and_then(|credentials| credentials.hide_in(redactor.clone()));
    credentials.unwrap_or_else(|error| {
        tell(&error);
        redactor
    })
}

fn with_cluster_tokens(redactor: Redactor) -> Redactor {
    let loaded = match TokenSource::from_env().and_then(|source| source.load()) {
        Ok(loaded) => loaded,
        Err(error) => {
            if !error.is_absence() {
                tell(&error);
            }
            return redactor;
        }
    };
    let tokens = loaded.tokens;
    let tokens = std::iter::once(tokens.primary()).chain(tokens.next()).chain(tokens.accepted());
    tokens.fold(redactor, |redactor, token| redactor.hide(token.expose_secret()))
}

fn tell(error: &dyn std::error::Error) {
    output::tell(format!("warning: {error}; what is in there is hidden only where its place gives it away\n"));
}
