//! What it takes to ask a process for its status, over loopback and in the tool's way: a connection of its own, once
//! without a token, and once with it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ray_auth::status::{AskError, ask};
use ray_auth::{AddTokenLayer, ClusterAuth, Keyring, Token};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tower_layer::Layer;

use super::plan::ASK_S;
use crate::data::scale::CheckRow;

/// Questions.
const ASKS: u32 = 200;
/// How far the time may be from what the simulation reckons with: others share the machine.
const TOLERANCE: f64 = 4.0;

/// The time of one, of both sides together: an upper bound of what the tool's side takes.
///
/// # Errors
///
/// When there is no loopback, and when an answer is wrong.
pub(crate) fn measure() -> Result<Duration> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(ask_all())
}

/// What the simulation reckons with, against that.
pub(crate) fn check(took: Duration, optimized: bool) -> CheckRow {
    let (modelled, measured) = (ASK_S * 1_000.0, took.as_secs_f64() * 1_000.0);
    let (low, high) = (modelled / TOLERANCE, modelled * TOLERANCE);
    CheckRow {
        what: "time to ask one process".to_owned(),
        unit: "ms".to_owned(),
        modelled,
        measured,
        low,
        high,
        holds: !optimized || (low..=high).contains(&measured),
    }
}

async fn ask_all() -> Result<Duration> {
    let auth = ClusterAuth::with_keyring(Keyring::new(Token::generate()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::builder()
        .layer(auth.require_token())
        .add_service(auth.status_service())
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), async {
            // Also when the sender is gone.
            let _ = stopped.await;
        });
    let server = tokio::spawn(server);
    let begun = Instant::now();
    for _ in 0..ASKS {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
        let without = ask(AddTokenLayer::disabled().layer(channel.clone())).await;
        ensure!(matches!(without, Err(AskError::Refused)), "a process told its status without a token");
        ask(auth.add_token().layer(channel)).await?;
    }
    let took = begun.elapsed() / ASKS;
    drop(stop);
    server.await??;
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_asked_over_loopback() {
        assert!(measure().unwrap() > Duration::ZERO);
    }

    #[test]
    fn the_time_of_a_question_is_checked_where_it_is_that_of_the_tool() {
        let micros = Duration::from_micros;
        let table =
            [(300, true, true), (1_100, true, true), (1_300, true, false), (70, true, false), (9_000, false, true)];
        for (took, optimized, holds) in table {
            assert_eq!(check(micros(took), optimized).holds, holds, "{took} us, optimized: {optimized}");
        }
    }
}
