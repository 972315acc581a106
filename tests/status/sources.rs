//! Where the tokens come from, and what is wrong there.

use std::ffi::OsString;
use std::fs;

use ray_auth::status::SourceReport;
use ray_auth::{AuthMode, ClusterAuth, Token};

use super::support::{Process, until};

fn from_vars(vars: &[(&str, OsString)]) -> ClusterAuth {
    let lookup = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    ClusterAuth::builder().from_vars(lookup).unwrap()
}

#[tokio::test]
async fn a_variable_is_told_to_be_static() {
    let token = Token::generate();
    let process = Process::start(&from_vars(&[("RAY_AUTH_TOKEN", token.expose_secret().into())])).await;
    let status = process.ask(Some(&token)).await.unwrap();
    let source = status.keyring.unwrap().source;
    assert_eq!(source.to_string(), "RAY_AUTH_TOKEN (static: rotates only by restart)");
    assert!(matches!(source, SourceReport::Static { .. }));
}

#[tokio::test]
async fn a_file_is_told_with_its_reloads_and_with_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let (first, second) = (Token::generate(), Token::generate());
    fs::write(&path, first.expose_secret()).unwrap();
    let auth = from_vars(&[("RAY_AUTH_TOKEN_PATH", path.clone().into())]);
    let process = Process::start(&auth).await;
    let ask = async |token: &Token| {
        let keyring = process.ask(Some(token)).await.unwrap().keyring.unwrap();
        let text = keyring.source.to_string();
        let SourceReport::Followed { last_reload, reloads, failures, error, .. } = keyring.source else {
            panic!("{text} is not followed")
        };
        (text, keyring.generation, last_reload, reloads, failures, error)
    };

    let (text, generation, read, reloads, failures, error) = ask(&first).await;
    assert_eq!(text, format!("the file {path:?} named by RAY_AUTH_TOKEN_PATH (followed)"));
    assert_eq!((generation, reloads, failures, error), (1, 0, 0, None));

    // The watch of the process knows when a change has arrived; the service tells the same.
    let watch = auth.watch_usage();
    let followed = |is: fn(u64, u64, bool) -> bool| match watch.status().keyring.unwrap().source {
        SourceReport::Followed { reloads, failures, error, .. } => is(reloads, failures, error.is_some()),
        other => panic!("{other} is not followed"),
    };
    fs::remove_file(&path).unwrap();
    until("the fault", || followed(|_, failures, fault| failures == 1 && fault));
    let (_, generation, since, reloads, failures, error) = ask(&first).await;
    assert_eq!((generation, reloads, failures), (1, 0, 1));
    assert_eq!(since.at, read.at, "the last good tokens are as old as they were");
    assert!(since.age >= read.age);
    assert!(error.unwrap().contains("it does not exist"));

    fs::write(folder.path().join("new"), second.expose_secret()).unwrap();
    fs::rename(folder.path().join("new"), &path).unwrap();
    until("the mend", || followed(|reloads, _, fault| reloads == 1 && !fault));
    let (_, generation, since, reloads, failures, error) = ask(&second).await;
    assert_eq!((generation, reloads, failures, error), (2, 1, 1, None));
    assert!(since.at >= read.at);
}

#[tokio::test]
async fn a_process_without_authentication_tells_so_to_everybody() {
    let process = Process::start(&from_vars(&[("RAY_AUTH_MODE", "disabled".into())])).await;
    let status = process.ask(None).await.unwrap();
    assert_eq!((status.mode, &status.keyring), (AuthMode::Disabled, &None));
    assert!(status.tokens().is_empty());
}

#[test]
fn in_kubernetes_mode_the_token_is_attached_and_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, Token::generate().expose_secret()).unwrap();
    let auth = from_vars(&[("RAY_ENABLE_K8S_TOKEN_AUTH", "true".into()), ("RAY_AUTH_TOKEN_PATH", path.into())]);
    let status = auth.watch_usage().status();
    assert_eq!(status.mode, AuthMode::Kubernetes);
    assert_eq!(status.tokens()[0].accepted_calls, 0);
}
