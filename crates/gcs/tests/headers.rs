//! Every request of the table that was observed on real Ray, sent to our server by a raw HTTP/2 client: the same answer
//! in all a client can see, but for the rows named here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ray_auth::require::Exempt;
use ray_auth::{Keyring, RequireTokenLayer, Token};
use ray_auth_gcs::{Gcs, Server};
use ray_auth_testing::raw_http2::{Connection, Outcome};
use ray_auth_testing::vectors::{self, Expected, HeaderRow, RowContext};

/// No answer of a server on this machine takes this long.
const BOUND: Duration = Duration::from_secs(20);

const MESSAGE: &str = "InvalidAuthToken: Authentication token is missing or incorrect";

/// What we do where we do not do what Ray does.
#[derive(Clone, Copy)]
enum Ours {
    /// Refuse it like any call without the right token.
    Refused,
    /// What the HTTP/2 stack does before any layer sees it: reset the stream, close the connection, or answer 431. Never
    /// serve it.
    Stack,
}

/// The rows we answer differently, and why.
const DEVIATIONS: &[(&str, Ours, &[&str])] = &[
    (
        "authentication comes before routing, so what is not there is not told apart",
        Ours::Refused,
        &["no_token_unknown_method", "no_token_reflection_v1", "no_token_reflection_v1alpha", "no_token_channelz"],
    ),
    ("a call is refused before its body is read", Ours::Refused, &["no_token_malformed_body", "no_token_headers_only"]),
    (
        "every service refuses with the same text",
        Ours::Refused,
        &[
            "no_token_syncer_missing",
            "syncer_wrong",
            "client_server_Datapath_none",
            "client_server_Datapath_wrong",
            "client_server_Datapath_lowercase_scheme",
            "client_server_Datapath_x_ray_authorization_valid",
            "client_server_Datapath_two_headers_bad_good",
            "client_server_Logstream_wrong",
            "client_server_Logstream_two_headers_bad_good",
            "client_server_ClusterInfo_none",
            "client_server_ClusterInfo_wrong",
            "client_server_ClusterInfo_lowercase_scheme",
            "client_server_ClusterInfo_x_ray_authorization_valid",
            "client_server_ClusterInfo_two_headers_bad_good",
            "client_server_GetObject_none",
            "client_server_GetObject_wrong",
            "client_server_GetObject_x_ray_authorization_valid",
            "client_server_GetObject_two_headers_bad_good",
        ],
    ),
    ("a header whose name merely begins alike is no credential", Ours::Refused, &["authorization-bin"]),
    (
        "bytes that no header may carry",
        Ours::Stack,
        &[
            "Header_name_Capital_Authorization",
            "HEADER_NAME_UPPER",
            "trailing_crlf",
            "trailing_lf",
            "trailing_nul",
            "byte_0x00",
            "byte_0x01",
            "byte_0x7f",
        ],
    ),
    ("header lists over 16 KiB", Ours::Stack, &["value_16KiB", "value_64KiB"]),
];

#[tokio::test]
async fn every_observed_request_is_answered_as_ray_does_or_as_documented() {
    let deviations: BTreeMap<&str, Ours> =
        DEVIATIONS.iter().flat_map(|(_, ours, names)| names.iter().map(|name| (*name, *ours))).collect();
    let rows = vectors::headers().unwrap();
    for name in deviations.keys() {
        assert!(rows.iter().any(|row| row.name == *name), "{name} is no row of the table");
    }

    let gcs = Gcs::builder().build().unwrap();
    let cluster_id = gcs.cluster_id().to_string();
    let server = Server::builder().gcs(&gcs).bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = server.local_addr();
    let keyring = Keyring::new(Token::parse(vectors::SERVER_TOKEN).unwrap());
    let auth = RequireTokenLayer::new(keyring).exempt(Exempt::grpc_health());
    let serving = tokio::spawn(server.serve(auth, std::future::pending()));

    let context = RowContext { token: vectors::SERVER_TOKEN, cluster_id_hex: &cluster_id };
    let mut wrong = Vec::new();
    for row in &rows {
        let outcome = ask(address, row, &context).await.unwrap();
        let judged = match deviations.get(&*row.name) {
            None => row.expected.check(&outcome),
            Some(_) if row.expected.check(&outcome).is_ok() => Err(anyhow::anyhow!("is no deviation any more")),
            Some(ours) => ours.check(&outcome),
        };
        wrong.extend(judged.with_context(|| row.name.clone()).err());
    }
    serving.abort();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn ask(address: std::net::SocketAddr, row: &HeaderRow, context: &RowContext<'_>) -> Result<Outcome> {
    let mut connection = Connection::open(address, BOUND).await?;
    let stream = connection.send(&row.request(context)).await?;
    connection.outcome_when(stream, BOUND, |response| !response.messages().is_empty()).await
}

impl Ours {
    fn check(self, outcome: &Outcome) -> Result<()> {
        match (self, outcome) {
            (Self::Refused, outcome) => {
                Expected::Reject { status: 16, message: MESSAGE.to_owned(), trailers_only: true, http_status: 200 }
                    .check(outcome)
            }
            (Self::Stack, Outcome::Reset { .. } | Outcome::GoAway { .. }) => Ok(()),
            (Self::Stack, Outcome::Response(response)) if response.http_status == 431 => Ok(()),
            (Self::Stack, outcome) => bail!("the stack let it through: {outcome:?}"),
        }
    }
}
