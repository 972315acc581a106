//! `secret`: what stands in the manifest, and that the token stands nowhere else.

use serde_json::Value;

use crate::support::{Ran, Tool};

async fn secret(args: &[&str]) -> Ran {
    // What would be a token for every other command is none of this one's concern.
    let tool = Tool::new().var("RAY_AUTH_TOKEN", "another").var("RAY_AUTH_LOG", "trace");
    tool.run(&[&["secret", "--name", "ray-token", "--namespace", "ray"], args].concat()).await
}

fn is_token(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[tokio::test]
async fn a_manifest_with_two_keys_and_one_fresh_token() {
    let ran = secret(&[]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let token = ran.stdout.split('"').find(|part| is_token(part)).unwrap();
    let expected = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"ray-token\"\n  namespace: \"ray\"\ntype: Opaque\nstringData:\n  \
         \"auth_token\": \"{token}\"\n  \"keyring\": \"{token}\"\n"
    );
    assert_eq!(ran.stdout, expected);
    assert!(!secret(&[]).await.stdout.contains(token), "the same token twice");
}

#[tokio::test]
async fn the_same_as_json() {
    let ran = secret(&["--json"]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let manifest: Value = serde_json::from_str(&ran.stdout).unwrap();
    let token = manifest["stringData"]["auth_token"].as_str().unwrap();
    assert!(is_token(token));
    let expected = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "ray-token", "namespace": "ray" },
        "type": "Opaque",
        "stringData": { "auth_token": token, "keyring": token },
    });
    assert_eq!(manifest, expected);
}

#[tokio::test]
async fn other_keys_in_place_of_the_two() {
    let ran = secret(&["--json", "--key", "token", "--key", "tls.extra"]).await;
    let manifest: Value = serde_json::from_str(&ran.stdout).unwrap();
    let data = manifest["stringData"].as_object().unwrap();
    assert_eq!(data.keys().collect::<Vec<_>>(), ["tls.extra", "token"]);
    assert_eq!(data["token"], data["tls.extra"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn on_a_terminal_it_says_that_this_is_a_secret() {
    use std::fs::File;
    use std::io::Read;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let path = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let screen = File::options().read(true).write(true).open(path).unwrap();
    let tool = Tool::new();
    let mut command = tool.command(&["secret", "--name", "ray-token", "--namespace", "ray"]);
    let ran = crate::support::end(command.stdout(screen).spawn().unwrap()).await;
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.starts_with("warning: this shows a secret"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("pipe it to `kubectl create -f -` instead\n"), "{}", ran.stderr);
    let mut shown = [0; 4_096];
    let length = File::from(terminal).read(&mut shown).unwrap();
    assert!(shown[..length].starts_with(b"apiVersion: v1\r\nkind: Secret\r\n"));
}
