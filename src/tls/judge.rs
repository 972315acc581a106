//! The decision about what was read: take it, look again soon, or keep what is there. Knows no files and no clock.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::error::TlsError;
use crate::reload::{REST, Verdict};

/// One look at the files.
pub(super) struct Look<M> {
    /// What they came to.
    pub(super) read: Result<Found<M>, TlsError>,
    /// When.
    pub(super) at: Instant,
}

/// Files that fit together.
pub(super) struct Found<M> {
    pub(super) material: M,
    /// Tells one content from another.
    pub(super) digest: [u8; 32],
    /// A file that others could have written, if there is one.
    pub(super) exposed: Option<PathBuf>,
}

/// Remembers what was decided and what is waiting to come to rest.
pub(super) struct Judge {
    held: [u8; 32],
    /// Whether others could have written the files when they were taken, and they were taken all the same.
    exposed: bool,
    /// What was found wrong last, if anything.
    fault: Option<TlsError>,
    /// What is not at rest yet, and when it was read first.
    pending: Option<(Result<[u8; 32], TlsError>, Instant)>,
}

impl Judge {
    /// Starts from files that were just read and found good.
    pub(super) fn new(held: [u8; 32], exposed: bool) -> Self {
        Self { held, exposed, fault: None, pending: None }
    }

    /// Decides about one look. Three files are not changed at one moment, so every change must come to rest, a fault too:
    /// that a key does not belong to its certificate is what a change looks like half-way.
    pub(super) fn judge<M>(&mut self, look: Look<M>) -> Verdict<M, TlsError> {
        let read = look.read.and_then(|found| match &found.exposed {
            // Somebody chose the files when the process started. That others can write them since then nobody chose.
            Some(path) if !self.exposed && found.digest != self.held => Err(TlsError::Changed { path: path.clone() }),
            _ => Ok(found),
        });
        let known = match &read {
            Ok(found) => self.fault.is_none() && found.digest == self.held,
            Err(error) => self.fault.as_ref() == Some(error),
        };
        if known {
            if let Ok(found) = &read {
                // Files that were mended do not count as exposed by choice any more.
                self.exposed &= found.exposed.is_some();
            }
            self.pending = None;
            return Verdict::Nothing;
        }
        let what = read.as_ref().map(|found| found.digest).map_err(Clone::clone);
        let rested = match &self.pending {
            Some((pending, since)) if *pending == what => look.at.saturating_duration_since(*since),
            _ => {
                self.pending = Some((what, look.at));
                Duration::ZERO
            }
        };
        if rested < REST {
            return Verdict::LookAgain(REST.saturating_sub(rested));
        }
        self.pending = None;
        match read {
            Ok(found) => {
                self.fault = None;
                self.held = found.digest;
                self.exposed &= found.exposed.is_some();
                Verdict::Take(found.material)
            }
            Err(error) => {
                self.fault = Some(error.clone());
                Verdict::Keep(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: u8 = 0;

    fn look(at: u64, start: Instant, read: &Result<u8, TlsError>, exposed: bool) -> Look<u8> {
        let found = |digest| Found { material: digest, digest: [digest; 32], exposed: exposed.then(|| "ca".into()) };
        Look { read: read.clone().map(found), at: start + Duration::from_millis(at) }
    }

    fn word(verdict: Verdict<u8, TlsError>) -> &'static str {
        match verdict {
            Verdict::Nothing => "nothing",
            Verdict::LookAgain(_) => "again",
            Verdict::Take(_) => "take",
            Verdict::Keep(_) => "keep",
        }
    }

    #[test]
    fn a_change_is_taken_when_it_rests_and_a_fault_is_told_once() {
        let broken = || Err(TlsError::Variable { variable: "one" });
        let otherwise = || Err(TlsError::Variable { variable: "another" });
        type Looks = Vec<(u64, Result<u8, TlsError>)>;
        let table: [(&str, Looks, &[&str]); 7] = [
            ("no change", vec![(0, Ok(HELD)), (5_000, Ok(HELD))], &["nothing", "nothing"]),
            ("at rest", vec![(0, Ok(1)), (25, Ok(1)), (50, Ok(1))], &["again", "take", "nothing"]),
            ("too early", vec![(0, Ok(1)), (24, Ok(1))], &["again", "again"]),
            ("one file after another", vec![(0, broken()), (10, Ok(1)), (35, Ok(1))], &["again", "again", "take"]),
            (
                "half done for long",
                vec![(0, broken()), (25, broken()), (5_000, broken()), (6_000, Ok(1)), (6_025, Ok(1))],
                &["again", "keep", "nothing", "again", "take"],
            ),
            (
                "taken back",
                vec![(0, broken()), (25, broken()), (50, Ok(HELD)), (75, Ok(HELD)), (100, Ok(HELD))],
                &["again", "keep", "again", "take", "nothing"],
            ),
            (
                "one fault after another",
                vec![(0, broken()), (25, broken()), (50, otherwise()), (75, otherwise())],
                &["again", "keep", "again", "keep"],
            ),
        ];
        for (name, looks, expected) in table {
            let (start, mut judge) = (Instant::now(), Judge::new([HELD; 32], false));
            let words: Vec<_> =
                looks.iter().map(|(at, read)| word(judge.judge(look(*at, start, read, false)))).collect();
            assert_eq!(words, expected, "{name}");
        }
    }

    #[test]
    fn a_change_is_not_taken_from_files_that_others_can_write_since_then() {
        let start = Instant::now();
        let mut private_before = Judge::new([HELD; 32], false);
        assert_eq!(word(private_before.judge(look(0, start, &Ok(HELD), true))), "nothing", "nothing changed");
        assert_eq!(word(private_before.judge(look(0, start, &Ok(1), true))), "again");
        let kept = private_before.judge(look(25, start, &Ok(1), true));
        assert_eq!(kept, Verdict::Keep(TlsError::Changed { path: "ca".into() }));
        assert_eq!(word(private_before.judge(look(50, start, &Ok(1), false))), "again");
        assert_eq!(word(private_before.judge(look(75, start, &Ok(1), false))), "take", "mended");

        let mut exposed_before = Judge::new([HELD; 32], true);
        assert_eq!(word(exposed_before.judge(look(0, start, &Ok(1), true))), "again");
        assert_eq!(word(exposed_before.judge(look(25, start, &Ok(1), true))), "take", "it was so when it was taken");
    }
}
