//! All kinds of call, with a token that leaves and one that stays.

use std::collections::HashSet;

use ray_auth::keyring::{KeyringError, Step};
use ray_auth::token::TokenSet;
use ray_auth::{Keyring, RequireTokenLayer};
use tonic::Code;

use super::support::{
    Calls, NEW, OLD, Seen, Server, Waiting, assert_revoked, at_once, keyring, token, wait_for, within,
};

type Leave = fn(&Keyring) -> Result<Step, KeyringError>;

/// Every way out of a keyring.
const WAYS: [(&str, Leave); 3] = [
    ("retire", Keyring::retire),
    ("replace", |keyring| keyring.replace(TokenSet::new(token(NEW)))),
    ("dangerous_replace", |keyring| keyring.dangerous_replace(TokenSet::new(token(NEW)))),
];

#[tokio::test]
async fn every_kind_of_call_ends_when_its_token_leaves_and_no_other_call_does() {
    for (way, leave) in WAYS {
        let keyring = keyring();
        let layer = RequireTokenLayer::new(keyring.clone()).close_on_revoke();
        let (service, mut told) = Waiting::new();
        let server = Server::start(|incoming| async move {
            let mut server = tonic::transport::Server::builder().layer(layer);
            server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
        })
        .await;
        let mut others = Calls::open(server.client(NEW).await, &mut told).await;
        let calls = Calls::open(server.client(OLD).await, &mut told).await;

        assert_eq!(leave(&keyring), Ok(Step::Done));
        assert_revoked(way, calls.ends().await);
        // The requests ended with an error, and nothing is left of the handlers.
        let mut expected: HashSet<_> = [
            Seen::Request("client stream", Some(Code::Unauthenticated)),
            Seen::Request("bidi", Some(Code::Unauthenticated)),
            Seen::Dropped("unary"),
            Seen::Dropped("client stream"),
            Seen::Dropped("server stream"),
            Seen::Dropped("bidi"),
        ]
        .into();
        while !expected.is_empty() {
            let seen = within(told.recv()).await.unwrap();
            if matches!(seen, Seen::Opened(_)) {
                continue;
            }
            assert!(expected.remove(&seen), "{way}: {seen:?} of nobody, or twice");
        }

        others.echo().await;
        assert!(others.are_open(), "{way}: a call of the other token ended");
    }
}

#[tokio::test]
async fn a_staged_token_that_is_given_up_ends_its_calls_too() {
    let keyring = Keyring::new(token(NEW));
    keyring.stage(token(OLD)).unwrap();
    let layer = RequireTokenLayer::new(keyring.clone()).close_on_revoke();
    let (service, mut told) = Waiting::new();
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    })
    .await;
    let calls = Calls::open(server.client(OLD).await, &mut told).await;
    keyring.abort().unwrap();
    assert_revoked("abort", calls.ends().await);
}

#[tokio::test]
async fn calls_live_on_through_every_step_that_keeps_their_token() {
    let keyring = Keyring::new(token(OLD));
    let layer = RequireTokenLayer::new(keyring.clone()).close_on_revoke();
    let (service, mut told) = Waiting::new();
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    })
    .await;
    let mut calls = Calls::open(server.client(OLD).await, &mut told).await;
    keyring.stage(token(NEW)).unwrap();
    calls.echo().await;
    keyring.promote().unwrap();
    calls.echo().await;
    assert!(calls.are_open());
    keyring.retire().unwrap();
    assert_revoked("retire", calls.ends().await);
}

#[tokio::test]
async fn a_token_that_is_staged_again_does_not_bring_its_calls_back() {
    let keyring = keyring();
    let layer = RequireTokenLayer::new(keyring.clone()).close_on_revoke();
    let (service, mut told) = Waiting::new();
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    })
    .await;
    let before = Calls::open(server.client(OLD).await, &mut told).await;
    keyring.retire().unwrap();
    keyring.stage(token(OLD)).unwrap();
    wait_for(&mut told, Seen::Dropped("bidi")).await;
    let mut after = Calls::open(server.client(OLD).await, &mut told).await;
    assert_revoked("before", before.ends().await);
    after.echo().await;
    assert!(after.are_open(), "its second time is not its first");
    keyring.abort().unwrap();
    assert_revoked("after", after.ends().await);
}
