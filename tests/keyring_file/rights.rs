//! Whose the file is and stays, and who may change it.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use ray_auth::Token;
use ray_auth::keyring::Step;
use ray_auth::keyring_file::KeyringFile;
use ray_auth::source::FileWarning;

use crate::child::As;
use crate::{Home, chmod, is_root, mode, names};

/// A user and a group that nothing of this system belongs to.
const NOBODY: u32 = 65534;

fn owner(path: &Path) -> (u32, u32) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.uid(), metadata.gid())
}

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

#[test]
fn whatever_the_mask_the_mode_is_kept_and_the_lock_is_private() {
    for mask in [0o000, 0o022, 0o077, 0o777] {
        for kept in [0o600, 0o640, 0o644, 0o400] {
            let home = Home::new("old\n");
            chmod(&home.token, kept);
            let staged = As { mask: Some(mask), ..As::default() }.stage(&home.token).unwrap();
            assert_eq!(staged.result, "Done", "{mask:o} {kept:o}: {staged:?}");
            assert_eq!((mode(&home.token), mode(&home.folder.path().join("token.lock"))), (kept, 0o600), "{mask:o}");
            assert!(home.text().contains("next new"));
        }
    }
}

#[test]
fn the_owner_of_a_file_that_root_changes_stays_its_owner() {
    if !is_root() {
        return;
    }
    let home = Home::new("old\n");
    chmod(&home.token, 0o640);
    chown(&home.token, Some(NOBODY), Some(NOBODY - 1)).unwrap();
    chown(home.folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let changed = KeyringFile::new(&home.token).stage(token("new")).unwrap();
    assert_eq!((changed.step, owner(&home.token), mode(&home.token)), (Step::Done, (NOBODY, NOBODY - 1), 0o640));
    let foreign = |path: &Path| FileWarning::ForeignOwner { path: path.to_owned(), owner: NOBODY };
    assert_eq!(changed.warnings, vec![foreign(&home.token), foreign(home.folder.path())], "root would not trust it");

    // And the owner goes on where root left off.
    let staged = As { user: Some(NOBODY), ..As::default() }.stage(&home.token).unwrap();
    assert_eq!(staged.result, "AlreadyDone", "{staged:?}");
    assert_eq!(owner(&home.folder.path().join("token.lock")), (NOBODY, NOBODY - 1));
}

#[test]
fn who_cannot_keep_the_owner_changes_nothing() {
    if !is_root() {
        return;
    }
    let home = Home::new("old\n");
    chmod(&home.token, 0o644);
    chown(home.folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let before = fs::metadata(&home.token).unwrap().ino();
    let staged = As { user: Some(NOBODY), ..As::default() }.stage(&home.token).unwrap();
    assert_eq!(staged.result, "Rights", "{staged:?}");
    let text = staged.error.unwrap();
    assert!(text.ends_with("(os error 1); run this as its owner, or as root"), "{text}");
    assert_eq!((fs::metadata(&home.token).unwrap().ino(), home.text().as_str()), (before, "old\n"));
    assert_eq!(staged.names.iter().filter(|name| name.ends_with(".new")).count(), 0, "{:?}", staged.names);
}

#[test]
fn in_a_folder_that_cannot_be_written_nothing_is_changed() {
    let home = Home::new("old\n");
    let user = if is_root() {
        chown(&home.token, Some(NOBODY), Some(NOBODY)).unwrap();
        Some(NOBODY)
    } else {
        None
    };
    chmod(home.folder.path(), 0o555);
    let staged = As { user, ..As::default() }.stage(&home.token).unwrap();
    chmod(home.folder.path(), 0o755);
    assert_eq!(staged.result, "Lock", "{staged:?}");
    let text = staged.error.unwrap();
    assert!(text.ends_with("(os error 13); let this process's user write it and its folder"), "{text}");
    assert_eq!(home.text(), "old\n");
}

#[test]
fn in_a_sticky_folder_of_roots_the_owner_changes_his_file_and_nobody_elses() {
    if !is_root() {
        return;
    }
    let home = Home::new("old\n");
    chmod(home.folder.path(), 0o1777);
    chown(&home.token, Some(NOBODY), Some(NOBODY)).unwrap();
    let nobody = As { user: Some(NOBODY), ..As::default() };
    let staged = nobody.stage(&home.token).unwrap();
    assert_eq!(staged.result, "Done", "{staged:?}");
    assert_eq!((owner(&home.token), mode(&home.token)), ((NOBODY, NOBODY), 0o600));

    let home = Home::new("old\n");
    chmod(home.folder.path(), 0o1777);
    chmod(&home.token, 0o644);
    let staged = nobody.stage(&home.token).unwrap();
    assert_eq!((staged.result.as_str(), home.text().as_str()), ("Rights", "old\n"), "{staged:?}");
    assert!(names(home.folder.path()).iter().all(|name| !name.ends_with(".new")));
}
