use std::ffi::OsString;

use super::*;
use crate::Token;

fn vars(list: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
    move |name| list.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
}

#[test]
fn the_environment_decides_the_mode_and_nothing_falls_back_to_letting_everybody_in() {
    let table: &[(&[(&str, &str)], Result<AuthMode, &str>)] = &[
        (&[("RAY_AUTH_MODE", "token"), ("RAY_AUTH_TOKEN", "abc")], Ok(AuthMode::Token)),
        (&[("RAY_AUTH_TOKEN", "abc")], Ok(AuthMode::Token)),
        (&[("RAY_AUTH_MODE", "disabled")], Ok(AuthMode::Disabled)),
        (&[("RAY_AUTH_TOKEN", "abc"), ("RAY_ENABLE_K8S_TOKEN_AUTH", "true")], Ok(AuthMode::Kubernetes)),
        (&[], Err("RAY_AUTH_TOKEN_PATH")),
        (&[("RAY_AUTH_MODE", "off"), ("RAY_AUTH_TOKEN", "abc")], Err("RAY_AUTH_MODE")),
        (&[("RAY_AUTH_TOKEN", " ")], Err("RAY_AUTH_TOKEN")),
        (&[("RAY_AUTH_TOKEN", "a\u{1}c")], Err("0x01")),
    ];
    for (variables, expected) in table {
        let auth = ClusterAuth::builder().from_vars(vars(variables));
        match (auth, expected) {
            (Ok(auth), Ok(mode)) => assert_eq!(auth.mode(), *mode, "{variables:?}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{variables:?}: {error}"),
            (auth, _) => panic!("{variables:?} gave {auth:?}"),
        }
    }
}

#[test]
fn strict_sends_no_token_in_the_clear_over_http_either() {
    let keyring = || Keyring::new(Token::generate());
    let table = [
        ("http://127.0.0.1:8265", true),
        ("http://localhost:8265", true),
        ("https://head.example", true),
        ("http://10.0.0.1:8265", false),
        ("http://head.example:8265", false),
    ];
    for (origin, allowed) in table {
        let origin = origin.parse().unwrap();
        let strict = ClusterAuth::builder().strict().with_keyring(keyring()).add_token().for_origin(&origin);
        assert_eq!(strict.is_ok(), allowed, "{origin}: {strict:?}");
        assert!(ClusterAuth::with_keyring(keyring()).add_token().for_origin(&origin).is_ok(), "{origin}");
        assert!(
            ClusterAuth::builder().strict().disabled().add_token().for_origin(&origin).is_ok(),
            "{origin}: no token"
        );
    }
}

#[test]
fn debug_output_never_shows_the_token() {
    let auth = ClusterAuth::with_keyring(Keyring::new(Token::parse("hunter2").unwrap()));
    assert!(!format!("{auth:?} {:?} {:?}", auth.require_token(), auth.add_token()).contains("hunter2"));
}

#[cfg(feature = "connect")]
mod connect {
    use super::*;

    #[tokio::test]
    async fn nothing_goes_in_plaintext_to_an_address_that_promises_tls() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let auth = ClusterAuth::with_keyring(Keyring::new(Token::generate()));
        assert!(matches!(auth.connect(&address).await, Err(ConnectError::Tls)));
        assert!(matches!(auth.connect_lazy(&address), Err(ConnectError::Tls)));
        let endpoint = tonic::transport::Endpoint::from_shared(address).unwrap();
        assert!(matches!(auth.connect_to(endpoint).await, Err(ConnectError::Tls)));
        let nobody = tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await;
        assert!(nobody.is_err(), "nobody connected");
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let auth = ClusterAuth::with_keyring(Keyring::new(Token::generate()));
        let refused = auth.connect_lazy("http://user:hunter2@10.0.0.1:6379").unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
        assert!(refused.to_string().contains("@10.0.0.1:6379"));
    }

    #[tokio::test]
    async fn an_address_is_checked_before_anything_is_sent() {
        let auth = || ClusterAuth::builder().strict().with_keyring(Keyring::new(Token::generate()));
        let table = [
            ("http://127.0.0.1:1", true),
            ("127.0.0.1:1", true),
            ("localhost:1", true),
            ("[::1]:1", true),
            ("", false),
            ("ftp://127.0.0.1", false),
            ("http://", false),
            ("http://user@127.0.0.1", false),
            ("10.0.0.1:6379", false),
            ("http://head.example:6379", false),
        ];
        for (address, valid) in table {
            assert_eq!(auth().connect_lazy(address).is_ok(), valid, "{address}");
        }
        let without_secret = ClusterAuth::builder().strict().disabled();
        assert!(without_secret.connect_lazy("http://head.example:6379").is_ok(), "there is no token to protect");
    }
}
