//! What the log says of a call that was sent once more.

use ray_auth::AddTokenLayer;
use ray_auth_testing::logs::LogCapture;

use super::support::{NEW, OLD, Server, echo, keyring, promoted};

#[tokio::test]
async fn it_says_which_call_and_which_role_and_never_the_token() {
    let logs = LogCapture::global().unwrap();
    let server = Server::start(keyring(OLD)).await;
    let layer = AddTokenLayer::new(promoted()).retry_with_accepted();
    server.client(&layer).await.unary(echo("ping")).await.unwrap();
    assert_eq!(server.presented(), [NEW, OLD]);
    let events = logs.events_at("ray_auth::attach");
    let told = events.iter().any(|event| {
        event.field("rpc.method") == Some("/ray_auth.testing.v1.Echo/Unary")
            && event.field("token.role") == Some("accepted")
            && event.field("outcome") == Some("accepted")
    });
    assert!(told, "{} events, none of them of this call", events.len());
    logs.assert_absent("the old token", OLD);
    logs.assert_absent("the new token", NEW);
}
