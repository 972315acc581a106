//! `ray-auth rotate`: one step of a rotation, on the keyring file or on a keyring's text from elsewhere.
//!
//! A step is decided by the library; this adds what it needs to know of running processes, and says what to do next.

mod advice;
mod args;
mod place;
mod report;
mod stream;
mod verify;

use ray_auth::keyring_file::{Change, Selector};
use ray_auth::source::KeyringText;
use ray_auth::token::TokenSet;

pub(crate) use self::args::Args;
use self::args::{At, Step, Where};
use self::place::{Outcome, Place, Refused};
use self::report::Report;
use self::verify::{Condition, Verify};
use crate::commands::runtime;
use crate::exit::{Exit, Failure};

/// Takes the step, and prints what came of it.
///
/// # Errors
///
/// When the command line makes no sense, and when the step is not taken.
pub(crate) fn run(args: Args) -> Result<Exit, Failure> {
    match args.step {
        Step::Stage { token: Some(_), .. } => Err(bad_input(
            "a token does not stand on the command line, where other users can read it; \
             give it with --from FILE, or with --from - through stdin",
        )),
        Step::Stage { at, from, .. } => {
            let change = match from {
                Some(from) if from.is_standard() && at.reads_stdin() => {
                    return Err(bad_input("--from and --in cannot both be stdin; name a file for one of them"));
                }
                Some(from) => Change::Stage(stream::token(&from)?),
                None => Change::StageGenerated,
            };
            take(Report::new("stage", at.json), change, &at.place, None)
        }
        Step::Promote { fingerprint, at, verify } => {
            let change = Change::Promote(selector(fingerprint.as_deref())?);
            take(Report::new("promote", at.json), change, &at.place, verify.read(None)?)
        }
        Step::Retire { fingerprint, at, verify, unused_for } => {
            let change = Change::Retire(selector(fingerprint.as_deref())?);
            take(Report::new("retire", at.json), change, &at.place, verify.read(unused_for)?)
        }
        Step::Abort { at: At { place, json } } => take(Report::new("abort", json), Change::Abort, &place, None),
        Step::Install { from, force, token_path, json } => {
            if from != "-" {
                return Err(bad_input("install takes the keyring from stdin only; write `ray-auth rotate install -`"));
            }
            let mut report = Report::new("install", json);
            let tokens = installed(&mut report)?;
            let change = if force { Change::DangerousInstall(tokens) } else { Change::Install(tokens) };
            take(report, change, &Where { token_path, ..Where::default() }, None)
        }
    }
}

fn bad_input(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::BadInput, error)
}

/// It may be a token by mistake, so it is not repeated: the parser of the command line would.
fn selector(fingerprint: Option<&str>) -> Result<Option<Selector>, Failure> {
    fingerprint.map(str::parse).transpose().map_err(bad_input)
}

/// The keyring on stdin.
fn installed(report: &mut Report) -> Result<TokenSet, Failure> {
    let text = KeyringText::parse(&*stream::stdin()?)
        .map_err(|error| bad_input(format_args!("the keyring on stdin is malformed: {error}")))?;
    if !text.ignored.is_empty() {
        report.warn(advice::ignored("stdin", &text.ignored));
    }
    Ok(text.tokens)
}

/// Takes the step and prints the report, whatever came of it.
fn take(mut report: Report, change: Change, at: &Where, verify: Option<Verify>) -> Result<Exit, Failure> {
    if report.is_json() && at.writes_stdout() {
        return Err(bad_input("--json and --out - both need stdout; write the keyring to a file"));
    }
    let attempt = |report: &mut Report| -> Result<Outcome, Refused> {
        let place = Place::find(at)?;
        report.place(&place);
        let Some(verify) = verify else { return place.take(&change) };
        let before = place.tokens()?;
        let condition = Condition::new(&change, &before).map_err(|error| place.refused(error))?;
        let processes = runtime::run(async { Ok(verify.ask(&before, &condition).await) });
        report.verified(processes.map_err(|failure| Refused::failed(&failure))?)?;
        place.take_verified(&change, &before, &condition)
    };
    match attempt(&mut report) {
        Ok(outcome) => {
            if let (Some(text), Some(out)) = (&outcome.text, &at.out) {
                out.write(text.expose_text())?;
            }
            report.taken(&change, &outcome);
            report.print(at.writes_stdout())
        }
        Err(refused) => report.print_refused(refused, at.writes_stdout()),
    }
}
