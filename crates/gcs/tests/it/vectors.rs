//! The rows of the table of observed behaviour that are about a GCS rather than about a token.

use ray_auth::require::Exempt;
use ray_auth::{Keyring, RequireTokenLayer, Token};
use ray_auth_gcs::{Gcs, Server};
use ray_auth_testing::raw_http2;
use ray_auth_testing::vectors::{self, RowContext, SERVER_TOKEN};

use crate::support::BOUND;

#[tokio::test]
async fn cluster_identifiers_and_health_are_as_observed() {
    let gcs = Gcs::builder().build().unwrap();
    let cluster_id_hex = gcs.cluster_id().to_string();
    let server = Server::builder().gcs(&gcs).bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = server.local_addr();
    let auth = RequireTokenLayer::new(Keyring::new(Token::parse(SERVER_TOKEN).unwrap())).exempt(Exempt::grpc_health());
    tokio::spawn(server.serve(auth, std::future::pending()));

    let context = RowContext { token: SERVER_TOKEN, cluster_id_hex: &cluster_id_hex };
    let rows = vectors::headers().unwrap();
    let of_a_gcs = |name: &str| name.contains("cluster_id") || name.contains("health");
    let mut checked = 0;
    for row in rows.iter().filter(|row| of_a_gcs(&row.name)) {
        let mut connection = raw_http2::Connection::open(address, BOUND).await.unwrap();
        let stream = connection.send(&row.request(&context)).await.unwrap();
        // A stream that stays open has said enough with its first message.
        let enough = |response: &raw_http2::Response| !response.messages().is_empty();
        let outcome = connection.outcome_when(stream, BOUND, enough).await.unwrap();
        let outcome = match outcome.response() {
            Some(response) if !row.path.ends_with("/Watch") && !response.ended => {
                connection.outcome(stream, BOUND).await.unwrap()
            }
            _ => outcome,
        };
        row.expected.check(&outcome).unwrap_or_else(|difference| panic!("{}: {difference:#}", row.name));
        checked += 1;
    }
    assert_eq!(checked, 23);
}
