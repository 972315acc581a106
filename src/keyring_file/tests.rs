//! The steps on real files. What several processes, other users and broken disks do to them is in `tests/keyring_file/`.

use std::fs;

use super::*;
use crate::keyring::KeyringError;
use crate::source::{FileError, KeyringTextError};

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

/// A folder with a keyring file that only this user can write.
struct Home {
    folder: tempfile::TempDir,
    file: KeyringFile,
}

impl Home {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self { folder, file: KeyringFile::new(path) }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file.path()).unwrap()
    }

    /// What stands for the very file, and its state.
    fn stamp(&self) -> (String, std::time::SystemTime) {
        (self.text(), fs::metadata(self.file.path()).unwrap().modified().unwrap())
    }
}

#[test]
fn a_rotation_changes_the_file_step_by_step_and_no_step_twice() {
    let home = Home::new("old\n# a comment\n");
    type Step3 = (&'static str, fn(&KeyringFile) -> Result<Changed, KeyringFileError>, &'static str);
    let steps: [Step3; 3] = [
        (
            "stage",
            |file| file.stage(token("new")),
            "old\n# ray-auth keyring: 2 tokens\nnext new\n# ray-auth keyring: 2 tokens\n",
        ),
        (
            "promote",
            |file| file.promote(None),
            "new\n# ray-auth keyring: 2 tokens\naccept old\n# ray-auth keyring: 2 tokens\n",
        ),
        ("retire", |file| file.retire(None), "new\n"),
    ];
    for (name, step, text) in steps {
        let before = home.file.read().unwrap().tokens;
        let changed = step(&home.file).unwrap();
        assert_eq!((changed.step, home.text().as_str()), (Step::Done, text), "{name}");
        assert!(changed.before.unwrap().is_same(&before), "{name}");
        assert!(changed.tokens.is_same(&home.file.read().unwrap().tokens), "{name}");
        assert_eq!(changed.warnings, vec![], "{name}");

        let stamp = home.stamp();
        let again = step(&home.file).unwrap();
        assert_eq!((again.step, home.stamp()), (Step::AlreadyDone, stamp), "{name}: the file is not touched");
        assert!(again.tokens.is_same(&changed.tokens), "{name}");
    }
}

#[test]
fn a_generated_token_is_staged_once_and_told_the_second_time() {
    let home = Home::new("old\n");
    let first = home.file.stage_generated().unwrap();
    let second = home.file.stage_generated().unwrap();
    assert_eq!((first.step, second.step), (Step::Done, Step::AlreadyDone));
    let [first, second] = [&first, &second].map(|changed| changed.tokens.next().unwrap().expose_secret());
    assert_eq!(first, second);
    assert_eq!(home.file.abort().unwrap().step, Step::Done);
    assert_eq!(home.text(), "old\n");
    assert_eq!(home.file.abort().unwrap().step, Step::AlreadyDone);
}

#[test]
fn a_step_names_the_token_it_means() {
    let home = Home::new("old\nnext new\n");
    let [old, new] = ["old", "new"].map(|text| Some(Selector::from(token(text).fingerprint())));
    assert_eq!(home.file.promote(old).unwrap().step, Step::AlreadyDone, "the primary is promoted");
    assert_eq!(home.file.promote(new).unwrap().step, Step::Done);
    assert_eq!(home.file.promote(new).unwrap().step, Step::AlreadyDone);
    assert!(matches!(
        home.file.retire(new),
        Err(KeyringFileError::Refused { error: ChangeError::IsPrimary { .. }, .. })
    ));
    assert_eq!(home.file.retire(old).unwrap().step, Step::Done);
    assert_eq!(home.file.retire(old).unwrap().step, Step::AlreadyDone);
    assert_eq!(home.text(), "new\n");
}

#[test]
fn a_refused_step_leaves_the_file_as_it_is_and_says_why() {
    let home = Home::new("old\naccept older\n# mine\n");
    let stamp = home.stamp();
    let error = home.file.stage(token("new")).unwrap_err();
    let path = home.file.path().to_owned();
    assert_eq!(
        error,
        KeyringFileError::Refused { path: path.clone(), error: ChangeError::Rule(KeyringError::RotationUnfinished) }
    );
    assert_eq!(
        error.to_string(),
        format!(
            "{path:?} stays as it is: the last rotation is not finished: an old token is still accepted; retire it first"
        )
    );
    assert_eq!(home.stamp(), stamp);
}

#[test]
fn a_whole_keyring_is_installed_unless_a_step_is_skipped() {
    let home = Home::new("old\n");
    let staged = TokenSet::new(token("old")).with_next(token("new")).unwrap();
    let promoted = TokenSet::new(token("new")).add_accepted(token("old")).unwrap();
    let refused = home.file.install(promoted.clone()).unwrap_err();
    assert!(
        matches!(refused, KeyringFileError::Refused { error: ChangeError::Rule(KeyringError::PrimaryNotAccepted), .. }),
        "{refused}"
    );
    for tokens in [staged, promoted] {
        assert_eq!(home.file.install(tokens.clone()).unwrap().step, Step::Done);
        assert_eq!(home.file.install(tokens.clone()).unwrap().step, Step::AlreadyDone);
        assert!(home.file.read().unwrap().tokens.is_same(&tokens));
    }
    let leaked = TokenSet::new(token("another"));
    assert!(home.file.install(leaked.clone()).is_err());
    assert_eq!(home.file.dangerous_install(leaked).unwrap().step, Step::Done);
    assert_eq!(home.text(), "another\n");
}

#[test]
fn a_missing_or_malformed_file_is_changed_by_force_only() {
    let tokens = TokenSet::new(token("new")).add_accepted(token("old")).unwrap();
    let home = Home::new("old\naccept older\n# ray-auth keyring: 3 tokens\n");
    let cut = KeyringTextError::Count { line: 3, stated: 3, found: 2 };
    let malformed = SourceError::Malformed { origin: Origin::File(home.file.path().into()), error: cut };
    for refused in [home.file.install(tokens.clone()), home.file.retire(None), home.file.stage_generated()] {
        assert_eq!(refused.unwrap_err(), KeyringFileError::Source(malformed.clone()));
    }
    let changed = home.file.dangerous_install(tokens.clone()).unwrap();
    assert_eq!((changed.step, changed.before.is_none()), (Step::Done, true));

    let home = Home::new("old\n");
    fs::remove_file(home.file.path()).unwrap();
    let absent = SourceError::File { origin: Origin::File(home.file.path().into()), error: FileError::NotFound };
    assert_eq!(home.file.install(tokens.clone()).unwrap_err(), KeyringFileError::Source(absent));
    assert_eq!(fs::read_dir(home.folder.path()).unwrap().count(), 0, "no lock file beside a path that was mistyped");
    home.file.dangerous_install(tokens.clone()).unwrap();
    assert!(home.file.read().unwrap().tokens.is_same(&tokens));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(home.file.path()).unwrap().permissions().mode() & 0o7777, 0o600);
    }
}

#[test]
fn lines_that_are_no_tokens_are_reported_when_they_are_lost() {
    let home = Home::new("old\nstray\n");
    let ignored = FileWarning::IgnoredLines { path: home.file.path().into(), lines: vec![2] };
    assert_eq!(home.file.read().unwrap().warnings, vec![ignored.clone()]);
    assert_eq!(home.file.stage(token("new")).unwrap().warnings, vec![ignored]);
    assert_eq!(home.file.stage(token("new")).unwrap().warnings, vec![]);
}

#[cfg(unix)]
#[test]
fn through_a_link_the_target_is_changed_and_the_link_stays() {
    let home = Home::new("old\n");
    let link = home.folder.path().join("link");
    std::os::unix::fs::symlink("token", &link).unwrap();
    KeyringFile::new(&link).stage(token("new")).unwrap();
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("token"));
    assert!(home.text().contains("next new"));
    assert!(home.folder.path().join("token.lock").exists(), "there is one lock, whatever the name");
    assert!(!home.folder.path().join("link.lock").exists());
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_write_gets_no_tokens_that_nobody_would_use() {
    use std::os::unix::fs::PermissionsExt;
    let chmod = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o620, 0o602, 0o666] {
        let home = Home::new("old\n");
        chmod(home.file.path(), mode);
        let written = FileWarning::FileWritableByOthers { path: home.file.path().into(), mode };
        let error = home.file.stage(token("new")).unwrap_err();
        let path = home.file.path().to_owned();
        assert_eq!(error, KeyringFileError::Exposed { path: path.clone(), warnings: vec![written] });
        assert_eq!(
            error.to_string(),
            format!(
                "{path:?} stays as it is: no process would use a token below its first line, since {path:?} can be written \
                 by other users (mode {mode:04o}); take that away with chmod go-w"
            )
        );
        assert_eq!(home.text(), "old\n");
    }
    let home = Home::new("old\nnext new\n");
    chmod(home.folder.path(), 0o777);
    assert!(matches!(home.file.promote(None), Err(KeyringFileError::Exposed { .. })));
    assert!(matches!(
        home.file.dangerous_install(home.file.read().unwrap().tokens),
        Ok(Changed { step: Step::Done, .. })
    ));
    assert_eq!(home.text(), "old\n", "what leaves line 1 alone is possible");
    let absent = KeyringFile::new(home.folder.path().join("absent"));
    let several = TokenSet::new(token("a")).with_next(token("b")).unwrap();
    assert!(matches!(absent.dangerous_install(several), Err(KeyringFileError::Exposed { .. })));
    assert!(!absent.path().exists());
}

#[cfg(unix)]
#[test]
fn a_source_that_cannot_be_rewritten_says_the_way_out() {
    let of = |name: &'static str, value: &str| {
        let source = TokenSource::from_vars(|asked| (asked == name).then(|| value.into())).unwrap();
        KeyringFile::of(&source).map(|file| file.path().to_owned())
    };
    assert_eq!(of("RAY_AUTH_TOKEN_PATH", "/f"), Ok(PathBuf::from("/f")));
    assert_eq!(of("HOME", "/h"), Ok(PathBuf::from("/h/.ray/auth_token")));
    assert_eq!(KeyringFile::of(&TokenSource::file("/f")), Ok(KeyringFile::new("/f")));
    assert_eq!(of("", "").unwrap_err(), KeyringFileError::Source(SourceError::Missing { looked_in: vec![] }));
    assert_eq!(
        of("RAY_AUTH_TOKEN", "tok").unwrap_err().to_string(),
        "RAY_AUTH_TOKEN holds the token itself, which changes only when processes are started again; put it into a file \
         and set RAY_AUTH_TOKEN_PATH to its path"
    );
    assert_eq!(
        KeyringFileError::NoFile { origin: Origin::ServiceAccount("/s".into()) }.to_string(),
        "the service account token \"/s\" is written by Kubernetes, which renews it by itself; there is nothing to rotate"
    );
}

#[test]
fn nothing_that_is_shown_holds_a_token() {
    const SECRETS: [&str; 3] = ["5ecret-one-5ecret", "5ecret-two-5ecret", "5ecret-new-5ecret"];
    let [one, two, new] = SECRETS;
    let texts = [
        format!("{one}\n"),
        format!("{one}\nnext {two}\n"),
        format!("{one}\naccept {two}\n{new}\n"),
        format!("{one}\nnext {two}\u{7f}\n"),
        format!("next {one}\nnext {two}\n"),
        format!("{one}\naccept {two}\n# ray-auth keyring: 3 tokens\n"),
        format!("{one}\u{7f}\n"),
    ];
    let set = || TokenSet::new(token(new)).with_next(token(two)).unwrap();
    for text in texts {
        let changes = [
            Change::Stage(token(new)),
            Change::StageGenerated,
            Change::Promote(None),
            Change::Promote(Some(token(new).fingerprint().into())),
            Change::Retire(None),
            Change::Retire(Some(token(one).fingerprint().into())),
            Change::Abort,
            Change::Install(set()),
            Change::DangerousInstall(set()),
        ];
        for change in changes {
            let home = Home::new(&text);
            let mut shown = format!("{change:?} {:?}", home.file);
            match home.file.change(&change) {
                Ok(changed) => shown.push_str(&format!("{changed:?}")),
                Err(error) => shown.push_str(&format!("{error} {error:?}")),
            }
            match change.filter(&text) {
                Ok(filtered) => shown.push_str(&format!("{filtered:?}")),
                Err(error) => shown.push_str(&format!("{error} {error:?}")),
            }
            assert!(!shown.contains("5ecret"), "{shown}");
        }
    }
}
