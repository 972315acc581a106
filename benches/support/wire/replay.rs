//! A client that sends what was recorded: it does the same for each call, so that what differs is the server's work.

use std::time::Duration;

use ray_auth_testing::raw_http2::{Connection, Handshake};

use super::connection;
use super::recording::Call;
use super::sender::Sender;

/// On a clock that stands still, which goes on when nothing else can happen: when the server would never answer.
const BOUND: Duration = Duration::from_secs(5);

/// Sends `first`, and then `later` on one stream after the other, until there were `calls` of them. The server lets each in.
pub(crate) fn replay(sender: Sender, first: &Call, later: &Call, calls: u64) {
    connection::run(async {
        let io = connection::serve(sender);
        let mut client = Connection::over(io, Handshake::Complete, BOUND).await.expect("the server speaks HTTP/2");
        let (mut first, mut later) = (Ready::new(first), Ready::new(later));
        for number in 0..calls {
            let call = if number == 0 { &mut first } else { &mut later };
            let stream = client.reserve_stream();
            client.send_raw(call.on(stream)).await.expect("the server reads");
            let outcome = client.outcome_when(stream, BOUND, |response| response.ended).await;
            let status = outcome.expect("the server speaks HTTP/2").grpc_status();
            assert_eq!(status, Some(0), "a call is let in");
        }
    });
}

/// A call ready to be sent, so that sending a longer one takes no more than a longer copy.
struct Ready {
    bytes: Vec<u8>,
    /// Where the frames begin.
    frames: Vec<usize>,
}

impl Ready {
    fn new(call: &Call) -> Self {
        let mut ready = Self { bytes: Vec::new(), frames: Vec::new() };
        for frame in call.frames() {
            ready.frames.push(ready.bytes.len());
            ready.bytes.extend(frame.encode());
        }
        ready
    }

    /// The bytes on this stream, whose number ends the nine bytes with which a frame begins.
    fn on(&mut self, stream: u32) -> &[u8] {
        for begin in &self.frames {
            self.bytes[begin + 5..begin + 9].copy_from_slice(&stream.to_be_bytes());
        }
        &self.bytes
    }
}
