//! HTTP beside gRPC: a body that is cut must not look complete.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use bytes::Bytes;
use h2::Reason;
use h2::client::SendRequest;
use http::{Request, StatusCode};
use ray_auth::RequireTokenLayer;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::support::{OLD, Server, keyring, within};

async fn connect(server: &Server) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (send, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    send
}

fn request(method: &str, path: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(format!("http://localhost{path}"));
    request.header("authorization", format!("Bearer {OLD}")).body(()).unwrap()
}

#[tokio::test]
async fn pages_uploads_and_waiting_requests_end_with_an_error() {
    let keyring = keyring();
    let (chunks, page) = mpsc::unbounded_channel::<Result<Bytes, std::convert::Infallible>>();
    let (told, mut upload) = mpsc::unbounded_channel::<Result<Bytes, String>>();
    let page = Mutex::new(Some(page));
    let page = move || {
        std::future::ready(Body::from_stream(UnboundedReceiverStream::new(page.lock().unwrap().take().unwrap())))
    };
    let page = Arc::new(page);
    let router = Router::new()
        .route("/page", get(move || page()))
        .route("/whole", get(async || "a whole page"))
        .route("/wait", get(async || std::future::pending::<&'static str>().await))
        .route(
            "/upload",
            post(async move |body: Body| {
                let mut chunks = body.into_data_stream();
                tokio::spawn(async move {
                    while let Some(chunk) = chunks.next().await {
                        told.send(chunk.map_err(|error| error.to_string())).unwrap();
                    }
                    told.send(Ok("over".into())).unwrap();
                });
                "taken"
            }),
        )
        .layer(RequireTokenLayer::new(keyring.clone()).close_on_revoke());
    let server = Server::start(|incoming| async move {
        axum::serve(incoming, router).await.unwrap();
    })
    .await;
    let mut client = connect(&server).await;

    let (response, _) = client.send_request(request("GET", "/page"), true).unwrap();
    let mut page = within(response).await.unwrap().into_body();
    chunks.send(Ok("the first part".into())).unwrap();
    assert_eq!(within(page.data()).await.unwrap().unwrap(), "the first part");

    let (response, mut sender) = client.send_request(request("POST", "/upload"), false).unwrap();
    sender.send_data("the first part".into(), false).unwrap();
    let taken = within(response).await.unwrap();
    assert_eq!(within(upload.recv()).await.unwrap().unwrap(), "the first part");

    let (waiting, _) = client.send_request(request("GET", "/wait"), true).unwrap();
    let (whole, _) = client.send_request(request("GET", "/whole"), true).unwrap();
    let whole = within(whole).await.unwrap();

    keyring.retire().unwrap();
    let error = within(page.data()).await.unwrap().unwrap_err();
    assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR), "the page does not look complete");
    let error = within(upload.recv()).await.unwrap().unwrap_err();
    assert!(error.contains("InvalidAuthToken"), "the upload does not look complete: {error}");
    assert_eq!(within(upload.recv()).await.unwrap().unwrap(), "over", "and it is told once");
    let waiting = within(waiting).await.unwrap();
    assert_eq!(waiting.status(), StatusCode::FORBIDDEN);
    assert!(waiting.body().is_end_stream());
    // What was answered before is what it was.
    assert_eq!((taken.status(), whole.status()), (StatusCode::OK, StatusCode::OK));
}
