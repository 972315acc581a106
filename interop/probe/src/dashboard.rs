//! A dashboard that browsers log into, with something to read, something to change, and a WebSocket.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, Response};
use axum::routing::{any, get, post};
use axum_tws::{WebSocket, WebSocketUpgrade};
use ray_auth::http::Http;
use ray_auth::{ClusterAuth, Exempt};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A host name that browsers are let in under.
    #[arg(long)]
    allow_host: Vec<String>,
    /// Marks the cookie `Secure`.
    #[arg(long)]
    behind_tls: bool,
    /// Sets the token itself as the cookie.
    #[arg(long)]
    raw_cookie: bool,
}

/// How often something was changed.
type Things = Arc<AtomicU64>;

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let auth = ClusterAuth::from_env()?;
    let router = routes(&auth, settings(arguments)?);
    let mut ended = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    // Browsers keep connections open that they may never use: nobody waits for those.
    tokio::select! {
        served = axum::serve(listener, router) => Ok(served?),
        _ = ended.recv() => Ok(()),
    }
}

fn settings(arguments: &Arguments) -> Result<Http> {
    let mut http = Http::new().with_login_page();
    for name in &arguments.allow_host {
        http = http.allow_host(name)?;
    }
    if arguments.behind_tls {
        http = http.behind_tls();
    }
    if arguments.raw_cookie {
        http = http.dangerous_raw_cookie();
    }
    Ok(http)
}

fn routes(auth: &ClusterAuth, http: Http) -> Router {
    let login = auth.login(http.clone());
    Router::new()
        .route("/", get(async || page("Home")))
        .route("/jobs/{id}", get(async |Path(id): Path<String>| page(&format!("Job {id}"))))
        .route("/api/things", post(add))
        .route("/api/things/count", get(count))
        .route("/ws", any(echo))
        .route_service("/api/authentication_mode", login.clone())
        .route_service("/api/authenticate", login)
        .fallback(async || (StatusCode::NOT_FOUND, page("Nothing here")))
        .layer(auth.require_token().exempt(Exempt::login()).http(http))
        .with_state(Things::default())
}

/// A page with a title, for which browsers ask for no icon. Tests name it: what stands in it is not escaped.
fn page(title: &str) -> Html<String> {
    let head = format!("<title>{title}</title><link rel=\"icon\" href=\"data:,\">");
    Html(format!("<!doctype html><html lang=\"en\">{head}<h1>{title}</h1></html>"))
}

async fn add(State(things): State<Things>) -> String {
    (things.fetch_add(1, Ordering::Relaxed) + 1).to_string()
}

async fn count(State(things): State<Things>) -> String {
    things.load(Ordering::Relaxed).to_string()
}

/// Opening the WebSocket counts as a change: over one, anything may be.
async fn echo(State(things): State<Things>, upgrade: WebSocketUpgrade) -> Response {
    things.fetch_add(1, Ordering::Relaxed);
    upgrade.on_upgrade(answer_each)
}

async fn answer_each(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if message.is_text() && socket.send(message).await.is_err() {
            return;
        }
    }
}
