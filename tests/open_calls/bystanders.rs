//! Calls that no token let in: there is nothing that could be retired.

use ray_auth::require::Exempt;
use ray_auth::verify::{AnyVerifier, Call, Identity, Verdict, Verify};
use ray_auth::{ClusterAuth, Rejection, RequireTokenLayer};

use super::support::{Calls, Client, NEW, OLD, Server, Waiting, assert_revoked, at_once, keyring};

const SERVICE: &str = "/ray_auth.testing.v1.Echo";

fn everything() -> Exempt {
    ["Unary", "ClientStream", "ServerStream", "Bidi"]
        .into_iter()
        .fold(Exempt::none(), |exempt, method| exempt.and(Exempt::path(format!("{SERVICE}/{method}")).unwrap()))
}

#[tokio::test]
async fn calls_on_exempt_paths_go_on_unless_a_token_let_them_in() {
    let keyring = keyring();
    let layer = RequireTokenLayer::new(keyring.clone()).exempt(everything()).close_on_revoke();
    let (service, mut told) = Waiting::new();
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    })
    .await;
    let mut without = Calls::open(server.stranger().await, &mut told).await;
    let mut wrong = Calls::open(server.client("some-other-token").await, &mut told).await;
    let with = Calls::open(server.client(OLD).await, &mut told).await;
    keyring.retire().unwrap();
    assert_revoked("exempt, with the token", with.ends().await);
    without.echo().await;
    wrong.echo().await;
    assert!(without.are_open() && wrong.are_open());
}

#[tokio::test]
async fn disabled_authentication_ends_nothing() {
    let layer = ClusterAuth::disabled().require_token().close_on_revoke();
    let (service, mut told) = Waiting::new();
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    })
    .await;
    let mut calls = Calls::open(server.stranger().await, &mut told).await;
    calls.echo().await;
    assert!(calls.are_open());
}

/// Knows the holder of one token by name, without a keyring.
struct Named;

impl Verify for Named {
    fn verify(&self, call: Call<'_>) -> Verdict {
        Verdict::Now(match call.credential().token() {
            token if token == OLD.as_bytes() => Ok(Identity::user("ada")),
            _ => Err(Rejection::WrongToken),
        })
    }
}

#[tokio::test]
async fn calls_that_another_verifier_let_in_go_on_and_it_refuses_as_before() {
    let keyring = keyring();
    let auth = ClusterAuth::with_keyring(keyring.clone());
    let layers = [
        auth.require(Named).close_on_revoke(),
        RequireTokenLayer::new(AnyVerifier::new(Named)).with_identity().close_on_revoke(),
    ];
    for layer in layers {
        let (service, mut told) = Waiting::new();
        let server = Server::start(|incoming| async move {
            let mut server = tonic::transport::Server::builder().layer(layer);
            server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
        })
        .await;
        let mut calls = Calls::open(server.client(OLD).await, &mut told).await;
        // Nothing of this keyring concerns them.
        let _ = keyring.retire();
        calls.echo().await;
        assert!(calls.are_open());
        assert_refused(server.client(NEW).await).await;
    }
}

async fn assert_refused(mut client: Client) {
    let status = client.unary(super::support::message()).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (tonic::Code::Unauthenticated, super::support::MESSAGE));
}
