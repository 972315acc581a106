//! The gRPC health service: what a probe asks, without a token.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// Bytes of a request: more than any name of a service has.
const MAX_REQUEST_LEN: usize = 4 * 1_024;

/// The health of a server: the same for the server as a whole (the empty name) and for each of its services.
///
/// Like Ray's, `Check` of an unknown service is NOT_FOUND, and `Watch` of one is a stream that says it is unknown.
#[derive(Clone, Debug)]
pub(crate) struct HealthService {
    known: Arc<BTreeSet<String>>,
    status: watch::Receiver<ServingStatus>,
}

/// Says that a server no longer serves.
#[derive(Debug)]
pub(crate) struct HealthSwitch(watch::Sender<ServingStatus>);

impl HealthSwitch {
    /// Tells those who watch, and ends their streams: they would otherwise keep the server from shutting down.
    pub(crate) fn off(self) {
        self.0.send_replace(ServingStatus::NotServing);
    }
}

impl HealthService {
    /// The service of a server that serves `names`, and what switches it off.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> (Self, HealthSwitch) {
        let (sender, status) = watch::channel(ServingStatus::Serving);
        let known = Arc::new(names.into_iter().chain([String::new()]).collect());
        (Self { known, status }, HealthSwitch(sender))
    }

    pub(crate) fn into_server(self) -> HealthServer<Self> {
        HealthServer::new(self).max_decoding_message_size(MAX_REQUEST_LEN)
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[tonic::async_trait]
impl Health for HealthService {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        if !self.known.contains(&request.get_ref().service) {
            return Err(Status::not_found("service name unknown"));
        }
        let status = *self.status.borrow();
        Ok(Response::new(response(status)))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let known = self.known.contains(&request.get_ref().service);
        let statuses = WatchStream::new(self.status.clone());
        let answers = statuses
            .map(move |status| if known { status } else { ServingStatus::ServiceUnknown })
            .map(|status| Ok(response(status)));
        Ok(Response::new(Box::pin(answers)))
    }
}
