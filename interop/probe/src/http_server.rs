//! A server that speaks HTTP as Ray's dashboard, or its agent, does: all that is let in is answered `let in`.

use std::io::Write;

use anyhow::Result;
use axum::Router;
use ray_auth::http::Http;
use ray_auth::{ClusterAuth, Exempt};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Opens what the agent opens, without login, instead of what the dashboard opens.
    #[arg(long)]
    agent: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let auth = ClusterAuth::from_env()?;
    let exempt = if arguments.agent { Exempt::ray_agent() } else { Exempt::ray_dashboard() };
    let mut router = Router::new().fallback(async || "let in");
    if !arguments.agent {
        let login = auth.login(Http::new());
        router =
            router.route_service("/api/authentication_mode", login.clone()).route_service("/api/authenticate", login);
    }
    let router = router.layer(auth.require_token().exempt(exempt).http(Http::new()));
    let mut ended = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    // Connections that clients keep open are of no interest at the end.
    tokio::select! {
        served = axum::serve(listener, router) => Ok(served?),
        _ = ended.recv() => Ok(()),
    }
}
