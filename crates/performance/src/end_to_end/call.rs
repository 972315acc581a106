//! One call, and whether its answer is right.

use std::error::Error as _;

use ray_auth::proto::CheckAliveRequest;
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::StdError;
use tonic::{Code, Status};

use super::arguments::Kind;

/// Bytes of a message.
const PAYLOAD: usize = 64;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A method of the test service.
    Echo(Kind),
    /// A unary method that Ray's GCS has, too.
    CheckAlive,
}

/// What the answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Given,
    /// The token is wrong.
    Refused,
}

/// How a call ended that may end so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Answered,
    /// With its connection, which only refused calls may: h2 0.4.20 counts each small message that comes when its call has
    /// been refused already, for good, and ends the connection with ENHANCE_YOUR_CALM (`too_many_data_frames`) at about
    /// 2,000, whoever refused. The channel makes another.
    Lost,
}

/// A connection, bare or with the client layer around it.
pub(super) trait Connection:
    GrpcService<Body, ResponseBody = Body, Error: Into<StdError>, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<S> Connection for S where
    S: GrpcService<Body, ResponseBody = Body, Error: Into<StdError>, Future: Send> + Clone + Send + Sync + 'static
{
}

/// Makes calls on one connection, one at a time.
pub(super) struct Caller<S> {
    echo: EchoClient<S>,
    gcs: NodeInfoGcsServiceClient<S>,
    message: EchoMessage,
}

impl<S: Connection> Caller<S> {
    pub(super) fn new(connection: S) -> Self {
        Self {
            echo: EchoClient::new(connection.clone()),
            gcs: NodeInfoGcsServiceClient::new(connection),
            message: EchoMessage { payload: vec![7; PAYLOAD].into() },
        }
    }

    /// Makes one call.
    ///
    /// # Errors
    ///
    /// When it does not end as it must.
    pub(super) async fn make(&mut self, call: Call, answer: Answer) -> Result<End, Status> {
        let made = match call {
            Call::Echo(Kind::Unary) => self.unary().await,
            Call::Echo(Kind::Streaming) => self.streaming().await,
            Call::CheckAlive => self.gcs.check_alive(CheckAliveRequest::default()).await.map(|_| ()),
        };
        match (made, answer) {
            (made, Answer::Given) => made.map(|()| End::Answered),
            (Err(status), Answer::Refused) if status.code() == Code::Unauthenticated => Ok(End::Answered),
            // What the server itself says has no cause here.
            (Err(status), Answer::Refused) if status.source().is_some() => Ok(End::Lost),
            (Err(status), Answer::Refused) => Err(status),
            (Ok(()), Answer::Refused) => Err(Status::internal("a wrong token was let in")),
        }
    }

    async fn unary(&mut self) -> Result<(), Status> {
        let reply = self.echo.unary(self.message.clone()).await?;
        expect(*reply.get_ref() == self.message)
    }

    async fn streaming(&mut self) -> Result<(), Status> {
        let mut replies = self.echo.bidi(tokio_stream::once(self.message.clone())).await?.into_inner();
        expect(replies.message().await?.as_ref() == Some(&self.message))?;
        expect(replies.message().await?.is_none())
    }
}

fn expect(right: bool) -> Result<(), Status> {
    if right { Ok(()) } else { Err(Status::internal("the answer is not what was sent")) }
}
