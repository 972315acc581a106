//! What of a request's body is there before it is sent: one whole message, or something else.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

/// What stands before a gRPC message: a byte that says whether it is compressed, and its length.
const PREFIX: usize = 5;

/// A message in this many pieces is not one that a generated client made, which puts it into one.
const MAX_PIECES: usize = 16;

/// A body that was looked at.
pub(super) enum Looked {
    /// It is one message, and this is all of it.
    Whole(Message),
    /// It is anything else: a stream, too large, or faulty. It gives what the body would have given.
    Other(Body),
}

/// The body of a request of one message.
pub(super) struct Message {
    pieces: Vec<Bytes>,
    /// How many bytes the pieces are.
    len: usize,
    /// How many bytes the body said it has, if it did.
    stated: Option<u64>,
}

/// Takes of `body` what is there, which for a unary call is everything; stops where it has to wait, and where it can no
/// longer be one message of at most `limit` bytes.
pub(super) fn look(mut body: Body, limit: usize) -> Looked {
    let mut message = Message { pieces: Vec::new(), len: 0, stated: body.size_hint().exact() };
    // Nobody is to be woken: if there is nothing yet, the body goes on to a transport that asks again.
    let mut context = Context::from_waker(Waker::noop());
    while message.may_fit(limit) {
        let last = match Pin::new(&mut body).poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    message.push(data);
                    continue;
                }
                Err(trailers) => Some(Ok(trailers)),
            },
            Poll::Ready(Some(Err(error))) => Some(Err(error)),
            Poll::Ready(None) if message.is_whole() => return Looked::Whole(message),
            Poll::Ready(None) => {
                // A body that has ended need not bear to be asked again.
                body = Body::empty();
                None
            }
            Poll::Pending => None,
        };
        return Looked::Other(message.followed_by(last, body));
    }
    Looked::Other(message.followed_by(None, body))
}

impl Message {
    /// The same bytes as a body, as often as asked.
    pub(super) fn to_body(&self) -> Body {
        Body::new(Ahead { frames: self.frames(), rest: Body::empty(), stated: self.stated })
    }

    fn push(&mut self, data: Bytes) {
        self.len = self.len.saturating_add(data.len());
        self.pieces.push(data);
    }

    fn may_fit(&self, limit: usize) -> bool {
        self.pieces.len() < MAX_PIECES && self.announced().is_none_or(|bytes| self.len <= bytes && bytes <= limit)
    }

    fn is_whole(&self) -> bool {
        self.announced() == Some(self.len)
    }

    /// How many bytes the first message has with its prefix, once the prefix is there.
    fn announced(&self) -> Option<usize> {
        let mut prefix = [0; PREFIX];
        let mut bytes = self.pieces.iter().flatten();
        for byte in &mut prefix {
            *byte = *bytes.next()?;
        }
        let [_, length @ ..] = prefix;
        Some(usize::try_from(u32::from_be_bytes(length)).map_or(usize::MAX, |length| length.saturating_add(PREFIX)))
    }

    fn followed_by(self, last: Option<Result<Frame<Bytes>, Status>>, rest: Body) -> Body {
        let mut frames = self.frames();
        frames.extend(last);
        if frames.is_empty() { rest } else { Body::new(Ahead { frames, rest, stated: self.stated }) }
    }

    fn frames(&self) -> VecDeque<Result<Frame<Bytes>, Status>> {
        self.pieces.iter().cloned().map(|data| Ok(Frame::data(data))).collect()
    }
}

/// Frames that were taken from a body, and the rest of it.
struct Ahead {
    frames: VecDeque<Result<Frame<Bytes>, Status>>,
    rest: Body,
    /// The size it states until somebody takes of it: only one that the body stated by itself, since a transport makes a
    /// header of it.
    stated: Option<u64>,
}

impl http_body::Body for Ahead {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.stated = None;
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.stated.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests;
