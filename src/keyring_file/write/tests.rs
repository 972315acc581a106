use std::fs;
use std::path::PathBuf;

use super::super::Change;
use super::*;
use crate::token::Token;

const WAIT: Duration = Duration::from_secs(60);

struct Home {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Home {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self { folder, path }
    }

    /// Stages `b`, while `meanwhile` happens after the file was read.
    fn stage(&self, meanwhile: impl FnOnce(&Path)) -> Result<Changed, KeyringFileError> {
        change(&self.path, WAIT, true, |text| {
            let decision = Change::Stage(Token::parse("b").unwrap()).decide(text);
            meanwhile(&self.path);
            decision
        })
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A way to change a file, and what it says then.
type Way = (&'static str, fn(&Path), Option<&'static str>);

#[test]
fn what_somebody_else_writes_between_reading_and_writing_stays() {
    let mut ways: Vec<Way> = vec![
        ("written in place", |path| fs::write(path, "other\n").unwrap(), Some("other\n")),
        ("removed", |path| fs::remove_file(path).unwrap(), None),
        (
            "replaced by a file with the same text",
            |path| {
                fs::copy(path, path.with_extension("other")).unwrap();
                fs::rename(path.with_extension("other"), path).unwrap();
            },
            Some("a\n"),
        ),
        (
            "replaced by a folder",
            |path| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            },
            None,
        ),
    ];
    #[cfg(unix)]
    ways.push((
        "given other rights",
        |path| fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap(),
        Some("a\n"),
    ));
    for (name, way, text) in ways {
        let home = Home::new("a\n");
        let error = home.stage(way).unwrap_err();
        assert_eq!(error, KeyringFileError::ChangedMeanwhile { path: home.path.clone() }, "{name}");
        assert_eq!(fs::read_to_string(&home.path).ok().as_deref(), text, "{name}");
        assert!(home.names().iter().all(|name| name.starts_with("token")), "{name}: {:?}", home.names());
    }
}

#[test]
fn a_file_that_appears_while_one_is_created_stays() {
    let home = Home::new("a\n");
    fs::remove_file(&home.path).unwrap();
    let tokens = crate::token::TokenSet::new(Token::parse("b").unwrap());
    let created = change(&home.path, WAIT, false, |text| {
        assert!(text.is_none());
        fs::write(&home.path, "other\n").unwrap();
        Change::DangerousInstall(tokens).decide(text)
    });
    assert_eq!(created.unwrap_err(), KeyringFileError::ChangedMeanwhile { path: home.path.clone() });
    assert_eq!(fs::read_to_string(&home.path).unwrap(), "other\n");
    assert_eq!(home.names(), ["token", "token.lock"]);
}

#[test]
fn the_lock_is_held_from_reading_to_writing() {
    let home = Home::new("a\n");
    let inner = |path: &Path| {
        let inner = change(path, Duration::ZERO, true, |text| Change::Abort.decide(text));
        assert!(matches!(inner, Err(KeyringFileError::Locked { .. })), "{inner:?}");
    };
    home.stage(inner).unwrap();
    change(&home.path, Duration::ZERO, true, |text| Change::Abort.decide(text)).unwrap();
    assert_eq!(fs::read_to_string(&home.path).unwrap(), "a\n");
}

#[test]
fn what_a_dead_process_left_behind_is_removed_and_nothing_else() {
    let home = Home::new("a\n");
    for name in [".token.AbC123.new", ".token.new", ".other.AbC123.new", ".token.AbC123.new~"] {
        fs::write(home.folder.path().join(name), "left").unwrap();
    }
    home.stage(|_| ()).unwrap();
    assert_eq!(home.names(), [".other.AbC123.new", ".token.AbC123.new~", ".token.new", "token", "token.lock"]);
}
