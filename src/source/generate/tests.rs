use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Barrier};

use super::super::{FileError, Loaded, Origin, TokenSource};
use super::*;
use crate::token::TokenError;

/// A home folder, and a source of which only the default file can be the place.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join(".ray")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("auth_token")
    }

    fn source(&self, more: &[(&str, &str)]) -> TokenSource {
        TokenSource::from_vars(|name| match name {
            super::super::HOME_VARIABLE => Some(self.0.path().into()),
            name => more.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)),
        })
        .unwrap()
    }

    fn load_or_generate(&self) -> Result<Loaded, SourceError> {
        self.source(&[]).load_or_generate()
    }

    /// Everything below the home folder.
    fn entries(&self) -> Vec<PathBuf> {
        let list = |folder: PathBuf| {
            fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
        };
        let mut entries = list(self.0.path().into());
        entries.extend(list(self.folder()));
        entries.sort();
        entries
    }
}

#[test]
fn the_default_file_is_created_once_and_private() {
    let home = Home::new();
    let first = home.load_or_generate().unwrap();
    assert!(first.generated);
    assert_eq!(first.origin, Origin::Default(home.file()));
    assert_eq!(first.warnings, vec![]);
    assert_eq!(home.entries(), [home.folder(), home.file()], "no temporary file is left");

    let text = fs::read_to_string(home.file()).unwrap();
    assert_eq!(text.len(), 65);
    assert!(first.tokens.primary().matches(text.strip_suffix('\n').unwrap()));

    let second = home.load_or_generate().unwrap();
    assert!(!second.generated);
    assert!(second.tokens.primary().matches(first.tokens.primary().expose_secret()));
    assert!(!create_token_file(home.file()).unwrap());
    assert_eq!(fs::read_to_string(home.file()).unwrap(), text);
    assert_eq!(home.entries(), [home.folder(), home.file()]);
}

#[cfg(unix)]
#[test]
fn the_modes_are_0600_and_0700_and_an_existing_folder_keeps_its_own() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let home = Home::new();
    home.load_or_generate().unwrap();
    assert_eq!((mode(home.folder()), mode(home.file())), (0o700, 0o600));

    let home = Home::new();
    fs::create_dir(home.folder()).unwrap();
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    home.load_or_generate().unwrap();
    assert_eq!((mode(home.folder()), mode(home.file())), (0o755, 0o600));
}

#[test]
fn a_token_that_is_set_elsewhere_or_should_be_is_not_generated() {
    let missing = |error: &SourceError| matches!(error, SourceError::Missing { .. });
    let home = Home::new();
    assert!(!home.source(&[("RAY_AUTH_TOKEN", "tok")]).load_or_generate().unwrap().generated);
    let error = home.source(&[("RAY_AUTH_TOKEN_PATH", "/nonexistent/tok")]).load_or_generate().unwrap_err();
    assert!(matches!(error, SourceError::File { error: FileError::NotFound, .. }), "{error}");
    let error = home.source(&[("RAY_ENABLE_K8S_TOKEN_AUTH", "1")]).load_or_generate().unwrap_err();
    assert!(missing(&error), "{error}");
    let error = TokenSource::file(home.file()).load_or_generate().unwrap_err();
    assert!(matches!(error, SourceError::File { error: FileError::NotFound, .. }), "{error}");
    let error = TokenSource::from_vars(|_| None).unwrap().load_or_generate().unwrap_err();
    assert!(missing(&error), "{error}");
    assert!(home.entries().is_empty());
}

#[test]
fn a_default_file_that_cannot_be_used_is_an_error_and_stays_as_it_is() {
    for (content, expected) in [
        ("", TokenError::Empty),
        ("\ntok\n", TokenError::Empty),
        ("a\tb", TokenError::InvalidByte { byte: b'\t', position: 1 }),
    ] {
        let home = Home::new();
        fs::create_dir(home.folder()).unwrap();
        fs::write(home.file(), content).unwrap();
        let error = home.load_or_generate().unwrap_err();
        assert!(matches!(error, SourceError::Token { error, .. } if error == expected), "{error}");
        assert_eq!(fs::read_to_string(home.file()).unwrap(), content);
        assert_eq!(home.entries(), [home.folder(), home.file()]);
    }

    let home = Home::new();
    fs::create_dir_all(home.file()).unwrap();
    assert!(matches!(home.load_or_generate(), Err(SourceError::File { .. })));
    assert!(home.file().is_dir());

    let home = Home::new();
    fs::write(home.folder(), "a file where the folder should be").unwrap();
    assert!(matches!(home.load_or_generate(), Err(SourceError::File { error: FileError::Open(_), .. })));
    assert_eq!(home.entries(), [home.folder()]);
}

#[test]
fn a_home_that_is_not_there_is_not_created() {
    let home = Home::new();
    let absent = home.0.path().join("absent");
    let source = TokenSource::from_vars(|name| (name == super::super::HOME_VARIABLE).then(|| absent.clone().into()));
    match source.unwrap().load_or_generate().unwrap_err() {
        SourceError::Create { path, error } => {
            assert_eq!((path, error.kind()), (absent.join(".ray"), io::ErrorKind::NotFound));
        }
        other => panic!("{other}"),
    }
    assert!(!absent.exists());
}

#[cfg(unix)]
#[test]
fn a_link_is_never_written_through_or_replaced() {
    use std::os::unix::fs::symlink;
    let home = Home::new();
    let elsewhere = home.0.path().join("elsewhere");
    fs::create_dir(home.folder()).unwrap();
    symlink(&elsewhere, home.file()).unwrap();
    let error = home.load_or_generate().unwrap_err();
    assert!(matches!(error, SourceError::File { error: FileError::DanglingLink, .. }), "{error}");
    assert!(!create_token_file(home.file()).unwrap(), "whoever asks for the file itself is told that it is there");
    assert_eq!(home.entries(), [home.folder(), home.file()]);
    assert_eq!(fs::read_link(home.file()).unwrap(), elsewhere);

    let home = Home::new();
    let elsewhere = home.0.path().join("elsewhere");
    symlink(&elsewhere, home.folder()).unwrap();
    assert!(matches!(home.load_or_generate(), Err(SourceError::Create { .. })));
    assert!(!elsewhere.exists(), "a folder is not created behind a link either");

    fs::create_dir(&elsewhere).unwrap();
    assert!(home.load_or_generate().unwrap().generated, "a folder that is there is used");
    assert!(elsewhere.join("auth_token").is_file());
}

#[test]
fn threads_that_start_at_once_agree_on_one_token() {
    const THREADS: usize = 16;
    let home = Arc::new(Home::new());
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (home, start) = (Arc::clone(&home), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                home.load_or_generate().unwrap()
            })
        })
        .collect();
    let loaded: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(loaded.iter().filter(|loaded| loaded.generated).count(), 1);
    let first = loaded[0].tokens.primary().expose_secret();
    assert!(loaded.iter().all(|loaded| loaded.tokens.primary().matches(first)));
    assert_eq!(home.entries(), [home.folder(), home.file()]);
}
