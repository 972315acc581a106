//! The test service with one method of each kind that gRPC knows.

use std::pin::Pin;

use bytes::BytesMut;
use ray_auth::proto::testing::echo_server::{self, EchoServer};
use ray_auth::proto::testing::{EchoMessage, EchoStreamRequest};
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

/// Gives back what it is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Echo;

impl Echo {
    /// Bytes that one client stream may send in all: they stand in one message of the answer.
    pub const MAX_COLLECTED: usize = 4 * 1_024 * 1_024 - 1_024;

    /// The service.
    #[must_use]
    pub fn into_server(self) -> EchoServer<Self> {
        EchoServer::new(self)
    }
}

/// A stream of answers.
type Answers = Pin<Box<dyn Stream<Item = Result<EchoMessage, Status>> + Send>>;

#[tonic::async_trait]
impl echo_server::Echo for Echo {
    async fn unary(&self, request: Request<EchoMessage>) -> Result<Response<EchoMessage>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn client_stream(&self, request: Request<Streaming<EchoMessage>>) -> Result<Response<EchoMessage>, Status> {
        let mut messages = request.into_inner();
        let mut collected = BytesMut::new();
        while let Some(EchoMessage { payload }) = messages.message().await? {
            if collected.len() + payload.len() > Self::MAX_COLLECTED {
                let limit = Self::MAX_COLLECTED;
                return Err(Status::resource_exhausted(format!(
                    "the stream has more than {limit} bytes in all; send less in one stream"
                )));
            }
            collected.extend_from_slice(&payload);
        }
        Ok(Response::new(EchoMessage { payload: collected.freeze() }))
    }

    type ServerStreamStream = Answers;

    async fn server_stream(&self, request: Request<EchoStreamRequest>) -> Result<Response<Answers>, Status> {
        let EchoStreamRequest { payload, count } = request.into_inner();
        // Made one by one as the client takes them, so the count costs nothing.
        let answers = tokio_stream::iter((0..count).map(move |_| Ok(EchoMessage { payload: payload.clone() })));
        Ok(Response::new(Box::pin(answers)))
    }

    type BidiStream = Answers;

    async fn bidi(&self, request: Request<Streaming<EchoMessage>>) -> Result<Response<Answers>, Status> {
        Ok(Response::new(Box::pin(request.into_inner())))
    }
}
