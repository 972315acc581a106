//! The moments of a rotation at which a server and its clients disagree.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ray_auth::attach::retry::RetryTokenLayer;
use ray_auth::keyring::{KeyringError, Step};
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{AddTokenLayer, ClusterAuth, Keyring};
use tonic::Code;
use tower::Layer;

use super::support::{MESSAGE, NEW, OLD, Server, echo, keyring, promoted, staged, token};

type Make = fn(AddTokenLayer) -> RetryTokenLayer;

const REFUSED: Make = AddTokenLayer::retry_refused;
const ACCEPTED: Make = AddTokenLayer::retry_with_accepted;

#[tokio::test]
async fn a_call_is_let_in_if_the_token_to_try_instead_is_the_servers() {
    let retired = || keyring(NEW);
    let table: [(&str, Make, Keyring, &str, &[&str], bool); 10] = [
        ("both on the old one", ACCEPTED, staged(), OLD, &[OLD], true),
        ("restarted before our promote", ACCEPTED, staged(), NEW, &[OLD, NEW], true),
        ("restarted before our promote", REFUSED, staged(), NEW, &[OLD], false),
        ("restarted before our stage", ACCEPTED, keyring(OLD), NEW, &[OLD], false),
        ("not restarted since our promote", ACCEPTED, promoted(), OLD, &[NEW, OLD], true),
        ("not restarted since our promote", REFUSED, promoted(), OLD, &[NEW], false),
        ("restarted after our promote", ACCEPTED, promoted(), NEW, &[NEW], true),
        ("not restarted before our retire", ACCEPTED, retired(), OLD, &[NEW], false),
        ("another cluster's", ACCEPTED, promoted(), "another secret", &[NEW, OLD], false),
        ("another cluster's", REFUSED, promoted(), "another secret", &[NEW], false),
    ];
    for (name, retry, client, server, presented, let_in) in table {
        // A real Ray server accepts one token, the one it was started with.
        let server = Server::start(keyring(server)).await;
        let layer = retry(AddTokenLayer::new(client));
        let outcome = server.client(&layer).await.unary(echo("ping")).await;
        assert_eq!(server.presented(), presented, "{name}");
        match outcome {
            Ok(reply) => assert!(let_in && reply.into_inner().payload == "ping", "{name}"),
            Err(status) => {
                assert!(!let_in, "{name}: {status}");
                assert_eq!((status.code(), status.message()), (Code::Unauthenticated, MESSAGE), "{name}");
            }
        }
    }
}

/// A server that is done with the rotation, and a client that takes its next step while its first call is on its way.
async fn overtaken() -> (Server, AddTokenLayer) {
    let client = staged();
    let promotes = client.clone();
    let step = move || {
        // The next time there is nothing left to promote.
        let _step = promotes.promote();
    };
    let server = Server::start_watched(keyring(NEW), step).await;
    (server, AddTokenLayer::new(client))
}

#[tokio::test]
async fn a_call_that_the_rotation_overtook_is_let_in() {
    for retry in [REFUSED, ACCEPTED] {
        let (server, layer) = overtaken().await;
        let mut client = server.client(&retry(layer)).await;
        let reply = client.unary(echo("ping")).await.unwrap();
        assert_eq!(reply.into_inner().payload, "ping");
        assert_eq!(server.presented(), [OLD, NEW]);
        client.unary(echo("ping")).await.unwrap();
        assert_eq!(server.presented(), [NEW]);
    }
}

#[tokio::test]
async fn the_default_layer_sends_a_call_once_and_the_next_one_with_the_new_primary() {
    let (server, layer) = overtaken().await;
    let mut client = EchoClient::new(layer.layer(server.channel().await));
    assert_eq!(client.unary(echo("ping")).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(server.presented(), [OLD]);
    client.unary(echo("ping")).await.unwrap();
    assert_eq!(server.presented(), [NEW]);
}

#[tokio::test]
async fn a_keyring_that_changed_but_for_its_primary_has_no_other_to_try() {
    let client = keyring(OLD);
    let stages = client.clone();
    let server = Server::start_watched(keyring(NEW), move || assert!(stages.stage(token(NEW)).is_ok())).await;
    let layer = AddTokenLayer::new(client).retry_refused();
    server.client(&layer).await.unary(echo("ping")).await.unwrap_err();
    assert_eq!(server.presented(), [OLD]);
}

#[tokio::test]
async fn a_whole_rotation_with_a_server_of_one_token_fails_no_unary_call() {
    // Between stage and retire there are two places for its restart: before our promote and after.
    for restarted_before in ["promote", "retire"] {
        let client = keyring(OLD);
        let layer = AddTokenLayer::new(client.clone()).retry_with_accepted();
        let mut server = Server::start(keyring(OLD)).await;
        let steps: [(&str, &dyn Fn() -> Result<Step, KeyringError>); 3] = [
            ("stage", &|| client.stage(token(NEW))),
            ("promote", &|| client.promote()),
            ("retire", &|| client.retire()),
        ];
        for (name, step) in steps {
            if name == restarted_before {
                server = Server::start(keyring(NEW)).await;
            }
            let mut client = server.client(&layer).await;
            client.unary(echo("ping")).await.unwrap_or_else(|status| panic!("before {name}: {status}"));
            assert_eq!(step().unwrap(), Step::Done);
            client.unary(echo("ping")).await.unwrap_or_else(|status| panic!("after {name}: {status}"));
        }
        assert_eq!(server.presented().last().map(String::as_str), Some(NEW));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_under_load_each_get_their_own_answer() {
    const CALLERS: usize = 16;
    const CALLS: usize = 50;
    let client = staged();
    let server = Server::start(keyring(NEW)).await;
    let layer = AddTokenLayer::new(client.clone()).retry_with_accepted();
    let shared = server.client(&layer).await;
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let mut client = shared.clone();
            tokio::spawn(async move {
                for call in 0..CALLS {
                    let payload = format!("{caller}/{call}").repeat(caller + 1);
                    let reply = client.unary(echo(payload.clone())).await.unwrap();
                    assert_eq!(reply.into_inner().payload, payload);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let presented = server.presented();
    let times = |token| presented.iter().filter(|presented| *presented == token).count();
    assert_eq!((times(OLD), times(NEW)), (CALLERS * CALLS, CALLERS * CALLS), "each call twice and no more");
}

#[tokio::test]
async fn it_fits_around_a_channel_that_attaches_the_token_itself() {
    let server = Server::start(keyring(NEW)).await;
    let auth = ClusterAuth::with_keyring(staged());
    let channel = auth.connect(server.address.to_string()).await.unwrap();
    let channel = auth.add_token().retry_with_accepted().layer(channel);
    EchoClient::new(channel).unary(echo("ping")).await.unwrap();
    assert_eq!(server.presented(), [OLD, NEW]);
}

#[tokio::test]
async fn a_token_that_was_retired_meanwhile_is_not_tried() {
    // Promoted and retired while the call is on its way: the old one is held no longer, though the server has it still.
    let client = staged();
    let changes = client.clone();
    let done = Arc::new(AtomicBool::new(false));
    let server = Server::start_watched(keyring("another secret"), move || {
        if !done.swap(true, Ordering::Relaxed) {
            changes.promote().unwrap();
            changes.retire().unwrap();
        }
    })
    .await;
    let layer = AddTokenLayer::new(client).retry_with_accepted();
    server.client(&layer).await.unary(echo("ping")).await.unwrap_err();
    server.client(&layer).await.unary(echo("ping")).await.unwrap_err();
    assert_eq!(server.presented(), [OLD, NEW, NEW], "the second call had no other token to try");
}
