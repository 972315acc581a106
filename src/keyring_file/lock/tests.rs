#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::{Arc, Barrier};

use rustix::io::Errno;

use super::*;

const LONG: Duration = Duration::from_secs(60);

fn home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("token");
    fs::write(&target, "tok").unwrap();
    (home, target)
}

#[test]
fn who_does_not_get_the_lock_in_time_is_told() {
    let (home, target) = home();
    let lock = home.path().join("token.lock");
    let held = Lock::take(&target, Duration::ZERO).unwrap();
    for wait in [Duration::ZERO, Duration::from_millis(20)] {
        let error = Lock::take(&target, wait).unwrap_err();
        assert_eq!(error, KeyringFileError::Locked { lock: lock.clone(), waited: wait });
    }
    drop(held);
    Lock::take(&target, Duration::ZERO).unwrap();
    let metadata = fs::metadata(&lock).unwrap();
    assert_eq!(
        (metadata.len(), metadata.permissions().mode() & 0o7777),
        (0, 0o600),
        "the lock file stays, and is empty"
    );
}

#[test]
fn whoever_waits_gets_the_lock_when_it_is_free() {
    let (_home, target) = home();
    let held = Lock::take(&target, Duration::ZERO).unwrap();
    let start = Arc::new(Barrier::new(2));
    let waiting = {
        let (start, target) = (Arc::clone(&start), target);
        std::thread::spawn(move || {
            start.wait();
            Lock::take(&target, LONG).map(drop)
        })
    };
    start.wait();
    drop(held);
    assert_eq!(waiting.join().unwrap(), Ok(()));
}

#[test]
fn a_wait_that_was_given_up_does_not_keep_the_lock() {
    let (_home, target) = home();
    let held = Lock::take(&target, Duration::ZERO).unwrap();
    assert!(Lock::take(&target, Duration::from_millis(1)).is_err());
    drop(held);
    // The thread that waited gets the lock now, and lets it go.
    Lock::take(&target, LONG).unwrap();
}

#[test]
fn a_lock_file_that_is_removed_is_not_the_lock_any_more() {
    let (home, target) = home();
    let lock = home.path().join("token.lock");
    let held = Lock::take(&target, Duration::ZERO).unwrap();
    fs::remove_file(&lock).unwrap();
    let other = Lock::take(&target, LONG).unwrap();
    assert!(lock.exists());
    drop(held);
    assert!(Lock::take(&target, Duration::ZERO).is_err(), "the new one is held");
    drop(other);
}

#[test]
fn a_lock_is_neither_taken_through_a_link_nor_of_a_folder() {
    for (name, place) in [
        ("a link", (|lock: &Path| symlink("token", lock).unwrap()) as fn(&Path)),
        ("a folder", |lock: &Path| fs::create_dir(lock).unwrap()),
    ] {
        let (home, target) = home();
        let lock = home.path().join("token.lock");
        place(&lock);
        let error = Lock::take(&target, LONG).unwrap_err();
        assert!(matches!(error, KeyringFileError::Lock { .. }), "{name}: {error}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "tok");
    }
}

#[test]
fn a_lock_file_that_root_creates_is_its_owners() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (home, target) = home();
    std::os::unix::fs::chown(&target, Some(65534), Some(65533)).unwrap();
    Lock::take(&target, LONG).unwrap();
    let lock = fs::metadata(home.path().join("token.lock")).unwrap();
    assert_eq!((lock.uid(), lock.gid()), (65534, 65533));
}

#[test]
fn a_system_without_locks_is_told_from_other_failures() {
    let table = [
        (Errno::NOLCK, true),
        (Errno::NOSYS, true),
        (Errno::OPNOTSUPP, true),
        (Errno::INVAL, true),
        (Errno::ACCESS, false),
        (Errno::NOSPC, false),
        (Errno::ROFS, false),
    ];
    for (errno, unsupported) in table {
        assert_eq!(is_unsupported(&errno.into()), unsupported, "{errno:?}");
    }
    assert!(is_unsupported(&io::ErrorKind::Unsupported.into()));
}
