//! The places where the server layer can stand, and what each of them protects.

use axum::Router;
use axum::routing::get;
use ray_auth::require::Exempt;
use ray_auth::verify::AnyVerifier;
use ray_auth::{ClusterAuth, RequireTokenLayer};
use ray_auth_gcs::Echo;
use ray_auth_testing::raw_http2::{Outcome, Request, ask};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tower::{Layer, ServiceBuilder};

use super::support::{BOUND, SECRET, Server, keyring};

const ECHO: &str = "/ray_auth.testing.v1.Echo/Unary";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const UNKNOWN_METHOD: &str = "/ray_auth.testing.v1.Echo/Nope";
const UNKNOWN_SERVICE: &str = "/no.such.Service/Method";
const REFLECTION: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

fn layer() -> RequireTokenLayer {
    RequireTokenLayer::new(keyring()).exempt(Exempt::grpc_health())
}

fn health() -> tonic_health::pb::health_server::HealthServer<impl tonic_health::pb::health_server::Health> {
    tonic_health::server::health_reporter().1
}

async fn serve_axum(incoming: TcpListenerStream, router: Router) {
    axum::serve(incoming.into_inner(), router).await.unwrap();
}

/// The gRPC status of a call to `path`, with the right token or none.
async fn status(server: &Server, path: &str, token: bool) -> Option<u32> {
    let mut request = Request::grpc(path).message(b"");
    if token {
        request = request.add("authorization", format!("Bearer {SECRET}"));
    }
    let outcome = ask(server.address, &request, BOUND).await.unwrap();
    if let (Some(16), Outcome::Response(response)) = (outcome.grpc_status(), &outcome) {
        assert!(response.end_stream_on_first_headers, "{path}: a refusal is nothing but headers");
        assert_eq!(response.header("content-type"), Some(&b"application/grpc"[..]), "{path}");
    }
    outcome.grpc_status()
}

/// Checks rows of path, status without a token, status with it.
async fn check(place: &str, server: Server, rows: &[(&str, u32, u32)]) {
    for (path, without, with) in rows {
        assert_eq!(status(&server, path, false).await, Some(*without), "{place}: {path} without a token");
        assert_eq!(status(&server, path, true).await, Some(*with), "{place}: {path} with the token");
    }
}

/// What a layer around everything gives: authentication comes before routing.
const WHOLE: &[(&str, u32, u32)] =
    &[(ECHO, 16, 0), (UNKNOWN_METHOD, 16, 12), (UNKNOWN_SERVICE, 16, 12), (REFLECTION, 16, 12), (HEALTH, 0, 0)];

#[tokio::test]
async fn around_a_whole_server() {
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer());
        server.add_service(Echo.into_server()).add_service(health()).serve_with_incoming(incoming).await.unwrap();
    });
    check("server", server.await, WHOLE).await;
}

#[tokio::test]
async fn around_a_whole_server_with_a_verifier_of_any_kind() {
    for layer in [
        ClusterAuth::with_keyring(keyring()).require_token().exempt(Exempt::grpc_health()),
        RequireTokenLayer::new(AnyVerifier::from(keyring())).exempt(Exempt::grpc_health()),
        RequireTokenLayer::new(AnyVerifier::new(keyring())).exempt(Exempt::grpc_health()),
    ] {
        let server = Server::start(|incoming| async move {
            let mut server = tonic::transport::Server::builder().layer(layer);
            server.add_service(Echo.into_server()).add_service(health()).serve_with_incoming(incoming).await.unwrap();
        });
        check("any verifier", server.await, WHOLE).await;
    }
}

#[tokio::test]
async fn around_one_service_the_router_answers_for_unknown_services_first() {
    let server = Server::start(|incoming| async move {
        let service = layer().layer(Echo.into_server());
        let server = tonic::transport::Server::builder().add_service(service).add_service(health());
        server.serve_with_incoming(incoming).await.unwrap();
    });
    let rows = [(ECHO, 16, 0), (UNKNOWN_METHOD, 16, 12), (UNKNOWN_SERVICE, 12, 12), (HEALTH, 0, 0)];
    check("one service", server.await, &rows).await;
}

#[tokio::test]
async fn around_routes_and_within_a_service_builder() {
    let server = Server::start(|incoming| async move {
        let routes = Routes::new(Echo.into_server()).add_service(health());
        let layer = ServiceBuilder::new().layer(layer());
        tonic::transport::Server::builder()
            .layer(layer)
            .add_routes(routes)
            .serve_with_incoming(incoming)
            .await
            .unwrap();
    });
    check("routes", server.await, WHOLE).await;
}

#[tokio::test]
async fn around_an_axum_router() {
    let server = Server::start(|incoming| async move {
        let routes = Routes::new(Echo.into_server()).add_service(health()).into_axum_router();
        let router = Router::new().route("/page", get(async || "page")).merge(routes);
        serve_axum(incoming, router.layer(layer())).await;
    });
    let server = server.await;
    assert_eq!(status(&server, "/page", false).await, Some(16), "a plain HTTP route is behind the layer, too");
    // axum's `Router::layer` stands around routes and the fallback that the routes brought with them.
    check("axum", server, WHOLE).await;
}

#[tokio::test]
async fn inside_a_nest_the_layer_sees_the_path_without_its_prefix() {
    let nested = |outside: bool| async move {
        Server::start(move |incoming| async move {
            let routes = || Routes::new(Echo.into_server()).add_service(health()).into_axum_router();
            let router = if outside {
                Router::new().nest("/cluster", routes()).layer(layer())
            } else {
                Router::new().nest("/cluster", routes().layer(layer()))
            };
            serve_axum(incoming, router).await;
        })
        .await
    };
    let (echo, health) = (format!("/cluster{ECHO}"), format!("/cluster{HEALTH}"));
    // Inside, the exemption is for the stripped path, so the nested health service is open.
    check("inside", nested(false).await, &[(&echo, 16, 0), (&health, 0, 0)]).await;
    // Outside, only the whole path counts, so it is not.
    check("outside", nested(true).await, &[(&echo, 16, 0), (&health, 16, 0)]).await;
}

#[tokio::test]
async fn exemptions_hold_for_the_exact_path_only_on_the_wire_too() {
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer());
        server.add_service(Echo.into_server()).add_service(health()).serve_with_incoming(incoming).await.unwrap();
    })
    .await;
    for path in [
        "//grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health//Check",
        "/grpc.health.v1.Health/Check/",
        "/grpc.health.v1.Health%2fCheck",
        "/grpc.health.v1.Health/%43heck",
        "/grpc.health.v1.Health/./Check",
        "/grpc.health.v1.Health/Check/../../ray_auth.testing.v1.Echo/Unary",
        "/./grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/CHECK",
        "/GRPC.HEALTH.V1.Health/Check",
        "/ray_auth.testing.v1.Echo/Unary?/grpc.health.v1.Health/Check",
        "/ray_auth.testing.v1.Echo/Unary;/grpc.health.v1.Health/Check",
    ] {
        assert_eq!(status(&server, path, false).await, Some(16), "{path}");
    }
}
