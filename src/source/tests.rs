use std::fs;

use proptest::prelude::*;

use super::*;
use crate::token::TokenError;

fn source(vars: &[(&str, &str)]) -> Result<TokenSource, SourceError> {
    TokenSource::from_vars(|name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
}

fn error(vars: &[(&str, &str)]) -> SourceError {
    source(vars).and_then(|source| source.load()).unwrap_err()
}

/// The order of places that the Kubernetes flag gives, with a service account's file that a test can write.
fn with_service_account(folder: &Path) -> TokenSource {
    let default = Origin::Default(folder.join("default"));
    TokenSource::files(vec![Origin::ServiceAccount(folder.join("service-account")), default])
}

#[test]
fn the_kubernetes_flag_puts_the_service_account_before_the_default_file() {
    let places = |flag| match source(&[(KUBERNETES, flag), (HOME_VARIABLE, "/h")]).unwrap().place {
        Place::Files(origins) => origins,
        Place::Variable(_) => panic!("no variable holds a token"),
    };
    const KUBERNETES: &str = "RAY_ENABLE_K8S_TOKEN_AUTH";
    let service_account = Origin::ServiceAccount("/var/run/secrets/ray.io/serviceaccount/token".into());
    let default = Origin::Default(Path::new("/h").join(".ray").join("auth_token"));
    assert_eq!(places("1"), [service_account, default.clone()]);
    assert_eq!(places("0"), [default]);

    let both = source(&[(KUBERNETES, "true"), ("RAY_AUTH_TOKEN_PATH", "/p"), ("RAY_AUTH_TOKEN", "tok")]).unwrap();
    assert_eq!(both.load().unwrap().origin, Origin::Variable);
    let path = source(&[(KUBERNETES, "true"), ("RAY_AUTH_TOKEN_PATH", "/p"), (HOME_VARIABLE, "/h")]).unwrap();
    assert_eq!(path.to_string(), "the file \"/p\" named by RAY_AUTH_TOKEN_PATH");
    assert!(matches!(source(&[(KUBERNETES, "yes"), ("RAY_AUTH_TOKEN", "tok")]), Err(SourceError::Mode(_))));
}

#[test]
fn a_service_accounts_file_passes_the_turn_on_only_when_it_is_not_there() {
    let home = tempfile::tempdir().unwrap();
    let source = with_service_account(home.path());
    let file = |name: &str| home.path().join(name);
    let missing = SourceError::Missing { looked_in: vec![file("service-account"), file("default")] };
    assert_eq!(source.load().unwrap_err(), missing);
    assert_eq!(source.load_or_generate().unwrap_err(), missing);

    fs::write(file("default"), "default").unwrap();
    let loaded = source.load().unwrap();
    assert!(loaded.tokens.primary().matches("default"));
    assert_eq!(loaded.origin, Origin::Default(file("default")));

    fs::write(file("service-account"), "service-account\n").unwrap();
    let loaded = source.load().unwrap();
    assert!(loaded.tokens.primary().matches("service-account"));
    assert_eq!(loaded.origin, Origin::ServiceAccount(file("service-account")));

    fs::write(file("service-account"), "\n").unwrap();
    let origin = Origin::ServiceAccount(file("service-account"));
    assert_eq!(source.load().unwrap_err(), SourceError::Token { origin, error: TokenError::Empty });
}

#[test]
fn the_place_that_decides_is_the_first_that_is_there() {
    let home = tempfile::tempdir().unwrap();
    let source = with_service_account(home.path());
    let file = |name: &str| home.path().join(name);
    assert_eq!(source.in_force(), Some(Origin::Default(file("default"))), "where one would be written");
    fs::write(file("service-account"), "\n").unwrap();
    assert_eq!(source.in_force(), Some(Origin::ServiceAccount(file("service-account"))), "also when it is of no use");
}

#[test]
fn a_file_is_read_anew_each_time() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("token");
    let source = TokenSource::file(&path);
    for token in ["one", "two"] {
        fs::write(&path, token).unwrap();
        assert!(source.load().unwrap().tokens.primary().matches(token));
    }
    fs::remove_file(&path).unwrap();
    assert!(source.load().is_err());
}

/// A token file with this text, which only this user can write.
fn file(home: &tempfile::TempDir, text: impl AsRef<[u8]>) -> PathBuf {
    let path = home.path().join("token");
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    path
}

/// A set's tokens by role, as `primary next accepted…`.
fn shape(tokens: &TokenSet) -> String {
    let next = tokens.next().map_or("-", Token::expose_secret);
    let accepted: Vec<_> = tokens.accepted().iter().map(Token::expose_secret).collect();
    format!("{} {next} {}", tokens.primary().expose_secret(), accepted.join(","))
}

#[test]
fn the_lines_below_the_first_are_used_too_and_strict_mode_takes_a_private_file_with_stray_lines() {
    let home = tempfile::tempdir().unwrap();
    let path = file(&home, "tok\r\nnext other\naccept old\nstray\n");
    let ignored = FileWarning::IgnoredLines { path: path.clone(), lines: vec![4] };
    for source in [TokenSource::file(&path), TokenSource::file(&path).strict()] {
        let loaded = source.load().unwrap();
        assert_eq!(shape(&loaded.tokens), "tok other old");
        assert_eq!(loaded.warnings, vec![ignored.clone()]);
    }
}

#[test]
fn what_stands_below_line_1_can_make_the_file_malformed_and_the_error_names_the_line() {
    let home = tempfile::tempdir().unwrap();
    let path = file(&home, b"tok\nnext other\naccept \xff\n");
    let error = TokenSource::file(&path).load().unwrap_err();
    assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "the token file {path:?} is malformed: line 3: the token has the byte 0xff at position 7, which no header can \
             carry; use printable ASCII, for example 64 hexadecimal digits"
        )
    );
}

#[cfg(unix)]
#[test]
fn of_a_file_that_others_can_write_only_the_first_line_is_used() {
    use std::os::unix::fs::PermissionsExt;
    let chmod = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let text = "tok\nnext other\naccept old\n";
    type Expose<'a> = &'a dyn Fn(&Path, &Path);
    let ways: [(&str, Expose<'_>, bool); 6] = [
        ("private", &|_, _| {}, false),
        ("readable by all, as Kubernetes mounts it", &|_, path| chmod(path, 0o644), false),
        ("in a sticky folder", &|home, _| chmod(home, 0o1777), false),
        ("writable by its group", &|_, path| chmod(path, 0o620), true),
        ("writable by all", &|_, path| chmod(path, 0o602), true),
        ("in a folder that others can write", &|home, _| chmod(home, 0o777), true),
    ];
    for (name, expose, exposed) in ways {
        let home = tempfile::tempdir().unwrap();
        let path = file(&home, text);
        expose(home.path(), &path);
        let loaded = TokenSource::file(&path).load().unwrap();
        let not_used = FileWarning::TokensNotUsed { path: path.clone(), count: 2 };
        assert_eq!(shape(&loaded.tokens), if exposed { "tok - " } else { "tok other old" }, "{name}");
        assert_eq!(loaded.warnings.contains(&not_used), exposed, "{name}");
        let strict = TokenSource::file(&path).strict().load().map(|loaded| shape(&loaded.tokens));
        assert_eq!(strict.is_err(), exposed || name.starts_with("readable"), "{name}");
    }

    if rustix::process::geteuid().is_root() {
        let home = tempfile::tempdir().unwrap();
        let path = file(&home, text);
        std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
        assert_eq!(shape(&TokenSource::file(&path).load().unwrap().tokens), "tok - ", "a foreign owner");
    }
}

#[test]
fn the_errors_name_the_place_and_the_way_out() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let empty = format!("{home}/empty");
    fs::write(&empty, "").unwrap();
    let invalid = format!("{home}/invalid");
    fs::write(&invalid, "a\u{e9}").unwrap();
    let missing = "write one to ~/.ray/auth_token, or to any file and set RAY_AUTH_TOKEN_PATH to its path, \
                   or set RAY_AUTH_TOKEN to the token itself; to run without authentication set RAY_AUTH_MODE=disabled";
    let default = Path::new(home).join(".ray").join("auth_token");
    let table = [
        (
            vec![],
            format!(
                "no authentication token was found (no variable names one, and {HOME_VARIABLE} is not set); {missing}"
            ),
        ),
        (
            vec![(HOME_VARIABLE, home)],
            format!(
                "no authentication token was found (no variable names one, and there is no {default:?}); {missing}"
            ),
        ),
        (
            vec![("RAY_AUTH_TOKEN", " \n")],
            "RAY_AUTH_TOKEN is set but holds only blanks; set it to a token, or unset it to use RAY_AUTH_TOKEN_PATH \
             or ~/.ray/auth_token"
                .to_owned(),
        ),
        (
            vec![("RAY_AUTH_TOKEN", "a\tb")],
            "RAY_AUTH_TOKEN holds no usable token: the token has the byte 0x09 at position 1, which no header can carry; \
             use printable ASCII, for example 64 hexadecimal digits"
                .to_owned(),
        ),
        (
            vec![("RAY_AUTH_TOKEN_PATH", "/nope\n")],
            "RAY_AUTH_TOKEN_PATH is set but its file \"/nope\\n\" cannot be opened: it does not exist; create it, or \
             name one that exists"
                .to_owned(),
        ),
        (
            vec![("RAY_AUTH_TOKEN_PATH", home)],
            format!(
                "RAY_AUTH_TOKEN_PATH is set but its file {home:?} cannot be opened as a file: it is a folder; \
                 name a regular file"
            ),
        ),
        (
            vec![("RAY_AUTH_TOKEN_PATH", &empty)],
            format!(
                "RAY_AUTH_TOKEN_PATH is set but its file {empty:?} is empty, or its first line is blank; put a token on \
                 line 1, for example the output of `ray-auth get-auth-token --generate`"
            ),
        ),
        (
            vec![("RAY_AUTH_TOKEN_PATH", &invalid)],
            format!(
                "RAY_AUTH_TOKEN_PATH is set but its file {invalid:?} holds no usable token: the token has the byte 0xc3 \
                 at position 1, which no header can carry; use printable ASCII, for example 64 hexadecimal digits"
            ),
        ),
    ];
    for (vars, text) in table {
        assert_eq!(error(&vars).to_string(), text);
    }
}

#[cfg(unix)]
#[test]
fn an_error_of_the_operating_system_is_in_the_text() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("file");
    fs::write(&path, "tok").unwrap();
    let path = path.join("below");
    let text = TokenSource::file(&path).load().unwrap_err().to_string();
    assert_eq!(
        text,
        format!(
            "the token file {path:?} cannot be opened: Not a directory (os error 20); mend its path, or let this \
             process's user read it"
        )
    );
}

#[test]
fn a_source_prints_its_places() {
    let text = |vars: &[(&str, &str)]| source(vars).unwrap().to_string();
    let default = Path::new("/h").join(".ray").join("auth_token");
    assert_eq!(text(&[("RAY_AUTH_TOKEN", "tok")]), "RAY_AUTH_TOKEN");
    assert_eq!(text(&[("RAY_AUTH_TOKEN_PATH", "/p")]), "the file \"/p\" named by RAY_AUTH_TOKEN_PATH");
    assert_eq!(text(&[(HOME_VARIABLE, "/h")]), format!("the default token file {default:?}"));
    assert_eq!(
        text(&[(HOME_VARIABLE, "/h"), ("RAY_ENABLE_K8S_TOKEN_AUTH", "1")]),
        format!(
            "the service account token \"/var/run/secrets/ray.io/serviceaccount/token\", else the default token file \
             {default:?}"
        )
    );
    assert_eq!(text(&[]), format!("nowhere, since {HOME_VARIABLE} is not set"));
    assert_eq!(TokenSource::file("/f").to_string(), "the token file \"/f\"");
}

/// Everything this module shows about a variable's or a file's content.
fn shown(content: &[u8], path: &Path) -> String {
    fs::write(path, content).unwrap();
    #[cfg(unix)]
    let variable = {
        use std::os::unix::ffi::OsStringExt;
        OsString::from_vec(content.to_vec())
    };
    #[cfg(not(unix))]
    let variable = OsString::from(String::from_utf8_lossy(content).into_owned());
    let sources = [
        TokenSource::from_vars(|name| (name == "RAY_AUTH_TOKEN").then(|| variable.clone())),
        TokenSource::from_vars(|name| (name == "RAY_AUTH_TOKEN_PATH").then(|| path.into())),
        Ok(TokenSource::file(path)),
        Ok(TokenSource::file(path).strict()),
    ];
    let mut shown = String::new();
    for source in sources {
        shown.push_str(&format!("{source:?}"));
        match source.and_then(|source| Ok((source.to_string(), source.load()?))) {
            Ok((text, loaded)) => shown.push_str(&format!("{text} {loaded:?} {}", loaded.origin)),
            Err(error) => shown.push_str(&format!("{error} {error:?}")),
        }
    }
    shown
}

proptest! {
    #[test]
    fn nothing_that_is_shown_holds_what_was_read(
        before in proptest::collection::vec(any::<u8>(), 0..40),
        after in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        const SECRET: &str = "5ECRET-5ECRET-5ECRET";
        let home = tempfile::tempdir().unwrap();
        let content = [&before, SECRET.as_bytes(), &after].concat();
        let shown = shown(&content, &home.path().join("token"));
        prop_assert!(!shown.contains(SECRET), "{}", shown);
        prop_assert!(!shown.contains("5ECRET"), "{}", shown);
    }
}
