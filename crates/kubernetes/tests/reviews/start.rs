//! What a verifier needs to start, and what it says when that is missing.

use std::ffi::OsString;
use std::fs;

use ray_auth_kubernetes::{StartError, Verifier};

use crate::api::Api;
use crate::caller::lookup;

#[tokio::test]
async fn what_is_missing_is_named_and_nothing_starts_without_it() {
    let api = Api::start().await;
    let usual = || lookup(api.address, api.folder.path());
    Verifier::builder().from_vars(usual()).unwrap();
    let but = |changed: &'static str, value: Option<&'static str>| {
        let usual = usual();
        move |name: &str| if name == changed { value.map(OsString::from) } else { usual(name) }
    };
    let table = [
        ("RAY_CLUSTER_NAME", None, "RAY_CLUSTER_NAME is not set"),
        ("RAY_CLUSTER_NAME", Some(""), "RAY_CLUSTER_NAME is not set, or blank"),
        ("RAY_CLUSTER_NAME", Some(" \n"), "RAY_CLUSTER_NAME is not set, or blank"),
        ("RAY_CLUSTER_NAMESPACE", None, "RAY_CLUSTER_NAMESPACE is not set"),
        ("RAY_CLUSTER_NAMESPACE", Some(""), "RAY_CLUSTER_NAMESPACE is not set"),
        ("KUBERNETES_SERVICE_HOST", None, "KUBERNETES_SERVICE_HOST is not set"),
        ("KUBERNETES_SERVICE_HOST", Some("a/b"), "not an address"),
        ("KUBERNETES_SERVICE_HOST", Some("user@a"), "not an address"),
        ("KUBERNETES_SERVICE_PORT", None, "KUBERNETES_SERVICE_PORT is not set"),
        ("KUBERNETES_SERVICE_PORT", Some("https"), "not an address"),
        ("KUBERNETES_SERVICE_PORT", Some("65536"), "not an address"),
        ("RAY_AUTH_KUBERNETES_FOLDER", Some("/nowhere"), "/nowhere/ca.crt"),
        ("RAY_AUTH_KUBERNETES_AUDIENCES", Some(" , "), "RAY_AUTH_KUBERNETES_AUDIENCES"),
        ("RAY_AUTH_KUBERNETES_TTL_SECONDS", Some("5m"), "RAY_AUTH_KUBERNETES_TTL_SECONDS"),
        ("RAY_AUTH_KUBERNETES_TTL_SECONDS", Some("301"), "RAY_AUTH_KUBERNETES_TTL_SECONDS"),
        ("RAY_AUTH_KUBERNETES_TTL_SECONDS", Some("-1"), "RAY_AUTH_KUBERNETES_TTL_SECONDS"),
    ];
    for blank in [&[""][..], &[" ", "\t"], &[]] {
        let error = Verifier::builder().audiences(blank.iter().copied()).from_vars(usual()).unwrap_err();
        assert!(matches!(error, StartError::Audiences), "{blank:?}: {error}");
    }
    assert!(matches!(Verifier::builder().verb(" ").from_vars(usual()).unwrap_err(), StartError::Verb));
    for (name, value, expected) in table {
        let error = Verifier::builder().from_vars(but(name, value)).unwrap_err();
        assert!(error.to_string().contains(expected), "{name}={value:?}: {error}");
    }
}

#[tokio::test]
async fn a_file_that_is_missing_or_empty_is_named() {
    for (file, content, expected) in [
        ("ca.crt", None, "ca.crt"),
        ("ca.crt", Some(""), "it is empty"),
        ("ca.crt", Some("no certificate"), "ca.crt"),
        ("token", None, "token"),
        ("token", Some(""), "it is empty"),
        ("token", Some(" \n"), "empty"),
        ("token", Some("no\u{1}token"), "own token"),
        ("namespace", None, "namespace"),
        ("namespace", Some(""), "it is empty"),
    ] {
        let api = Api::start().await;
        let path = api.folder.path().join(file);
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let made = Verifier::builder().from_vars(lookup(api.address, api.folder.path()));
        let Err(error) = made else { panic!("{file} {content:?}: it started") };
        assert!(error.to_string().contains(expected), "{file} {content:?}: {error}");
        assert!(matches!(error, StartError::File { .. } | StartError::Authority { .. } | StartError::Token(_)));
    }
}
