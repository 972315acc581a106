#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::super::{SourceError, TokenSource};
use super::*;

const US: u32 = 1000;

fn path() -> PathBuf {
    PathBuf::from("p")
}

fn read(mode: u32) -> FileWarning {
    FileWarning::ReadableByOthers { path: path(), mode }
}

fn written(mode: u32) -> FileWarning {
    FileWarning::FileWritableByOthers { path: path(), mode }
}

fn replaced(mode: u32) -> FileWarning {
    FileWarning::FolderWritableByOthers { path: path(), mode }
}

fn foreign(owner: u32) -> FileWarning {
    FileWarning::ForeignOwner { path: path(), owner }
}

#[test]
fn a_file_is_judged_by_its_mode_and_owner() {
    let table = [
        (0o600, US, vec![]),
        (0o400, US, vec![]),
        (0o700, US, vec![]),
        (0o640, US, vec![]),
        (0o440, 0, vec![]),
        (0o644, US, vec![read(0o644)]),
        (0o444, 0, vec![read(0o444)]),
        (0o604, US, vec![read(0o604)]),
        (0o620, US, vec![written(0o620)]),
        (0o602, US, vec![written(0o602)]),
        (0o622, US, vec![written(0o622)]),
        (0o1622, US, vec![written(0o1622)]),
        (0o666, US, vec![read(0o666), written(0o666)]),
        (0o777, US, vec![read(0o777), written(0o777)]),
        (0o600, 1001, vec![foreign(1001)]),
        (0o666, 65534, vec![read(0o666), written(0o666), foreign(65534)]),
    ];
    for (mode, owner, warnings) in table {
        assert_eq!(judge_file(&Facts { path: &path(), mode, owner }, US), warnings, "{mode:o} {owner}");
    }
}

#[test]
fn a_folder_is_judged_by_who_can_replace_files_in_it() {
    let table = [
        (0o700, US, vec![]),
        (0o755, 0, vec![]),
        (0o1777, 0, vec![]),
        (0o1770, US, vec![]),
        (0o775, US, vec![replaced(0o775)]),
        (0o757, US, vec![replaced(0o757)]),
        (0o2770, US, vec![replaced(0o2770)]),
        (0o777, 0, vec![replaced(0o777)]),
        (0o755, 1001, vec![foreign(1001)]),
        (0o1777, 1001, vec![foreign(1001)]),
    ];
    for (mode, owner, warnings) in table {
        assert_eq!(judge_folder(&Facts { path: &path(), mode, owner }, US), warnings, "{mode:o} {owner}");
    }
}

#[test]
fn root_trusts_itself_only() {
    assert_eq!(judge_file(&Facts { path: &path(), mode: 0o600, owner: US }, 0), vec![foreign(US)]);
    assert_eq!(judge_file(&Facts { path: &path(), mode: 0o600, owner: 0 }, 0), vec![]);
}

/// A folder with a token file in it, both private.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::write(home.token(), "tok\n").unwrap();
        home.chmod("token", 0o600);
        home
    }

    fn token(&self) -> PathBuf {
        self.0.path().join("token")
    }

    fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.0.path().join(name), Permissions::from_mode(mode)).unwrap();
    }
}

/// What loading warns of; strict loading must then refuse for the same reasons, and only then.
fn warnings(path: &Path) -> Vec<FileWarning> {
    let source = TokenSource::file(path);
    let warnings = source.load().unwrap().warnings;
    match source.strict().load() {
        Ok(strict) => assert_eq!((warnings.as_slice(), strict.warnings.as_slice()), (&[][..], &[][..])),
        Err(SourceError::Exposed { warnings: refused, .. }) => assert_eq!(refused, warnings),
        Err(other) => panic!("{other}"),
    }
    warnings
}

#[test]
fn what_is_found_on_disk_is_a_warning_and_strict_mode_refuses_it() {
    let home = Home::new();
    assert_eq!(warnings(&home.token()), vec![]);

    home.chmod("token", 0o644);
    assert_eq!(warnings(&home.token()), vec![FileWarning::ReadableByOthers { path: home.token(), mode: 0o644 }]);

    home.chmod("token", 0o620);
    assert_eq!(warnings(&home.token()), vec![FileWarning::FileWritableByOthers { path: home.token(), mode: 0o620 }]);

    home.chmod("token", 0o600);
    home.chmod("", 0o770);
    let folder = home.0.path().to_owned();
    assert_eq!(
        warnings(&home.token()),
        vec![FileWarning::FolderWritableByOthers { path: folder.clone(), mode: 0o770 }]
    );

    home.chmod("", 0o1777);
    assert_eq!(warnings(&home.token()), vec![], "a sticky folder is as good as a private one");

    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(home.token(), Some(US), None).unwrap();
        std::os::unix::fs::chown(&folder, Some(US), None).unwrap();
        let foreign = |path: &Path| FileWarning::ForeignOwner { path: path.to_owned(), owner: US };
        assert_eq!(warnings(&home.token()), vec![foreign(&home.token()), foreign(&folder)]);
    }
}

#[test]
fn behind_a_link_both_folders_and_the_target_count() {
    let (links, files) = (Home::new(), Home::new());
    let link = links.0.path().join("link");
    symlink(files.token(), &link).unwrap();
    assert_eq!(warnings(&link), vec![]);

    let target_folder = files.0.path().canonicalize().unwrap();
    files.chmod("", 0o777);
    let in_target_folder = FileWarning::FolderWritableByOthers { path: target_folder, mode: 0o777 };
    assert_eq!(warnings(&link), vec![in_target_folder.clone()]);

    links.chmod("", 0o777);
    let in_link_folder = FileWarning::FolderWritableByOthers { path: links.0.path().into(), mode: 0o777 };
    assert_eq!(warnings(&link), vec![in_link_folder, in_target_folder]);

    let (links, files) = (Home::new(), Home::new());
    let link = links.0.path().join("link");
    symlink(files.token(), &link).unwrap();
    files.chmod("token", 0o666);
    let file = |make: fn(PathBuf, u32) -> FileWarning| make(link.clone(), 0o666);
    assert_eq!(
        warnings(&link),
        vec![
            file(|path, mode| FileWarning::ReadableByOthers { path, mode }),
            file(|path, mode| FileWarning::FileWritableByOthers { path, mode }),
        ]
    );
}

#[test]
fn a_path_without_a_folder_is_in_the_working_directory() {
    assert_eq!(folders(Path::new("no-such-file")), vec![PathBuf::from(".")]);
}

#[test]
fn the_texts_name_the_path_the_fact_and_the_way_out() {
    let path = || PathBuf::from("/f");
    let table = [
        (
            FileWarning::ReadableByOthers { path: path(), mode: 0o644 },
            "\"/f\" can be read by every user (mode 0644); take that away with chmod o-r",
        ),
        (
            FileWarning::FileWritableByOthers { path: path(), mode: 0o620 },
            "\"/f\" can be written by other users (mode 0620); take that away with chmod go-w",
        ),
        (
            FileWarning::FolderWritableByOthers { path: path(), mode: 0o777 },
            "other users can replace files in the folder \"/f\" (mode 0777); take that away with chmod go-w",
        ),
        (
            FileWarning::ForeignOwner { path: path(), owner: 7 },
            "\"/f\" belongs to the user with number 7, which is neither root nor this process's; change that with chown",
        ),
        (
            FileWarning::FolderNotExamined { path: path() },
            "the folder \"/f\" cannot be examined; let this process's user search it",
        ),
        (
            FileWarning::IgnoredLines { path: path(), lines: vec![2] },
            "\"/f\" has lines that are no tokens and are ignored (line 2); remove them, or begin them with `#`, `next` or \
             `accept`",
        ),
        (
            FileWarning::IgnoredLines { path: path(), lines: (2..20).collect() },
            "\"/f\" has lines that are no tokens and are ignored (line 2, line 3, line 4, line 5, line 6, line 7, line 8, \
             line 9 and 10 more); remove them, or begin them with `#`, `next` or `accept`",
        ),
        (
            FileWarning::TokensNotUsed { path: path(), count: 2 },
            "2 more tokens in \"/f\" are not used, since other users could have written them; let only this process's \
             user and root write there",
        ),
    ];
    for (warning, text) in table {
        assert_eq!(warning.to_string(), text);
    }
}
