use std::fs;

use super::*;
use crate::source::OsError;

#[cfg(unix)]
use std::os::unix::fs::symlink;

fn resolve(path: &Path) -> Result<PathBuf, KeyringFileError> {
    Place::resolve(path, true).map(|place| place.target)
}

#[cfg(unix)]
#[test]
fn links_lead_to_the_file_that_is_changed() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    fs::create_dir(home.join("far")).unwrap();
    fs::write(home.join("far/token"), "tok").unwrap();
    symlink("far/token", home.join("link")).unwrap();
    symlink("link", home.join("link to link")).unwrap();
    symlink("far", home.join("folder")).unwrap();
    for name in ["far/token", "link", "link to link", "folder/token", "far/../link"] {
        assert_eq!(resolve(&home.join(name)).unwrap(), home.join("far/token"), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn what_leads_nowhere_is_an_error_that_says_so() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    symlink("nothing", path("dangling")).unwrap();
    symlink("loop", path("loop")).unwrap();
    fs::write(path("file"), "tok").unwrap();
    let error = |name: &str, must_exist| match Place::resolve(&path(name), must_exist).map(|place| place.target) {
        Err(KeyringFileError::Source(SourceError::File { origin, error })) => {
            assert_eq!(origin, Origin::File(path(name)));
            error
        }
        other => panic!("{name}: {other:?}"),
    };
    for must_exist in [true, false] {
        assert_eq!(error("dangling", must_exist), FileError::DanglingLink);
        let os = |code: rustix::io::Errno| OsError::from(io::Error::from(code));
        assert_eq!(error("loop", must_exist), FileError::Open(os(rustix::io::Errno::LOOP)));
        assert_eq!(error("file/below", must_exist), FileError::Open(os(rustix::io::Errno::NOTDIR)));
        assert_eq!(error("no/folder", must_exist), FileError::NotFound);
    }
    assert_eq!(error("missing", true), FileError::NotFound);
    let missing = Place::resolve(&path("missing"), false).unwrap();
    assert_eq!(missing.target, home.path().canonicalize().unwrap().join("missing"));
    assert_eq!(error("file/..", false), FileError::Open(os_error(rustix::io::Errno::NOTDIR)));
}

#[cfg(unix)]
fn os_error(code: rustix::io::Errno) -> OsError {
    io::Error::from(code).into()
}

#[cfg(unix)]
#[test]
fn a_volume_that_kubernetes_writes_is_known_by_its_links() {
    let home = tempfile::tempdir().unwrap();
    let volume = home.path().canonicalize().unwrap();
    let version = volume.join("..2026_01_01_00_00_00.1");
    fs::create_dir_all(version.join("below")).unwrap();
    fs::write(version.join("token"), "tok").unwrap();
    fs::write(version.join("below/token"), "tok").unwrap();
    fs::write(volume.join("mine"), "tok").unwrap();
    assert_eq!(resolve(&version.join("token")).unwrap(), version.join("token"), "no `..data` yet");
    symlink("..2026_01_01_00_00_00.1", volume.join("..data")).unwrap();
    symlink("..data/token", volume.join("token")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    symlink(volume.join("token"), &link).unwrap();

    for path in
        [volume.join("token"), volume.join("..data/token"), version.join("token"), link, version.join("below/token")]
    {
        let error = resolve(&path).unwrap_err();
        assert_eq!(error, KeyringFileError::Projected { path: path.clone(), volume: volume.clone() });
        assert_eq!(
            error.to_string(),
            format!(
                "{path:?} is in the volume {volume:?}, which Kubernetes writes; change the Secret instead: take the step \
                 on its text with `--in FILE --out FILE`, and apply it"
            )
        );
    }
    assert_eq!(resolve(&volume.join("mine")).unwrap(), volume.join("mine"), "a file beside the links");
}

#[test]
fn a_failure_to_write_says_its_way_out() {
    let place = Place { named: "/n".into(), target: "/t".into() };
    let error = |kind: io::ErrorKind| place.not_written(&kind.into());
    let path = || PathBuf::from("/n");
    assert_eq!(error(io::ErrorKind::ReadOnlyFilesystem), KeyringFileError::ReadOnly { path: path() });
    assert_eq!(error(io::ErrorKind::ResourceBusy), KeyringFileError::MountPoint { path: path() });
    let full = io::Error::from(io::ErrorKind::StorageFull);
    assert_eq!(place.not_written(&full), KeyringFileError::Write { path: path(), error: full.into() });
}
