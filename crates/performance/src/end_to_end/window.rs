//! Calls without pause, for a while.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tonic::Status;

use super::call::{Answer, Call, Caller, Connection, End};

/// What came of one window.
pub(super) struct Window {
    /// How long each call took that was answered.
    pub(super) latencies: Vec<Duration>,
    /// Calls that were lost with their connection, where they may be.
    pub(super) lost: u64,
    /// From the first call's begin to the last one's end.
    pub(super) took: Duration,
}

/// Keeps `in_flight` calls under way, spread over all connections, begins none after `length`, and waits for those under
/// way: the machine works until the last, so the calls divided by the whole time are its pace.
///
/// # Errors
///
/// What the first call to fail failed with, the others were cut off; and when all were lost.
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
    let mut lost = 0;
    while let Some(caller) = callers.join_next().await {
        let (latencies, lost_one) = caller.map_err(|error| Status::internal(error.to_string()))??;
        ended.push(latencies);
        lost += lost_one;
    }
    let (took, latencies) = (began.elapsed(), ended.concat());
    if latencies.is_empty() {
        return Err(Status::unavailable("no connection held for one call"));
    }
    Ok(Window { latencies, lost, took })
}

/// One call after the other, each at once after the last, and at least one: how long each took, and how many were lost.
async fn call_until<S: Connection>(
    deadline: Instant,
    mut caller: Caller<S>,
    call: Call,
    answer: Answer,
) -> Result<(Vec<Duration>, u64), Status> {
    let (mut latencies, mut lost) = (Vec::new(), 0);
    let mut began = Instant::now();
    loop {
        let end = caller.make(call, answer).await?;
        let ended = Instant::now();
        match end {
            End::Answered => latencies.push(ended - began),
            End::Lost => lost += 1,
        }
        if ended >= deadline {
            return Ok((latencies, lost));
        }
        began = ended;
    }
}
