//! Variables and files: what makes no TLS, and in which words. What comes of handshakes is in `tests/tls/`.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use ray_auth_testing::certificates::{Authority, Files, Kind, LOOPBACK, replace};
use tempfile::TempDir;

use super::*;

/// Good files in a folder of their own, and who issued them.
struct Place {
    folder: TempDir,
    files: Files,
    authority: Authority,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path());
        let authority = Authority::new("the authority").unwrap();
        files.write(&authority.issue(&LOOPBACK).unwrap(), &authority.pem()).unwrap();
        Self { folder, files, authority }
    }

    fn issue(&self, kind: Kind) {
        self.files.write(&self.authority.issue_as(&LOOPBACK, kind).unwrap(), &self.authority.pem()).unwrap();
    }

    fn load(&self) -> Result<Tls, TlsError> {
        let Files { certificate, key, authority } = &self.files;
        Tls::from_files(certificate, key, authority)
    }
}

fn vars(list: Vec<(&'static str, PathBuf)>) -> impl Fn(&str) -> Option<OsString> {
    move |name| list.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone().into())
}

#[test]
fn the_variables_turn_tls_on_whole_or_not_at_all() {
    let place = Place::new();
    let all = place.files.variables();
    assert!(Tls::from_vars(vars(all.to_vec())).unwrap().is_some());
    assert!(Tls::from_vars(|_| None).unwrap().is_none());
    let off = [("RAY_USE_TLS", PathBuf::from("0"))].into_iter().chain(all[1..].iter().cloned());
    assert!(Tls::from_vars(vars(off.collect())).unwrap().is_none(), "files alone turn nothing on");

    for missing in ["RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY", "RAY_TLS_CA_CERT"] {
        let without: Vec<_> = all.iter().filter(|(name, _)| *name != missing).cloned().collect();
        let empty: Vec<_> = all
            .iter()
            .cloned()
            .map(|(name, path)| (name, if name == missing { PathBuf::new() } else { path }))
            .collect();
        for list in [without, empty] {
            let error = Tls::from_vars(vars(list)).unwrap_err();
            assert_eq!(error, TlsError::Variable { variable: missing });
            assert!(error.to_string().starts_with(&format!("RAY_USE_TLS is on, and {missing} is not set; set ")));
        }
    }
    let error = Tls::from_vars(vars(vec![("RAY_USE_TLS", "yes".into())])).unwrap_err();
    assert!(error.to_string().starts_with("RAY_USE_TLS is \"yes\", which is neither on nor off; "), "{error}");
}

#[test]
fn a_key_in_a_variable_is_not_repeated() {
    let place = Place::new();
    let key = fs::read_to_string(&place.files.key).unwrap();
    let error = TlsFiles::from_vars(|_| Some(OsString::from(&key))).unwrap_err();
    assert_eq!(error, TlsError::NotAPath { variable: "RAY_TLS_SERVER_CERT" });
    let only_key =
        |name: &str| Some(if name == "RAY_TLS_SERVER_KEY" { key.replace('\n', " ").into() } else { "x".into() });
    assert_eq!(TlsFiles::from_vars(only_key).unwrap_err(), TlsError::NotAPath { variable: "RAY_TLS_SERVER_KEY" });
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_what_to_mend() {
    type Break = fn(&Place);
    let table: [(&str, Break, &str, &str); 19] = [
        (
            "no certificate file",
            |it| fs::remove_file(&it.files.certificate).unwrap(),
            "RAY_TLS_SERVER_CERT",
            "does not exist; create it",
        ),
        (
            "no key file",
            |it| fs::remove_file(&it.files.key).unwrap(),
            "RAY_TLS_SERVER_KEY",
            "does not exist; create it",
        ),
        (
            "no authority file",
            |it| fs::remove_file(&it.files.authority).unwrap(),
            "RAY_TLS_CA_CERT",
            "does not exist; create it",
        ),
        (
            "a folder",
            |it| {
                fs::remove_file(&it.files.key).unwrap();
                fs::create_dir(&it.files.key).unwrap();
            },
            "RAY_TLS_SERVER_KEY",
            "name a regular file",
        ),
        (
            "far too large",
            |it| fs::write(&it.files.authority, vec![b'\n'; MAX_PEM_LEN + 1]).unwrap(),
            "RAY_TLS_CA_CERT",
            "is larger than 262144 bytes",
        ),
        (
            "an empty certificate file",
            |it| fs::write(&it.files.certificate, "").unwrap(),
            "RAY_TLS_SERVER_CERT",
            "holds no certificate",
        ),
        (
            "an empty authority file",
            |it| fs::write(&it.files.authority, "").unwrap(),
            "RAY_TLS_CA_CERT",
            "holds no certificate",
        ),
        (
            "the key in the certificate's place",
            |it| {
                fs::copy(&it.files.key, &it.files.certificate).unwrap();
            },
            "RAY_TLS_SERVER_CERT",
            "holds no certificate",
        ),
        (
            "the certificate in the key's place",
            |it| {
                fs::copy(&it.files.certificate, &it.files.key).unwrap();
            },
            "RAY_TLS_SERVER_KEY",
            "no passphrase",
        ),
        (
            "a certificate cut short",
            |it| {
                let text = fs::read_to_string(&it.files.certificate).unwrap();
                fs::write(&it.files.certificate, &text[..text.len() / 2]).unwrap();
            },
            "RAY_TLS_SERVER_CERT",
            "is not whole PEM",
        ),
        (
            "a key cut short",
            |it| {
                let text = fs::read_to_string(&it.files.key).unwrap();
                fs::write(&it.files.key, &text[..text.len() / 2]).unwrap();
            },
            "RAY_TLS_SERVER_KEY",
            "is not whole PEM",
        ),
        (
            "a key that is none",
            |it| fs::write(&it.files.key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap(),
            "RAY_TLS_SERVER_KEY",
            "cannot be used; make one of the kind",
        ),
        (
            "an authority that is none",
            |it| {
                fs::write(&it.files.authority, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
                    .unwrap();
            },
            "RAY_TLS_CA_CERT",
            "cannot be used: ",
        ),
        (
            "a certificate that is none",
            |it| {
                fs::write(&it.files.certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
                    .unwrap();
            },
            "RAY_TLS_SERVER_CERT",
            "cannot be used: ",
        ),
        (
            "another key",
            |it| replace(&it.files.key, &it.authority.issue(&LOOPBACK).unwrap().key).unwrap(),
            "RAY_TLS_SERVER_KEY",
            "does not belong to the certificate",
        ),
        (
            "another authority",
            |it| replace(&it.files.authority, &Authority::new("another").unwrap().pem()).unwrap(),
            "RAY_TLS_SERVER_CERT",
            "was not issued by the authority's certificate",
        ),
        (
            "expired",
            |it| it.issue(Kind::Expired),
            "RAY_TLS_SERVER_CERT",
            "expired on 2002-02-03 00:00:00 UTC; issue a new one",
        ),
        (
            "not yet valid",
            |it| it.issue(Kind::NotYetValid),
            "RAY_TLS_SERVER_CERT",
            "is valid from 4001-01-01 00:00:00 UTC on, and not yet",
        ),
        (
            "an authority's certificate for its own",
            |it| it.issue(Kind::Authority),
            "RAY_TLS_SERVER_CERT",
            "cannot be used: ",
        ),
    ];
    for (name, breaks, variable, part) in table {
        let place = Place::new();
        let key = fs::read_to_string(&place.files.key).unwrap();
        breaks(&place);
        let error = place.load().expect_err(name);
        let text = error.to_string();
        assert!(text.contains(&format!("({variable})")) && text.contains(part), "{name}: {text}");
        let folder = place.folder.path().to_str().unwrap();
        assert!(text.contains(folder), "{name}: names no file: {text}");
        for line in key.lines().filter(|line| !line.starts_with('-')) {
            assert!(!format!("{error} {error:?}").contains(line), "{name}: shows a line of the key");
        }
    }
}

#[test]
fn a_certificate_for_one_side_is_used_and_the_other_side_is_named() {
    for (kind, expected) in
        [(Kind::Good, None), (Kind::ServerOnly, Some("connect to others")), (Kind::ClientOnly, Some("serve"))]
    {
        let place = Place::new();
        place.issue(kind);
        assert_eq!(place.load().unwrap().material().one_sided, expected, "{kind:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_used_unless_strict_mode_refuses_it() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &PathBuf, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let strict = |place: &Place| {
        let Files { certificate, key, authority } = &place.files;
        Tls::follow(TlsFiles::new(certificate, key, authority).strict()).map(|_| ())
    };
    type Path = fn(&Files) -> &PathBuf;
    let table: [(&str, Path, u32, bool); 6] = [
        ("a private key", |files| &files.key, 0o600, true),
        ("a key for the group", |files| &files.key, 0o640, true),
        ("a key for everybody", |files| &files.key, 0o644, false),
        ("a certificate for everybody to read", |files| &files.certificate, 0o644, true),
        ("a certificate for everybody to write", |files| &files.certificate, 0o666, false),
        ("an authority for everybody to write", |files| &files.authority, 0o666, false),
    ];
    for (name, path, bits, private) in table {
        let place = Place::new();
        mode(path(&place.files), bits);
        assert!(place.load().is_ok(), "{name}: used");
        let refused = strict(&place);
        assert_eq!(refused.is_ok(), private, "{name}: {refused:?}");
        if let Err(error) = refused {
            assert!(
                error.to_string().contains("strict mode refuses it: ") && error.to_string().contains("chmod"),
                "{error}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_without_a_writer_blocks_nothing() {
    let place = Place::new();
    fs::remove_file(&place.files.key).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&place.files.key).status().unwrap();
    assert!(made.success());
    assert!(place.load().unwrap_err().to_string().contains("name a regular file"));
}
