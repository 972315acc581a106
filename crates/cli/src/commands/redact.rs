//! `ray-auth redact`: URIs and logs, fit to be shown to others.

use std::io::{self, BufReader, ErrorKind};

use ray_auth::source::TokenSource;
use ray_auth_runtime_env::credentials::{BEARER_VARIABLE, Credentials};
use ray_auth_runtime_env::netrc::NetrcSource;
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

/// Knows the secrets that this environment names, as far as they can be read: the others are found by their places only. Each
/// of the three is looked for by itself.
fn redactor() -> Redactor {
    let redactor = with_cluster_tokens(Redactor::new());
    let (credentials, redactor) = match Credentials::from_env() {
        Ok(credentials) => (credentials, redactor),
        Err(error) => {
            tell(&error);
            let redactor = with_words_of(BEARER_VARIABLE, redactor);
            (Credentials::none().with_netrc(NetrcSource::from_env()), redactor)
        }
    };
    let (redactor, error) = credentials.hide_in(redactor);
    if let Some(error) = error {
        tell(&error);
    }
    redactor
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

/// What is no token may hold one, such as `Bearer x`.
fn with_words_of(variable: &str, redactor: Redactor) -> Redactor {
    /// `Bearer` is shorter.
    const SHORTEST: usize = 8;
    let value = std::env::var_os(variable).unwrap_or_default();
    let value = value.to_string_lossy();
    let words = value.split_whitespace().filter(|word| word.len() >= SHORTEST);
    words.fold(redactor, |redactor, word| redactor.hide(word))
}

fn tell(error: &dyn std::error::Error) {
    output::tell(format!("warning: {error}; what this names is hidden only where its place gives it away\n"));
}
