//! `ray-auth get-auth-token`: the token itself, as `ray get-auth-token` prints it.
//!
//! The token stands on stdout with nothing after it, so that it can be piped; a line feed on stderr keeps a terminal
//! tidy. The mode is not asked, only the places a token can be in.

use ray_auth::source::{FileWarning, Loaded, Origin, SourceError, TokenSource};
use ray_auth::token::TokenError;

use crate::exit::{Exit, Failure};
use crate::output;

/// Ray's own words for a token that is nowhere, its way to mend it included: it works with both tools.
const NOT_FOUND: &str = "Error: No authentication token found. Use ray `get-auth-token --generate` to create one.\n";

/// Arguments of `get-auth-token`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Args {
    /// Make a token, and write it to ~/.ray/auth_token, if there is none anywhere.
    #[arg(long)]
    generate: bool,
}

/// Prints the token.
///
/// # Errors
///
/// When there is none that can be used.
pub(crate) fn run(Args { generate }: Args) -> Result<Exit, Failure> {
    let loaded = load(generate).map_err(|error| failure(&error, generate))?;
    if let (true, Some(path)) = (loaded.generated, loaded.origin.path()) {
        // Ray's words again.
        output::tell("Generating new authentication token...\n");
        output::tell(format!("Generated new authentication token and saved to {}\n", path.display()));
    }
    for warning in loaded.warnings.iter().filter(|warning| concerns_the_primary(warning)) {
        output::tell(format!("warning: {warning}\n"));
    }
    output::answer(loaded.tokens.primary().expose_secret())?;
    output::tell("\n");
    Ok(Exit::Done)
}

/// What stands below the first line of a file is nothing to this command, as it is nothing to Ray.
fn concerns_the_primary(warning: &FileWarning) -> bool {
    !matches!(warning, FileWarning::IgnoredLines { .. } | FileWarning::TokensNotUsed { .. })
}

fn load(generate: bool) -> Result<Loaded, SourceError> {
    let source = TokenSource::from_env()?;
    if generate { source.load_or_generate() } else { source.load() }
}

fn failure(error: &SourceError, generate: bool) -> Failure {
    match error {
        SourceError::Mode(_) => Failure::new(Exit::BadInput, error),
        SourceError::Missing { .. } if !generate => Failure::verbatim(Exit::No, NOT_FOUND.to_owned()),
        // To Ray these, too, are places without a token.
        SourceError::Token { origin: Origin::Variable | Origin::Default(_), error: TokenError::Empty }
        | SourceError::File { origin: Origin::Default(_), .. }
            if !generate =>
        {
            Failure::verbatim(Exit::No, format!("{NOT_FOUND}note: {error}\n"))
        }
        SourceError::Token { origin: Origin::Default(_), .. } => Failure::verbatim(
            Exit::No,
            format!("error: {error}\nnote: a file that exists is never overwritten; remove it to have one generated\n"),
        ),
        _ => Failure::new(Exit::No, error),
    }
}
