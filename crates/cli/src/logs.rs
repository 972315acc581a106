//! Logs, which go to stderr, redacted.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use ray_auth_runtime_env::logs::RedactingMakeWriter;
use ray_auth_runtime_env::redact::Redactor;
use tracing_subscriber::EnvFilter;

use crate::exit::{Exit, Failure};

/// The variable with the filter.
const VARIABLE: &str = "RAY_AUTH_LOG";

/// What is asked when that one is not set: the variable that other programs in Rust use.
const FALLBACK: &str = "RUST_LOG";

/// Starts logging.
///
/// `default` is the filter when the user has none; `timed` puts a time before each line, which is of use only in a
/// program that runs for long.
///
/// # Errors
///
/// When the user's filter is none.
pub(crate) fn start(default: &str, timed: bool) -> Result<(), Failure> {
    let filter = filter(|name| std::env::var_os(name), default)?;
    // Nothing of ours logs a secret. What a library below logs at `trace` is not ours to promise.
    let (stderr, _) = RedactingMakeWriter::new(io::stderr, Redactor::new());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(coloured(io::stderr().is_terminal(), |name| std::env::var_os(name)))
        // It would print those to stderr, which is what just failed, and panic.
        .log_internal_errors(false);
    if timed {
        builder.init();
    } else {
        builder.without_time().init();
    }
    Ok(())
}

fn filter(lookup: impl Fn(&str) -> Option<OsString>, default: &str) -> Result<EnvFilter, Failure> {
    let set = |name| lookup(name).filter(|value| !value.is_empty()).map(|value| (name, value));
    let Some((name, value)) = set(VARIABLE).or_else(|| set(FALLBACK)) else { return Ok(EnvFilter::new(default)) };
    let filter = value.to_str().and_then(|value| EnvFilter::builder().parse(value).ok());
    filter.ok_or_else(|| {
        let text = format_args!("{name} is no log filter; set it to a level such as info, or to target=level pairs");
        Failure::new(Exit::BadInput, text)
    })
}

fn coloured(terminal: bool, lookup: impl Fn(&str) -> Option<OsString>) -> bool {
    let no_color = lookup("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = lookup("TERM").is_some_and(|value| value == "dumb");
    terminal && !no_color && !dumb
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(table: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| table.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
    }

    #[test]
    fn the_filter_is_the_first_that_is_set() {
        let table: [(&[_], &str); 5] = [
            (&[], "warn"),
            (&[("RAY_AUTH_LOG", ""), ("RUST_LOG", "")], "warn"),
            (&[("RUST_LOG", "debug")], "debug"),
            (&[("RAY_AUTH_LOG", "info"), ("RUST_LOG", "debug")], "info"),
            (&[("RAY_AUTH_LOG", "ray_auth=trace,warn")], "ray_auth=trace,warn"),
        ];
        for (variables, expected) in table {
            assert_eq!(filter(vars(variables), "warn").unwrap().to_string(), EnvFilter::new(expected).to_string());
        }
        let refused = filter(vars(&[("RAY_AUTH_LOG", "ray_auth=loud")]), "warn").unwrap_err();
        assert_eq!(refused.exit(), Exit::BadInput);
        assert!(refused.text().starts_with("error: RAY_AUTH_LOG is no log filter; "));
    }

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let table: [(bool, &[_], bool); 6] = [
            (true, &[], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "")], true),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("TERM", "dumb")], false),
            (true, &[("TERM", "xterm")], true),
        ];
        for (terminal, variables, expected) in table {
            assert_eq!(coloured(terminal, vars(variables)), expected, "{terminal} {variables:?}");
        }
    }
}
