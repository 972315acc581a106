//! What tonic's client sends, recorded on its way to the server.

use std::sync::{Arc, Mutex, PoisonError};

use ray_auth_testing::raw_http2::{Frame, FrameBuffer, PREFACE, flags, kind};
use tokio_util::io::InspectWriter;

use super::connection;
use super::sender::Sender;

/// One call: the frames that the client sent on its stream.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) headers: Frame,
    /// The message, and the end of the stream.
    pub(crate) data: Vec<Frame>,
}

impl Call {
    pub(crate) fn frames(&self) -> impl Iterator<Item = &Frame> {
        std::iter::once(&self.headers).chain(&self.data)
    }
}

/// The first `calls` calls of a connection.
pub(crate) fn record(sender: Sender, calls: u64) -> Vec<Call> {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&sent);
    connection::run(async move {
        let io = InspectWriter::new(connection::serve(sender), move |bytes: &[u8]| {
            keep.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        });
        connection::call(sender, calls, io).await;
    });
    let sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
    let calls_seen = cut(&sent);
    assert_eq!(calls_seen.len() as u64, calls, "each call has its frames");
    calls_seen
}

/// The calls in what a client sent, which made one after the other.
fn cut(sent: &[u8]) -> Vec<Call> {
    let mut buffer = FrameBuffer::default();
    buffer.push(sent.strip_prefix(PREFACE).expect("a client begins with the preface"));
    let mut calls: Vec<Call> = Vec::new();
    while let Some(frame) = buffer.next_frame().expect("a client's frames are within the limit") {
        match frame.kind {
            kind::HEADERS => {
                assert_eq!(frame.flags, flags::END_HEADERS, "the frame has the whole block, and nothing beside it");
                calls.push(Call { headers: frame, data: Vec::new() });
            }
            kind::DATA => {
                let call = calls.last_mut().expect("headers come first");
                assert_eq!(frame.stream, call.headers.stream, "one call is over before the next");
                call.data.push(frame);
            }
            kind::CONTINUATION => panic!("the headers of a call are in one frame"),
            // SETTINGS and their like, which belong to no call.
            _ => {}
        }
    }
    calls
}
