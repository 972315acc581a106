//! What to say beside what was done.

use ray_auth::keyring_file::Change;
use ray_auth::token::TokenSet;

/// What to do next, which follows from the tokens that are there now.
pub(super) fn then(tokens: &TokenSet, in_a_file: bool) -> String {
    let primary = tokens.primary().fingerprint();
    let send = if in_a_file {
        "give this keyring to every other process"
    } else {
        "put the new keyring where every process reads it"
    };
    match tokens.next().map(|next| next.fingerprint()) {
        Some(next) => format!("{send}; when all accept {next}: ray-auth rotate promote {next}"),
        None if tokens.accepted().is_empty() => format!("{send}; they then accept {primary} only"),
        None => format!(
            "{send}; when all have {primary} as primary, and the longest time that a call can wait inside a client has \
             passed: ray-auth rotate retire"
        ),
    }
}

/// What was not checked.
pub(super) fn unchecked(step: &str, in_a_file: bool) -> String {
    let what = if in_a_file { "this file only" } else { "this keyring only" };
    let how = match step {
        "promote" => "; whether every process accepts the new token was not asked, --verify does",
        "retire" => "; whether every process sends the new token was not asked, --verify does",
        _ => "; no process was asked",
    };
    format!("{what}{how}")
}

/// What a forced change broke, if anything.
pub(super) fn skipped(change: &Change, before: Option<&TokenSet>) -> Option<String> {
    let Change::DangerousInstall(tokens) = change else { return None };
    let refused = Change::Install(tokens.clone()).apply(before?).err()?;
    Some(format!("a step was skipped, so calls can fail until every process has this keyring ({refused})"))
}

/// Lines that are not kept.
pub(super) fn ignored(of: &str, lines: &[usize]) -> String {
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    format!(
        "{of} has lines that are no tokens and are not kept (line {}); begin a line with `#`, `next` or `accept`",
        lines.join(", line ")
    )
}
