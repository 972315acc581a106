//! The places where the layer can stand, and the verifiers it can have.

use ray_auth::require::Exempt;
use ray_auth::require::close::CloseOnRevokeLayer;
use ray_auth::verify::AnyVerifier;
use ray_auth::{ClusterAuth, Keyring, RequireTokenLayer};
use tokio::sync::mpsc;
use tonic::service::Routes;
use tower::{Layer, ServiceBuilder};

use super::support::{Calls, NEW, OLD, Seen, Server, Waiting, assert_revoked, at_once, keyring};

fn layer(keyring: &Keyring) -> CloseOnRevokeLayer {
    RequireTokenLayer::new(keyring.clone()).exempt(Exempt::grpc_health()).strict().with_identity().close_on_revoke()
}

/// Calls of the token that leaves end, and those of the one that stays go on.
async fn check(place: &str, keyring: &Keyring, server: Server, mut told: mpsc::UnboundedReceiver<Seen>) {
    let mut stay = Calls::open(server.client(NEW).await, &mut told).await;
    let leave = Calls::open(server.client(OLD).await, &mut told).await;
    keyring.retire().unwrap();
    assert_revoked(place, leave.ends().await);
    stay.echo().await;
    assert!(stay.are_open(), "{place}");
}

#[tokio::test]
async fn around_one_service() {
    let keyring = keyring();
    let (service, told) = Waiting::new();
    let service = layer(&keyring).layer(service);
    let server = Server::start(|incoming| async move {
        tonic::transport::Server::builder().add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    });
    check("service", &keyring, server.await, told).await;
}

#[tokio::test]
async fn around_routes_and_within_a_service_builder() {
    let keyring = keyring();
    let (service, told) = Waiting::new();
    let layer = ServiceBuilder::new().layer(layer(&keyring));
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        server.add_routes(Routes::new(service)).serve_with_incoming(at_once(incoming)).await.unwrap();
    });
    check("routes", &keyring, server.await, told).await;
}

#[tokio::test]
async fn around_an_axum_router() {
    let keyring = keyring();
    let (service, told) = Waiting::new();
    let router = Routes::new(service).into_axum_router().layer(layer(&keyring));
    let server = Server::start(|incoming| async move {
        axum::serve(incoming, router).await.unwrap();
    });
    check("axum", &keyring, server.await, told).await;
}

#[tokio::test]
async fn inside_a_layer_that_only_judges_when_calls_open() {
    let keyring = keyring();
    let (service, told) = Waiting::new();
    let outside = RequireTokenLayer::new(keyring.clone());
    let layers = ServiceBuilder::new().layer(outside).layer(layer(&keyring));
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layers);
        server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    });
    check("inside", &keyring, server.await, told).await;
}

#[tokio::test]
async fn around_a_whole_server_with_a_verifier_of_any_kind_that_asks_a_keyring() {
    type Make = fn(&Keyring) -> RequireTokenLayer<AnyVerifier>;
    let makes: [(&str, Make); 3] = [
        ("ClusterAuth", |keyring| ClusterAuth::with_keyring(keyring.clone()).require_token()),
        ("a keyring", |keyring| RequireTokenLayer::new(AnyVerifier::from(keyring.clone()))),
        ("a verifier of one's own", |keyring| {
            RequireTokenLayer::new(AnyVerifier::new(keyring.clone())).with_identity()
        }),
    ];
    for (name, make) in makes {
        let keyring = keyring();
        let (service, told) = Waiting::new();
        let layer = make(&keyring).close_on_revoke();
        let server = Server::start(|incoming| async move {
            let mut server = tonic::transport::Server::builder().layer(layer);
            server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
        });
        check(name, &keyring, server.await, told).await;
    }
}
