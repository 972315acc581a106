//! The decision, without files and without waiting. What files do to it is in `tests/reload/`.

use std::time::{Duration, Instant};

use super::judge::{Judge, Look, REST, Verdict};
use super::stamp::Stamp;
use super::watch::POLL;
use crate::keyring::ReloadError;
use crate::source::SourceError;
use crate::token::{Token, TokenSet};

fn tokens(primary: &str) -> TokenSet {
    TokenSet::new(Token::parse(primary).unwrap())
}

fn missing() -> SourceError {
    SourceError::Missing { looked_in: Vec::new() }
}

/// What a verdict is, in a word.
fn word(verdict: &Verdict<TokenSet, ReloadError>) -> String {
    match verdict {
        Verdict::Nothing => "nothing".to_owned(),
        Verdict::LookAgain(_) => "again".to_owned(),
        Verdict::Take(tokens) => format!("take {}", tokens.primary().expose_secret()),
        Verdict::Keep(ReloadError::Beginning) => "keep: beginning".to_owned(),
        Verdict::Keep(ReloadError::Exposed) => "keep: exposed".to_owned(),
        Verdict::Keep(_) => "keep".to_owned(),
    }
}

/// Judges looks at times in milliseconds, each without any sign of a rename.
fn verdicts(looks: &[(u64, Result<&str, SourceError>)]) -> Vec<String> {
    let start = Instant::now();
    let mut judge = Judge::new(Stamp::nothing(), false);
    let mut held = tokens("held-token");
    looks
        .iter()
        .map(|(at, read)| {
            let look = Look {
                read: read.clone().map(tokens),
                exposed: false,
                before: Stamp::nothing(),
                after: Stamp::nothing(),
                at: start + Duration::from_millis(*at),
            };
            let verdict = judge.judge(look, &held);
            if let Verdict::Take(tokens) = &verdict {
                held = tokens.clone();
            }
            word(&verdict)
        })
        .collect()
}

#[test]
fn a_change_is_taken_when_two_looks_read_the_same_and_a_fault_is_told_once() {
    type Looks<'a> = &'a [(u64, Result<&'a str, SourceError>)];
    let table: &[(&str, Looks<'_>, &[&str])] = &[
        ("no change", &[(0, Ok("held-token")), (5_000, Ok("held-token"))], &["nothing", "nothing"]),
        (
            "at rest",
            &[(0, Ok("new-token-1")), (25, Ok("new-token-1")), (50, Ok("new-token-1"))],
            &["again", "take new-token-1", "nothing"],
        ),
        ("too early", &[(0, Ok("new-token-1")), (24, Ok("new-token-1"))], &["again", "again"]),
        (
            "still written",
            &[(0, Ok("n")), (25, Ok("new-token-1")), (50, Ok("new-token-1"))],
            &["again", "again", "take new-token-1"],
        ),
        (
            "back again",
            &[(0, Ok("new-token-1")), (25, Ok("held-token")), (50, Ok("new-token-1"))],
            &["again", "nothing", "again"],
        ),
        (
            "shorter than what is held",
            &[(0, Ok("short")), (25, Ok("short")), (1_999, Ok("short")), (2_000, Ok("short"))],
            &["again", "again", "again", "take short"],
        ),
        (
            "missing, and back",
            &[
                (0, Err(missing())),
                (25, Err(missing())),
                (50, Err(missing())),
                (75, Ok("held-token")),
                (100, Ok("held-token")),
            ],
            &["again", "keep", "nothing", "again", "take held-token"],
        ),
        ("missing for a moment", &[(0, Err(missing())), (25, Ok("held-token"))], &["again", "nothing"]),
        (
            "cut short",
            &[(0, Ok("held-to")), (25, Ok("held-to")), (50, Ok("held-to"))],
            &["again", "keep: beginning", "nothing"],
        ),
        (
            "longer than what is held",
            &[(0, Ok("held-token-2")), (25, Ok("held-token-2"))],
            &["again", "take held-token-2"],
        ),
        (
            "one fault after another",
            &[(0, Err(missing())), (25, Err(missing())), (50, Ok("h")), (75, Ok("h"))],
            &["again", "keep", "again", "keep: beginning"],
        ),
    ];
    for (name, looks, expected) in table {
        assert_eq!(verdicts(looks), *expected, "{name}");
    }
}

#[test]
fn a_change_is_not_taken_from_a_file_that_others_can_write_since_then() {
    let start = Instant::now();
    let look = |primary: &str, after: Duration| Look {
        read: Ok(tokens(primary)),
        exposed: true,
        before: Stamp::nothing(),
        after: Stamp::nothing(),
        at: start + after,
    };
    let held = tokens("held-token");
    let mut private_before = Judge::new(Stamp::nothing(), false);
    let mut judge = |primary, after| word(&private_before.judge(look(primary, after), &held));
    assert_eq!(judge("held-token", Duration::ZERO), "nothing", "nothing changed");
    assert_eq!(judge("other-token", Duration::ZERO), "again");
    assert_eq!(judge("other-token", REST), "keep: exposed");

    let mut exposed_before = Judge::new(Stamp::nothing(), true);
    let mut judge = |primary, after| word(&exposed_before.judge(look(primary, after), &held));
    assert_eq!(judge("other-token", Duration::ZERO), "again");
    assert_eq!(judge("other-token", REST), "take other-token", "it was so when the process started");

    let mut mended = Judge::new(Stamp::nothing(), true);
    let private = Look { exposed: false, ..look("held-token", Duration::ZERO) };
    assert_eq!(word(&mended.judge(private, &held)), "nothing");
    let mut judge = |primary, after| word(&mended.judge(look(primary, after), &held));
    assert_eq!(judge("other-token", Duration::ZERO), "again");
    assert_eq!(judge("other-token", REST), "keep: exposed", "it was mended meanwhile");
}

#[test]
fn a_file_that_was_renamed_into_place_is_taken_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "held-token").unwrap();
    let mut judge = Judge::new(Stamp::of(&path), false);
    // Its times say when it was written, and that its name came later.
    let new = folder.path().join("new");
    std::fs::write(&new, "new").unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(60);
    std::fs::File::options().write(true).open(&new).unwrap().set_modified(long_ago).unwrap();
    std::fs::rename(&new, &path).unwrap();

    let look =
        |read| Look { read, exposed: false, before: Stamp::of(&path), after: Stamp::of(&path), at: Instant::now() };
    assert_eq!(word(&judge.judge(look(Ok(tokens("new"))), &tokens("held-token"))), "take new");
    // A file that is not valid may yet be written, wherever it came from.
    let mut judge = Judge::new(Stamp::nothing(), false);
    assert_eq!(word(&judge.judge(look(Err(missing())), &tokens("held-token"))), "again");
    assert!(REST < Duration::from_millis(100));
}

#[test]
fn what_may_not_be_whole_is_looked_at_sooner_than_all_else() {
    type Verdict = super::judge::Verdict<u8, u8>;
    let soon = Duration::from_millis(25);
    assert_eq!(Verdict::LookAgain(soon).wait(), soon);
    for verdict in [Verdict::Nothing, Verdict::Take(1), Verdict::Keep(1)] {
        let wait = verdict.wait();
        assert!((POLL.mul_f64(0.8)..=POLL.mul_f64(1.2)).contains(&wait), "{verdict:?}: {wait:?}");
    }
}
