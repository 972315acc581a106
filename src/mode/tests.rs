use super::*;

fn mode(mode: Option<&str>, flag: Option<&str>) -> Result<AuthMode, ModeError> {
    AuthMode::from_vars(|name| match name {
        MODE_VARIABLE => mode.map(OsString::from),
        KUBERNETES_VARIABLE => flag.map(OsString::from),
        other => panic!("{other} is not a variable of the mode"),
    })
}

#[test]
fn every_pair_of_values_names_one_mode() {
    let token = [None, Some(""), Some("token"), Some("TOKEN"), Some("Token"), Some("tOkEn")];
    let disabled = [Some("disabled"), Some("DISABLED"), Some("Disabled")];
    let off = [None, Some(""), Some("0"), Some("false"), Some("FALSE"), Some("False")];
    let on = [Some("1"), Some("true"), Some("TRUE"), Some("True")];
    let expect = |values: &[Option<&str>], flags: &[Option<&str>], expected| {
        for (value, flag) in values.iter().flat_map(|value| flags.iter().map(move |flag| (*value, *flag))) {
            assert_eq!(mode(value, flag), Ok(expected), "{value:?} {flag:?}");
        }
    };
    expect(&token, &off, AuthMode::Token);
    expect(&token, &on, AuthMode::Kubernetes);
    expect(&disabled, &off, AuthMode::Disabled);
    expect(&disabled, &on, AuthMode::Disabled);
}

#[test]
fn a_value_that_is_not_known_is_an_error_and_never_disabled() {
    for value in [" token", "token ", "token\n", " ", "tokens", "disable", "foo", "0", "1", "true", "none", "off"] {
        let error = mode(Some(value), None).unwrap_err();
        assert_eq!(error, ModeError::UnknownMode { value: format!("{value:?}") });
    }
    for value in ["k8s", "K8S", "K8s", "Kubernetes"] {
        let error = mode(Some(value), Some("true")).unwrap_err();
        assert_eq!(error, ModeError::KubernetesAsMode { value: format!("{value:?}") });
    }
    for value in ["yes", "on", "2", " 1", "true ", " "] {
        for mode_value in [None, Some("token"), Some("disabled")] {
            let error = mode(mode_value, Some(value)).unwrap_err();
            assert_eq!(error, ModeError::UnknownFlag { variable: KUBERNETES_VARIABLE, value: format!("{value:?}") });
        }
    }
}

#[test]
fn tls_is_asked_for_in_the_same_words() {
    let asked =
        |value: Option<&str>| tls_asked(|name| (name == "RAY_USE_TLS").then_some(value).flatten().map(OsString::from));
    for on in ["1", "true", "TRUE", "True"] {
        assert_eq!(asked(Some(on)), Ok(true), "{on}");
    }
    for off in [None, Some(""), Some("0"), Some("false"), Some("FALSE")] {
        assert_eq!(asked(off), Ok(false), "{off:?}");
    }
    for unknown in ["yes", "on", "2", " 1", "true ", "tls"] {
        let error = asked(Some(unknown)).unwrap_err();
        assert_eq!(error, ModeError::UnknownFlag { variable: TLS_VARIABLE, value: format!("{unknown:?}") });
        assert!(error.to_string().starts_with("RAY_USE_TLS is \""), "{error}");
    }
}

#[test]
fn the_errors_say_what_is_wrong_and_what_to_write() {
    let text = |error: Result<AuthMode, ModeError>| error.unwrap_err().to_string();
    assert_eq!(
        text(mode(Some(" token"), None)),
        "RAY_AUTH_MODE is \" token\", which is no mode; set it to token or disabled, without blanks, \
         or leave it unset for token"
    );
    assert_eq!(
        text(mode(Some("k8s"), None)),
        "RAY_AUTH_MODE is \"k8s\", and takes token or disabled only; \
         for Kubernetes set RAY_AUTH_MODE=token and RAY_ENABLE_K8S_TOKEN_AUTH=true"
    );
    assert_eq!(
        text(mode(None, Some("yes"))),
        "RAY_ENABLE_K8S_TOKEN_AUTH is \"yes\", which is neither on nor off; set it to true, 1, false or 0"
    );
}

#[test]
fn a_secret_in_the_wrong_variable_is_not_repeated() {
    let secret = "0123456789abcdef0";
    for error in [mode(Some(secret), None).unwrap_err(), mode(None, Some(secret)).unwrap_err()] {
        assert!(!format!("{error} {error:?}").contains(secret));
        assert!(error.to_string().contains("is a text of 17 bytes"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_an_error() {
    use std::os::unix::ffi::OsStringExt;
    let error = AuthMode::from_vars(|name| (name == MODE_VARIABLE).then(|| OsString::from_vec(vec![b't', 0xff])));
    assert_eq!(error, Err(ModeError::UnknownMode { value: "\"t\\xFF\"".to_owned() }));
}

#[test]
fn a_mode_prints_as_the_word_people_write() {
    let words = [AuthMode::Disabled, AuthMode::Token, AuthMode::Kubernetes].map(|mode| mode.to_string());
    assert_eq!(words, ["disabled", "token", "kubernetes"]);
}
