//! Which netrc file is read, who else may have rights to it, and what is said when it is not used.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use ray_auth::source::FileError;
use ray_auth_runtime_env::netrc::{Exposure, Loaded, MAX_FILE_LEN, NetrcError, NetrcSource, NetrcWarning};
use tempfile::TempDir;

/// A home folder with a folder for other files in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("other")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A netrc file whose password is its own name.
    fn file(self, name: &str, mode: u32) -> Self {
        self.text(name, &format!("machine a.test login l password {}\n", name.replace('/', "-")), mode)
    }

    fn text(self, name: &str, text: &str, mode: u32) -> Self {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// With `HOME`, and `NETRC` if there is one; `~` stands for itself, and `@` for the folder.
    fn source(&self, netrc: Option<&str>) -> NetrcSource {
        NetrcSource::from_vars(|name| match name {
            "HOME" => Some(self.0.path().into()),
            "NETRC" => netrc.map(|netrc| netrc.replace('@', self.0.path().to_str().unwrap()).into()),
            other => panic!("{other} is asked for"),
        })
    }
}

/// The password that was found for `a.test`.
fn password(loaded: &Loaded) -> Option<String> {
    let entry = loaded.netrc.as_ref()?.machine("a.test")?;
    Some(entry.credential()?.1.expose_secret().to_owned())
}

#[test]
fn the_first_place_decides() {
    let all = || Folder::new().file(".netrc", 0o600).file("_netrc", 0o600).file("other/n", 0o600);
    let table: [(&str, Folder, Option<&str>, Option<&str>); 11] = [
        ("the variable", all(), Some("@/other/n"), Some("other-n")),
        ("below home", all(), Some("~/other/n"), Some("other-n")),
        ("home's own by name", all(), Some("~/_netrc"), Some("_netrc")),
        ("switched off", all(), Some(""), None),
        ("home", all(), None, Some(".netrc")),
        ("home, the second name", Folder::new().file("_netrc", 0o600), None, Some("_netrc")),
        ("nothing", Folder::new(), None, None),
        ("no entry", Folder::new().text(".netrc", "machine b.test login l", 0o600).file("_netrc", 0o600), None, None),
        ("the first is exposed", Folder::new().file(".netrc", 0o644).file("_netrc", 0o600), None, None),
        ("the first is broken", Folder::new().text(".netrc", "machine", 0o600).file("_netrc", 0o600), None, None),
        (
            "the first leads nowhere",
            {
                let folder = Folder::new().file("_netrc", 0o600);
                symlink(folder.path("nothing"), folder.path(".netrc")).unwrap();
                folder
            },
            None,
            Some("_netrc"),
        ),
    ];
    for (name, folder, netrc, expected) in table {
        let loaded = folder.source(netrc).load().unwrap();
        assert_eq!(password(&loaded).as_deref(), expected, "{name}");
    }
}

#[test]
fn no_home_is_no_file_and_an_unknown_one_is_an_error() {
    let nowhere = NetrcSource::from_vars(|_| None).load().unwrap();
    assert!(nowhere.netrc.is_none() && nowhere.path.is_none() && nowhere.warnings.is_empty());
    let device = NetrcSource::home("/dev/null").load().unwrap();
    assert!(device.netrc.is_none() && device.warnings.is_empty());
    for netrc in ["~", "~/x", "~somebody/x"] {
        let source = NetrcSource::from_vars(|name| (name == "NETRC").then(|| netrc.into()));
        assert_eq!(source.load().unwrap_err(), NetrcError::UnknownHome { path: netrc.into() });
    }
    let folder = Folder::new();
    let error = folder.source(Some("~somebody/x")).load().unwrap_err();
    assert_eq!(error, NetrcError::UnknownHome { path: "~somebody/x".into() });
}

#[test]
fn a_file_that_was_named_must_be_usable() {
    let folder = Folder::new().file(".netrc", 0o600).text("broken", "machine a.test\npassword my SECRET\n", 0o600);
    let folder = folder.text("large", &"#".repeat(MAX_FILE_LEN + 1), 0o600);
    let pipe = folder.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    let table = [
        ("nothing", "netrc_missing", "does not exist"),
        ("broken", "netrc_malformed", "is malformed: line 2: a word that is no keyword"),
        ("large", "netrc_unreadable", "is larger than 65536 bytes"),
        ("other", "netrc_unreadable", "it is a folder"),
        ("pipe", "netrc_unreadable", "pipe"),
    ];
    for (name, kind, sentence) in table {
        let error = folder.source(Some(&format!("@/{name}"))).load().unwrap_err();
        assert_eq!((error.as_str(), error.path()), (kind, &*folder.path(name)), "{error}");
        assert!(error.to_string().contains(sentence), "{name}: {error}");
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{name}");
    }
    // In the home folder it is a warning, and there is none.
    for name in ["broken", "large"] {
        let text = fs::read(folder.path(name)).unwrap();
        fs::write(folder.path(".netrc"), text).unwrap();
        let loaded = folder.source(None).load().unwrap();
        assert!(loaded.netrc.is_none(), "{name}");
        let [NetrcWarning::NotUsed(error)] = &loaded.warnings[..] else { panic!("{name}: {:?}", loaded.warnings) };
        assert_eq!(error.path(), folder.path(".netrc"));
    }
}

#[test]
fn rights_of_others_are_warned_of_where_it_was_named_and_refused_in_the_home_folder() {
    for mode in [0o400, 0o600, 0o640, 0o644, 0o604, 0o660, 0o666] {
        let private = mode & 0o077 == 0;
        let folder = Folder::new().file(".netrc", mode).file("other/n", mode);
        let exposure = Exposure::Mode { mode };

        let named = folder.source(Some("@/other/n"));
        let loaded = named.load().unwrap();
        assert_eq!(password(&loaded).as_deref(), Some("other-n"), "{mode:o}");
        let warning = NetrcWarning::Exposed { path: folder.path("other/n"), exposure };
        assert_eq!(loaded.warnings, if private { vec![] } else { vec![warning] }, "{mode:o}");
        let strict = named.strict().load();
        let exposed = |name: &str| NetrcError::Exposed { path: folder.path(name), exposures: vec![exposure] };
        assert_eq!(strict.map(|loaded| password(&loaded)).err(), (!private).then(|| exposed("other/n")), "{mode:o}");

        let loaded = folder.source(None).load().unwrap();
        assert_eq!(password(&loaded).is_some(), private, "{mode:o}");
        let warning = NetrcWarning::NotUsed(exposed(".netrc"));
        assert_eq!(loaded.warnings, if private { vec![] } else { vec![warning] }, "{mode:o}");
        let strict = folder.source(None).strict().load();
        assert_eq!(strict.is_ok(), private, "{mode:o}");
    }
}

/// As kubelet lays out a Secret: links to a folder that is replaced as a whole.
#[test]
fn a_mounted_secret_works_and_is_read_anew() {
    let folder = Folder::new();
    let mount = folder.path("other");
    let version = |name: &str, text: &str| {
        fs::create_dir(mount.join(name)).unwrap();
        fs::write(mount.join(name).join("netrc"), text).unwrap();
        fs::set_permissions(mount.join(name).join("netrc"), fs::Permissions::from_mode(0o644)).unwrap();
    };
    let point = |name: &str| {
        symlink(name, mount.join("..data_tmp")).unwrap();
        fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
    };
    version("..2026_1", "machine a.test login l password first\n");
    point("..2026_1");
    symlink(Path::new("..data").join("netrc"), mount.join("netrc")).unwrap();

    let source = folder.source(Some("@/other/netrc"));
    let loaded = source.load().unwrap();
    assert_eq!(password(&loaded).as_deref(), Some("first"));
    let expected = "the netrc file \"/other/netrc\" is not private: others than its owner have rights to it (mode 0644); take \
                    them away with chmod 600";
    let [warning] = &loaded.warnings[..] else { panic!("{:?}", loaded.warnings) };
    assert_eq!(warning.to_string().replace(folder.0.path().to_str().unwrap(), ""), expected);

    version("..2026_2", "machine a.test login l password second\n");
    point("..2026_2");
    assert_eq!(password(&source.load().unwrap()).as_deref(), Some("second"));
    fs::remove_file(mount.join("netrc")).unwrap();
    let error = source.load().unwrap_err();
    assert!(matches!(error, NetrcError::File { error: FileError::NotFound, .. }), "{error}");
}
