//! A keyring that follows a file, with real files changed in all the ways files are changed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ray_auth::keyring::{FollowStatus, KeyringError, KeyringSource, ReloadError};
use ray_auth::reload::Follow;
use ray_auth::{Keyring, Token, TokenSource};
use tempfile::TempDir;

/// Nothing that is waited for here takes as long as this: events come in milliseconds, and the look that stands behind
/// them every six seconds at most.
const BOUND: Duration = Duration::from_secs(20);

/// A folder with a token file, and a keyring that follows it.
struct Followed {
    folder: TempDir,
    path: PathBuf,
    keyring: Keyring,
}

impl Followed {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "first-token\n").unwrap();
        let keyring = Keyring::follow(TokenSource::file(&path)).unwrap();
        assert!(keyring.tokens().primary().matches("first-token"));
        Self { folder, path, keyring }
    }

    fn sends(&self, token: &str) -> bool {
        self.keyring.tokens().primary().matches(token)
    }

    fn status(&self) -> FollowStatus {
        match self.keyring.status().source {
            KeyringSource::Followed(status) => status,
            other => panic!("does not follow: {other:?}"),
        }
    }

    /// Puts a file with this text in place by rename.
    fn replace(&self, text: &str) {
        let new = self.folder.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &self.path).unwrap();
    }
}

/// Waits until it is so, by asking.
fn until(what: &str, so: impl Fn() -> bool) -> Duration {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < BOUND, "{what}: not within {BOUND:?}");
        std::thread::yield_now();
    }
    start.elapsed()
}

#[test]
fn whatever_way_a_file_is_changed_the_new_token_is_in_effect_soon() {
    type Change = fn(&Followed);
    let ways: [(&str, Change); 7] = [
        ("renamed into place", |followed| followed.replace("second-token\n")),
        ("written in place", |followed| fs::write(&followed.path, "second-token\n").unwrap()),
        ("removed and created", |followed| {
            fs::remove_file(&followed.path).unwrap();
            fs::write(&followed.path, "second-token\n").unwrap();
        }),
        ("moved away and created, as editors do", |followed| {
            fs::rename(&followed.path, followed.folder.path().join("token~")).unwrap();
            fs::write(&followed.path, "second-token\n").unwrap();
        }),
        ("linked over", |followed| {
            let target = followed.folder.path().join("target");
            fs::write(&target, "second-token\n").unwrap();
            let link = followed.folder.path().join("link");
            std::os::unix::fs::symlink(&target, &link).unwrap();
            fs::rename(&link, &followed.path).unwrap();
        }),
        ("the folder replaced", |followed| {
            let other = followed.folder.path().with_extension("other");
            fs::create_dir(&other).unwrap();
            fs::write(other.join("token"), "second-token\n").unwrap();
            fs::rename(followed.folder.path(), followed.folder.path().with_extension("gone")).unwrap();
            fs::rename(&other, followed.folder.path()).unwrap();
        }),
        ("many times", |followed| {
            for round in 0..1_000 {
                followed.replace(&format!("token-{round}-of-many\n"));
            }
            followed.replace("second-token\n");
        }),
    ];
    for (name, change) in ways {
        let followed = Followed::start();
        change(&followed);
        until(name, || followed.sends("second-token"));
        until("the status says so, too", || followed.status().error.is_none());
        let _ = fs::remove_dir_all(followed.folder.path().with_extension("gone"));
    }
}

#[test]
fn a_kubernetes_volume_is_followed_through_its_links() {
    let folder = tempfile::tempdir().unwrap();
    let version = |name: &str, token: &str| {
        let version = folder.path().join(name);
        fs::create_dir(&version).unwrap();
        fs::write(version.join("token"), token).unwrap();
        let link = folder.path().join("..data_tmp");
        std::os::unix::fs::symlink(name, &link).unwrap();
        fs::rename(&link, folder.path().join("..data")).unwrap();
    };
    version("..2026_01", "first-token");
    std::os::unix::fs::symlink("..data/token", folder.path().join("token")).unwrap();
    let keyring = Keyring::follow(TokenSource::file(folder.path().join("token"))).unwrap();
    for round in 2..5 {
        let token = format!("token-of-round-{round}");
        version(&format!("..2026_0{round}"), &token);
        until("the volume's swap", || keyring.tokens().primary().matches(&token));
    }
}

/// Breaks a token file.
type Break = fn(&Path);

#[test]
fn the_last_good_tokens_stay_whatever_becomes_of_the_file() {
    let faults: [(&str, Break); 8] = [
        ("removed", |path| fs::remove_file(path).unwrap()),
        ("emptied", |path| fs::write(path, "").unwrap()),
        ("blank", |path| fs::write(path, " \n").unwrap()),
        ("cut short", |path| fs::write(path, "first-to").unwrap()),
        ("no text", |path| fs::write(path, [0_u8, 1, 2]).unwrap()),
        ("far too long", |path| fs::write(path, vec![b'a'; 10 << 20]).unwrap()),
        ("a folder", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
        ("a link to itself", |path| {
            fs::remove_file(path).unwrap();
            std::os::unix::fs::symlink(path, path).unwrap();
        }),
    ];
    for (name, fault) in faults {
        let followed = Followed::start();
        fault(&followed.path);
        until(name, || followed.status().error.is_some());
        assert!(followed.sends("first-token"), "{name}");
        let failures = followed.status().failures;
        assert_eq!(failures, 1, "{name}: told once");

        if followed.path.is_dir() {
            fs::remove_dir(&followed.path).unwrap();
        }
        followed.replace("second-token\n");
        until(name, || followed.sends("second-token"));
        until("the status says so, too", || followed.status().error.is_none());
    }
}

#[test]
fn the_same_tokens_again_clear_the_fault_and_change_nothing_else() {
    let followed = Followed::start();
    fs::remove_file(&followed.path).unwrap();
    until("the fault", || followed.status().error.is_some());
    let generation = followed.keyring.generation();
    fs::write(&followed.path, "first-token\n").unwrap();
    until("the mend", || followed.status().error.is_none());
    assert_eq!(followed.keyring.generation(), generation);
}

#[test]
fn a_keyring_that_follows_is_changed_by_its_source_only() {
    let followed = Followed::start();
    let keyring = &followed.keyring;
    for refused in [
        keyring.stage(Token::generate()),
        keyring.promote(),
        keyring.retire(),
        keyring.abort(),
        keyring.replace(keyring.tokens()),
        keyring.dangerous_replace(keyring.tokens()),
    ] {
        assert_eq!(refused, Err(KeyringError::Followed));
    }
}

#[test]
fn a_variable_is_static() {
    let source = TokenSource::from_vars(|name| (name == "RAY_AUTH_TOKEN").then(|| "abc".into())).unwrap();
    let keyring = Keyring::follow(source).unwrap();
    assert!(matches!(keyring.status().source, KeyringSource::Static(_)));
    assert_eq!(keyring.stage(Token::generate()), Err(KeyringError::Followed));
}

#[test]
fn a_file_that_is_not_there_yet_can_be_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    assert!(Follow::new(TokenSource::file(&path)).start().is_err(), "by default it must be there");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| Follow::new(TokenSource::file(&path)).wait_for_file(BOUND).start());
        fs::write(folder.path().join("new"), "late-token\n").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        let (keyring, _) = waiting.join().unwrap().unwrap();
        assert!(keyring.tokens().primary().matches("late-token"));
    });
    fs::write(&path, "a\u{1}b").unwrap();
    let start = Instant::now();
    assert!(Follow::new(TokenSource::file(&path)).wait_for_file(BOUND).start().is_err());
    assert!(start.elapsed() < BOUND, "what waiting cannot mend is told at once");
}

#[cfg(target_os = "linux")]
#[test]
fn the_thread_ends_with_the_last_handle() {
    // In a process of its own, since other tests have such threads, too.
    let Some(_) = std::env::var_os("RAY_AUTH_TEST_ALONE") else {
        let alone = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_thread_ends_with_the_last_handle", "--nocapture"])
            .env("RAY_AUTH_TEST_ALONE", "1")
            .status();
        assert!(alone.unwrap().success());
        return;
    };
    let threads = || {
        let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
        tasks
            .filter(|task| {
                fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "ray-auth-reload")
            })
            .count()
    };
    let followed: Vec<Followed> = (0..3).map(|_| Followed::start()).collect();
    until("threads start", || threads() == 3);
    let clones: Vec<Keyring> = followed.iter().map(|followed| followed.keyring.clone()).collect();
    drop(followed);
    // A thread that the events come from has this name, too, before it gets its own.
    until("a clone keeps following", || threads() == 3);
    drop(clones);
    until("threads end", || threads() == 0);
}

#[test]
fn what_is_wrong_is_said_in_words_that_help() {
    let followed = Followed::start();
    fs::write(&followed.path, "first-to").unwrap();
    until("the fault", || followed.status().error.is_some());
    let error = followed.status().error.unwrap();
    assert_eq!(error, ReloadError::Beginning);
    assert!(error.to_string().contains("write the whole file"));
}
