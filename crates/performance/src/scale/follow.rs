//! A keyring that follows a real file, laid out as Kubernetes mounts a Secret: how soon it takes a change over, and what
//! that costs.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use ray_auth::source::KeyringText;
use ray_auth::{Keyring, Token, TokenSet, TokenSource};

use super::memory;
use super::plan::{POLL_S, RELOAD_MS};
use crate::data::scale::CheckRow;

/// Changes of the file.
const SWAPS: usize = 30;
/// Keyrings that follow one file, to see what one takes in memory.
const FOLLOWERS: u32 = 24;
/// How far what is resident may be from the model: it depends on the allocator and on pages.
const RESIDENT_TOLERANCE: f64 = 3.0;

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Followed {
    /// From the change to the takeover, in milliseconds: the middle one and the longest.
    median_ms: f64,
    longest_ms: f64,
    /// Processor time of the follower's threads for one change.
    pub(crate) reload_s: f64,
    /// What one follower adds to the process's memory in use.
    resident_bytes: f64,
}

impl Followed {
    /// Follows and changes files for a second or two.
    ///
    /// # Errors
    ///
    /// When files cannot be written, or a change is not taken over. Linux only.
    pub(crate) fn measure() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut tokens = TokenSet::new(Token::generate());
        swap(folder.path(), 0, &KeyringText::render(&tokens)?)?;
        link("..data/keyring", &folder.path().join("keyring"))?;
        let keyring = Keyring::follow(TokenSource::file(folder.path().join("keyring")))?;
        let busy = others_time();
        let mut times = Vec::with_capacity(SWAPS);
        for version in 1..=SWAPS {
            tokens = step(&tokens)?;
            let text = KeyringText::render(&tokens)?;
            let (before, begun) = (keyring.generation(), Instant::now());
            swap(folder.path(), version, &text)?;
            wait_for(&keyring, before, begun)?;
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        let busy = others_time().saturating_sub(busy);
        times.sort_unstable_by(f64::total_cmp);
        Ok(Self {
            median_ms: times[SWAPS / 2],
            longest_ms: times[SWAPS - 1],
            reload_s: busy.as_secs_f64() / SWAPS as f64,
            resident_bytes: resident()?,
        })
    }

    /// The simulation's figures against what was seen. A loaded machine is late, but none needs the poll.
    pub(crate) fn checks(self) -> Vec<CheckRow> {
        let [least, median, most] = RELOAD_MS;
        let latest = POLL_S * 1_000.0;
        let memory = memory::FOLLOWER as f64;
        let row = |what: &str, unit: &str, modelled, measured, low, high| CheckRow {
            what: what.to_owned(),
            unit: unit.to_owned(),
            modelled,
            measured,
            low,
            high,
            holds: (low..=high).contains(&measured),
        };
        vec![
            row("takeover of a ..data swap, median", "ms", median, self.median_ms, least / 10.0, most),
            row("takeover of a ..data swap, longest", "ms", most, self.longest_ms, least / 10.0, latest),
            row(
                "memory in use of a follower",
                "bytes",
                memory,
                self.resident_bytes,
                memory / RESIDENT_TOLERANCE,
                memory * RESIDENT_TOLERANCE,
            ),
        ]
    }
}

/// The keyring after the next step of a rotation, or after the first of the next one.
fn step(tokens: &TokenSet) -> Result<TokenSet> {
    Ok(match tokens.next() {
        Some(next) => TokenSet::new(next.clone()).add_accepted(tokens.primary().clone())?,
        None if tokens.accepted().is_empty() => tokens.clone().with_next(Token::generate())?,
        None => TokenSet::new(tokens.primary().clone()),
    })
}

/// Puts a version there as a kubelet does: a folder of its own, to which `..data` is turned at once.
fn swap(folder: &Path, version: usize, text: &str) -> Result<()> {
    let name = |version: usize| format!("..version-{version}");
    let new = folder.join(name(version));
    fs::create_dir(&new)?;
    fs::write(new.join("keyring"), text)?;
    link(&name(version), &folder.join("..data_tmp"))?;
    fs::rename(folder.join("..data_tmp"), folder.join("..data"))?;
    if let Some(last) = version.checked_sub(1) {
        fs::remove_dir_all(folder.join(name(last)))?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(to: &str, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nothing outside tells of a takeover, so this looks until it sees it.
fn wait_for(keyring: &Keyring, before: u64, begun: Instant) -> Result<()> {
    while keyring.generation() == before {
        if begun.elapsed() > Duration::from_secs_f64(POLL_S * 3.0) {
            bail!("a change of a followed file was not taken over; run `cargo test -p ray-auth reload`");
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// The processor time of all threads but the calling one, those that have ended included: a follower watches another
/// folder after each change, with another thread.
#[cfg(unix)]
fn others_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
    time(ClockId::ProcessCPUTime).saturating_sub(time(ClockId::ThreadCPUTime))
}

#[cfg(not(unix))]
fn others_time() -> Duration {
    Duration::ZERO
}

/// What a follower adds to the memory of the process that is in use.
fn resident() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("token");
    fs::write(&path, Token::generate().expose_secret())?;
    let follow = || Keyring::follow(TokenSource::file(&path));
    // The first brings what all have in common.
    let first = follow()?;
    let before = pages()?;
    let others = (0..FOLLOWERS).map(|_| follow()).collect::<Result<Vec<_>, _>>()?;
    // Each is at work as soon as it has taken a change over.
    let changed = folder.path().join("other");
    fs::write(&changed, Token::generate().expose_secret())?;
    fs::rename(&changed, &path)?;
    let begun = Instant::now();
    for keyring in others.iter().chain([&first]) {
        wait_for(keyring, 1, begun)?;
    }
    let more = pages()?.saturating_sub(before) * PAGE;
    ensure!(more > 0, "followers take no memory, which cannot be; run this on Linux");
    Ok(more as f64 / f64::from(FOLLOWERS))
}

/// Of x86-64; other machines may have larger ones.
const PAGE: u64 = 4_096;

fn pages() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/statm").context("no /proc to read; run this on Linux")?;
    text.split(' ').nth(1).and_then(|resident| resident.parse().ok()).context("/proc/self/statm has another form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_holds_where_a_change_is_taken_over_by_its_event() {
        let seen =
            Followed { median_ms: 30.0, longest_ms: 60.0, reload_s: 0.001, resident_bytes: memory::FOLLOWER as f64 };
        let table = [
            (seen, [true, true, true]),
            (Followed { longest_ms: 4_900.0, ..seen }, [true, true, true]),
            (Followed { median_ms: 59.0, longest_ms: 5_100.0, ..seen }, [false, false, true]),
            (Followed { resident_bytes: 4e6, ..seen }, [true, true, false]),
        ];
        for (seen, expected) in table {
            assert_eq!(seen.checks().iter().map(|check| check.holds).collect::<Vec<_>>(), expected, "{seen:?}");
        }
    }

    #[test]
    fn the_steps_are_those_of_one_rotation_after_another() {
        let mut tokens = TokenSet::new(Token::generate());
        let mut seen = Vec::new();
        for _ in 0..6 {
            tokens = step(&tokens).unwrap();
            seen.push((tokens.next().is_some(), tokens.accepted().len()));
        }
        let rotation = [(true, 0), (false, 1), (false, 0)];
        assert_eq!(seen, [rotation, rotation].concat());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_followed_volume_is_taken_over_and_costs_something() {
        let followed = Followed::measure().unwrap();
        assert!(followed.longest_ms <= POLL_S * 3_000.0, "{followed:?}");
        assert!(followed.reload_s > 0.0 && followed.resident_bytes > 0.0, "{followed:?}");
    }
}
