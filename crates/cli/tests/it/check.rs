//! `check` against servers of this project: what it says, and to whom it shows our token.

use std::time::{Duration, SystemTime};

use ray_auth::require::ReportOnly;
use ray_auth::{ClusterAuth, Keyring, Token};
use serde_json::{Value, json};

use crate::support::{Listening, Tool};

const TOKEN: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

fn enforcing() -> ClusterAuth {
    ClusterAuth::with_keyring(Keyring::new(Token::parse(TOKEN).unwrap()))
}

async fn check(tool: &Tool, server: &Listening) -> (i32, Value) {
    let ran = tool.run(&["check", &server.address.to_string(), "--json"]).await;
    assert_eq!(ran.stderr, "");
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

fn answer(server: &Listening, enforced: Value, accepted: Value, cluster_id: Value, problem: Value) -> Value {
    json!({
        "address": server.address.to_string(),
        "reachable": true,
        "enforced": enforced,
        "accepted": accepted,
        "cluster_id": cluster_id,
        "problem": problem,
    })
}

#[tokio::test]
async fn the_right_token() {
    let (server, id) = Listening::gcs(&enforcing()).await;
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let expected = answer(&server, true.into(), true.into(), id.to_string().into(), Value::Null);
    assert_eq!(check(&tool, &server).await, (0, expected));
    assert_eq!(server.heard.turns(TOKEN), ["none", "other", "ours"]);

    let ran = tool.run(&["check", &format!("http://{}/", server.address)]).await;
    let address = server.address;
    let lines = format!("address   {address}\nreachable yes\nenforced  yes\naccepted  yes\ncluster   {id}\n");
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, lines, ""));
}

#[tokio::test]
async fn a_wrong_token() {
    let (server, _) = Listening::gcs(&enforcing()).await;
    let tool = Tool::new().var("RAY_AUTH_TOKEN", "another");
    let problem = format!(
        "{} refuses our token, from RAY_AUTH_TOKEN; compare the fingerprints that `ray-auth status` shows here and on \
         that machine, and give this process the cluster's token",
        server.address
    );
    let expected = answer(&server, true.into(), false.into(), Value::Null, problem.clone().into());
    assert_eq!(check(&tool, &server).await, (1, expected));
    let ran = tool.run(&["check", &server.address.to_string()]).await;
    assert_eq!((ran.code, ran.stderr), (1, format!("error: {problem}\n")));
}

#[tokio::test]
async fn no_token() {
    let (server, _) = Listening::gcs(&enforcing()).await;
    for (tool, why) in [
        (Tool::new(), "ours was not sent: no authentication token was found"),
        (
            Tool::new().vars(&[("RAY_AUTH_MODE", "disabled"), ("RAY_AUTH_TOKEN", TOKEN)]),
            "ours was not sent: RAY_AUTH_MODE is disabled here; set it to token",
        ),
    ] {
        let (code, said) = check(&tool, &server).await;
        assert_eq!((code, &said["enforced"], &said["accepted"]), (1, &Value::Bool(true), &Value::Null));
        let problem = said["problem"].as_str().unwrap();
        assert!(problem.contains(why), "{problem}");
    }
    assert_eq!(server.heard.turns(TOKEN), ["none", "other", "none", "other"]);
}

#[tokio::test]
async fn a_server_that_lets_everybody_in_is_not_shown_our_token() {
    let (server, id) = Listening::gcs(&ClusterAuth::disabled()).await;
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let (code, said) = check(&tool, &server).await;
    assert_eq!((code, &said["enforced"], &said["accepted"]), (1, &Value::Bool(false), &Value::Null));
    assert_eq!(said["cluster_id"], id.to_string());
    assert!(said["problem"].as_str().unwrap().contains("lets callers in without a token"));
    assert_eq!(server.heard.turns(TOKEN), ["none"]);
}

#[tokio::test]
async fn a_server_that_only_reports_is_not_enforcing_and_not_shown_our_token() {
    let report_only = ReportOnly::until(SystemTime::now() + Duration::from_secs(3_600)).unwrap();
    let (server, id) = Listening::gcs_that_reports_only(&enforcing(), report_only.clone()).await;
    let (code, said) = check(&Tool::new().var("RAY_AUTH_TOKEN", TOKEN), &server).await;
    assert_eq!((code, &said["enforced"], &said["accepted"]), (1, &Value::Bool(false), &Value::Null));
    assert_eq!(said["cluster_id"], id.to_string());
    assert!(!server.heard.turns(TOKEN).contains(&"ours"));
    assert_eq!(report_only.report().callers[0].calls, 1, "the question without a token is in the report");
}

#[tokio::test]
async fn a_node_can_be_asked_too() {
    let server = Listening::node(&enforcing()).await;
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let expected = answer(&server, true.into(), true.into(), Value::Null, Value::Null);
    assert_eq!(check(&tool, &server).await, (0, expected));

    let open = Listening::node(&ClusterAuth::disabled()).await;
    let (code, said) = check(&tool, &open).await;
    assert_eq!((code, &said["enforced"], &said["accepted"]), (1, &Value::Bool(false), &Value::Null));
    assert_eq!(open.heard.turns(TOKEN), ["none", "none"]);
}

#[tokio::test]
async fn a_server_that_cannot_judge_is_not_called_enforcing() {
    let vars = |name: &str| match name {
        "RAY_ENABLE_K8S_TOKEN_AUTH" => Some("1".into()),
        "RAY_AUTH_TOKEN" => Some(TOKEN.into()),
        _ => None,
    };
    let without_verifier = ClusterAuth::builder().from_vars(vars).unwrap();
    let (server, _) = Listening::gcs(&without_verifier).await;
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let (code, said) = check(&tool, &server).await;
    assert_eq!((code, &said["enforced"], &said["accepted"]), (1, &Value::Null, &Value::Null));
    assert!(said["problem"].as_str().unwrap().contains("it answers with status 14"), "{said}");
    assert_eq!(server.heard.turns(TOKEN), ["none"]);
}

#[tokio::test]
async fn several_at_once() {
    let (server, _) = Listening::gcs(&enforcing()).await;
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let runs = (0..4).map(|_| check(&tool, &server));
    assert!(futures_util::future::join_all(runs).await.iter().all(|(code, _)| *code == 0));
}
