//! A rotation as the processes report it.

use std::time::{Duration, SystemTime};

use ray_auth::keyring::Role;
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::status::SourceReport;
use ray_auth::{AuthMode, ClusterAuth, Keyring, Token};

use super::support::{Process, tokens};

#[tokio::test]
async fn each_step_is_told_with_the_counts_of_each_token() {
    let (old, new) = (Token::generate(), Token::generate());
    let (was, is) = (old.fingerprint().to_string(), new.fingerprint().to_string());
    let keyring = Keyring::new(old.clone());
    let process = Process::start(&ClusterAuth::with_keyring(keyring.clone())).await;

    // The call that asks is counted as well, before it is answered.
    let status = process.ask(Some(&old)).await.unwrap();
    assert_eq!(status.mode, AuthMode::Token);
    let report = status.keyring.as_ref().unwrap();
    assert_eq!((report.generation, &report.source), (1, &SourceReport::Program));
    assert_eq!(tokens(&status), [(was.clone(), Role::Primary, 1)]);

    keyring.stage(new.clone()).unwrap();
    let status = process.ask(Some(&old)).await.unwrap();
    assert_eq!(status.keyring.as_ref().unwrap().generation, 2);
    assert_eq!(tokens(&status), [(was.clone(), Role::Primary, 2), (is.clone(), Role::Next, 0)]);
    assert_eq!((status.role_of(&was), status.role_of(&is)), (Some(Role::Primary), Some(Role::Next)));

    let mut client = EchoClient::new(process.channel(Some(&new)).await);
    for _ in 0..5 {
        client.unary(EchoMessage::default()).await.unwrap();
    }
    keyring.promote().unwrap();
    let status = process.ask(Some(&new)).await.unwrap();
    assert_eq!(tokens(&status), [(is.clone(), Role::Primary, 6), (was.clone(), Role::Accepted, 2)]);

    keyring.retire().unwrap();
    let status = process.ask(Some(&new)).await.unwrap();
    assert_eq!(status.keyring.as_ref().unwrap().generation, 4);
    assert_eq!(tokens(&status), [(is, Role::Primary, 7)]);
    assert_eq!(status.role_of(&was), None);
}

#[tokio::test]
async fn a_token_is_seen_when_it_was_used_and_never_otherwise() {
    let (one, other) = (Token::generate(), Token::generate());
    let keyring = Keyring::new(one.clone());
    keyring.stage(other.clone()).unwrap();
    let process = Process::start(&ClusterAuth::with_keyring(keyring)).await;
    let before = SystemTime::now();
    let status = process.ask(Some(&one)).await.unwrap();
    let [used, unused] = status.tokens() else { panic!("{status:?}") };
    let seen = used.last_seen.expect("asking is a call, too");
    // The wire has milliseconds.
    assert!(seen.at + Duration::from_millis(1) >= before && seen.at <= SystemTime::now(), "{seen:?}");
    assert!(seen.age <= before.elapsed().unwrap(), "{seen:?}");
    assert_eq!(unused.last_seen, None);
    assert!(unused.watched <= status.uptime && status.uptime < Duration::from_secs(60), "{status:?}");

    let later = process.ask(Some(&other)).await.unwrap();
    let [earlier, now] = later.tokens() else { panic!("{later:?}") };
    assert_eq!(earlier.last_seen.unwrap().at, seen.at, "it was not used since");
    assert!(now.last_seen.unwrap().at >= seen.at);
    assert!(later.uptime >= status.uptime);
}

#[tokio::test]
async fn a_weak_token_is_named_by_its_place() {
    let weak = Token::parse("hunter2").unwrap();
    let keyring = Keyring::new(weak.clone());
    keyring.stage(Token::parse("hunter3").unwrap()).unwrap();
    let process = Process::start(&ClusterAuth::with_keyring(keyring)).await;
    let status = process.ask(Some(&weak)).await.unwrap();
    let shown: Vec<_> = status.tokens().iter().map(|token| (token.label.as_str(), token.weak)).collect();
    assert_eq!(shown, [("weak-primary", true), ("weak-2", true)]);
    let fingerprint = weak.fingerprint().to_string();
    assert!(!format!("{status:?}").contains(&fingerprint));
}
