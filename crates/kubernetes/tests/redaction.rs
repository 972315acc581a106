//! No token is in any log line, of whichever crate, nor in `Debug`: neither the callers' nor this process's own, also when the
//! API server echoes it in an answer that makes no sense. Alone in its file, since the capture of logs is the process's.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, missing_docs, reason = "a program of tests")]

#[path = "reviews/api.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod api;
#[path = "reviews/caller.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod caller;

use ray_auth_kubernetes::{Claims, Pod, Verifier};
use ray_auth_testing::logs::LogCapture;
use serde_json::{Value, json};

use api::{Api, Kind, Reply, usual};
use caller::{Call, Server, bearer, verifier};

const SECRET: &str = "good-5ecre7-of-a-caller-that-nobody-may-see-5ecre7";

#[tokio::test]
async fn no_token_is_logged_whatever_the_api_server_answers() {
    let logs = LogCapture::global().unwrap();
    let echo = |answer: fn(&Value) -> Reply| {
        move |kind: Kind, review: &Value| if kind == Kind::Token { answer(review) } else { usual(kind, review) }
    };
    let answers: [fn(&Value) -> Reply; 6] = [
        |review| usual(Kind::Token, review),
        |review| Reply::Json(201, json!({"spec": review["spec"], "status": {"authenticated": "yes"}})),
        |review| Reply::Json(201, json!({"spec": review["spec"]})),
        |review| Reply::Json(403, json!({"message": review["spec"]["token"], "kind": "Status"})),
        |review| Reply::Json(500, review.clone()),
        |review| {
            Reply::Json(
                201,
                json!({"spec": review["spec"], "status": {"authenticated": false, "error": review["spec"]["token"]}}),
            )
        },
    ];
    for answer in answers {
        let api = Api::start().await;
        api.answer(echo(answer));
        let server = Server::new(&api, Verifier::builder().max_reviews(1));
        server.status(SECRET).await;
        server.call(Call { authorization: Some(format!("bearer {SECRET}").into()), ..bearer("") }).await;
        assert!(api.reviews().0 > 0);
    }
    let api = Api::start().await;
    let shown = format!("{:?} {:?}", verifier(&api, Verifier::builder()).unwrap(), Verifier::builder());
    logs.assert_present("a line of ours", "callers are judged by the Kubernetes API server");
    logs.assert_present("what is missing", "ray-authenticator");
    for (name, secret) in [("the caller's token", SECRET), ("our own", "token-of-this-process")] {
        logs.assert_absent(name, secret);
        assert!(!shown.contains(secret), "{name}");
    }
    assert!(Pod::from_env().is_err(), "tests run in no pod");
    assert_eq!(Claims::unverified(SECRET), None);
}
