//! One call.

use std::sync::{Arc, Mutex, PoisonError};

use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::proto::node_manager_service_client::NodeManagerServiceClient;
use ray_auth::proto::{GetAgentPiDsRequest, GetClusterIdRequest};
use ray_auth::token::TokenSet;
use ray_auth::{AddTokenLayer, Keyring, Token};
use ray_auth_gcs::ClusterId;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::ServiceExt;
use tower_layer::Layer;

use super::answer::{Answer, Quote};
use crate::commands::peer::Dialled;

/// What is asked: both cost a server next to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// `GetClusterId`, of a GCS.
    ClusterId,
    /// `GetAgentPIDs`, of a node.
    AgentPids,
}

/// What is presented.
#[derive(Clone, Debug)]
pub(super) enum Credential {
    /// Nothing.
    None,
    /// A token that was made for this one call.
    Random,
    /// Our primary token.
    Ours(TokenSet),
}

/// A server that can be asked.
#[derive(Debug)]
pub(super) struct Server {
    dialled: Dialled,
    channel: Channel,
}

impl Server {
    pub(super) fn new(dialled: &Dialled) -> Self {
        Self { dialled: dialled.clone(), channel: dialled.channel() }
    }

    /// Asks once.
    pub(super) async fn ask(&self, question: Question, credential: Credential) -> Answer {
        let quote = if matches!(credential, Credential::Ours(_)) { Quote::Nothing } else { Quote::Escaped };
        let layer = match credential {
            Credential::None => AddTokenLayer::disabled(),
            Credential::Random => AddTokenLayer::new(Keyring::new(Token::generate())),
            Credential::Ours(tokens) => AddTokenLayer::new(Keyring::with_tokens(tokens)),
        };
        let seen = Seen::default();
        let service = layer.layer(self.channel.clone()).map_response({
            let seen = seen.clone();
            move |response: Response<Body>| seen.note(response)
        });
        let answered = match question {
            Question::ClusterId => NodeInfoGcsServiceClient::new(service)
                .get_cluster_id(GetClusterIdRequest {})
                .await
                .map(|reply| reply.get_ref().cluster_id.as_ref().try_into().ok().map(ClusterId::from_bytes)),
            Question::AgentPids => {
                NodeManagerServiceClient::new(service).get_agent_pi_ds(GetAgentPiDsRequest {}).await.map(|_| None)
            }
        };
        match (answered, seen.get()) {
            (Ok(cluster_id), _) => Answer::Answered(cluster_id),
            (Err(status), Some((StatusCode::OK, true))) => self.judge(&status, quote),
            (Err(_), Some((status, _))) => Answer::of_http(status),
            (Err(status), None) => self.broken(&status, quote),
        }
    }

    /// A status from a gRPC server, unless the connection broke while it was sent.
    fn judge(&self, status: &Status, quote: Quote) -> Answer {
        if std::error::Error::source(status).is_some() {
            return self.broken(status, quote);
        }
        Answer::of_status(status, quote)
    }

    fn broken(&self, status: &Status, quote: Quote) -> Answer {
        match self.dialled.heard() {
            // In TLS 1.3 a server says only now that it refuses our certificate.
            heard if heard.is_empty() && self.dialled.is_encrypted() => Answer::of_silent(&cause(status), quote),
            heard => Answer::of_broken(&heard, &cause(status), quote),
        }
    }
}

/// The innermost reason: the outer ones say `transport error` and no more.
fn cause(status: &Status) -> String {
    let mut cause: &dyn std::error::Error = status;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The HTTP status of the response, which the translation into gRPC hides, and whether gRPC came with it.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<Option<(StatusCode, bool)>>>);

impl Seen {
    fn note(&self, response: Response<Body>) -> Response<Body> {
        let content_type = response.headers().get(CONTENT_TYPE);
        let grpc = content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((response.status(), grpc));
        response
    }

    fn get(&self) -> Option<(StatusCode, bool)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
