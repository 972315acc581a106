//! Calls without pause, for a while.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tonic::Status;

use super::call::{Answer, Call, Caller, Connection};

/// What came of one window.
pub(super) struct Window {
    /// How long each call took.
    pub(super) latencies: Vec<Duration>,
    /// From the first call's begin to the last one's end.
    pub(super) took: Duration,
}

/// Keeps `in_flight` calls under way, spread over all connections, begins none after `length`, and waits for those under
/// way: the machine works until the last, so the calls divided by the whole time are its pace.
///
/// # Errors
///
/// What the first call to fail failed with; the others were cut off.
pub(super) async fn run<S: Connection>(
    connections: &[S],
    in_flight: usize,
    call: Call,
    answer: Answer,
    length: Duration,
) -> Result<Window, Status> {
    let mut callers = JoinSet::new();
    let began = Instant::now();
    for connection in connections.iter().cycle().take(in_flight) {
        callers.spawn(call_until(began + length, Caller::new(connection.clone()), call, answer));
    }
    // Put together only when the clock has stopped.
    let mut ended = Vec::with_capacity(in_flight);
    while let Some(latencies) = callers.join_next().await {
        ended.push(latencies.map_err(|error| Status::internal(error.to_string()))??);
    }
    Ok(Window { took: began.elapsed(), latencies: ended.concat() })
}

/// One call after the other, each at once after the last, and at least one.
async fn call_until<S: Connection>(
    deadline: Instant,
    mut caller: Caller<S>,
    call: Call,
    answer: Answer,
) -> Result<Vec<Duration>, Status> {
    let mut latencies = Vec::new();
    let mut began = Instant::now();
    loop {
        caller.make(call, answer).await?;
        let ended = Instant::now();
        latencies.push(ended - began);
        if ended >= deadline {
            return Ok(latencies);
        }
        began = ended;
    }
}
