//! What each answer of the API server, and each failure, comes to.

use std::time::{Duration, Instant};

use ray_auth_kubernetes::Verifier;
use serde_json::{Value, json};

use crate::api::{Api, Certificate, Door, Kind, Reply, allowed, known, usual};
use crate::caller::{Call, Server, bearer};

const DEADLINE: Duration = Duration::from_millis(300);
/// What a decision may take beyond its deadline on a busy machine.
const SLACK: Duration = Duration::from_secs(5);

fn status(body: Value) -> Reply {
    Reply::Json(201, json!({ "status": body }))
}

#[tokio::test]
async fn a_definite_answer_is_one_and_trouble_is_nobodys_fault_but_ours() {
    let user = json!({"username": "ada"});
    let table: Vec<(&str, Reply, Reply, u16, (usize, usize))> = vec![
        ("valid and allowed", known("ada"), allowed(true), 0, (1, 1)),
        (
            "with status 200",
            Reply::Json(200, json!({"status": {"authenticated": true, "user": user}})),
            Reply::Json(200, json!({"status": {"allowed": true}})),
            0,
            (1, 1),
        ),
        ("not authenticated", status(json!({"authenticated": false})), allowed(true), 16, (1, 0)),
        ("says nothing of it", status(json!({})), allowed(true), 16, (1, 0)),
        ("review error", status(json!({"authenticated": false, "error": "bad"})), allowed(true), 16, (1, 0)),
        (
            "authenticated, with an error",
            status(json!({"authenticated": true, "user": user, "error": "bad"})),
            allowed(true),
            16,
            (1, 0),
        ),
        ("no user", status(json!({"authenticated": true})), allowed(true), 16, (1, 0)),
        ("empty name", status(json!({"authenticated": true, "user": {"username": ""}})), allowed(true), 16, (1, 0)),
        (
            "groups of another type",
            status(json!({"authenticated": true, "user": {"username": "ada", "groups": "x"}})),
            allowed(true),
            14,
            (1, 0),
        ),
        ("boolean of another type", status(json!({"authenticated": "true", "user": user})), allowed(true), 14, (1, 0)),
        (
            "another object",
            Reply::Json(201, json!({"kind": "Status", "apiVersion": "v1", "status": "Failure"})),
            allowed(true),
            14,
            (1, 0),
        ),
        ("denied", known("ada"), allowed(false), 16, (1, 1)),
        ("allowed and denied", known("ada"), status(json!({"allowed": true, "denied": true})), 16, (1, 1)),
        ("not evaluated", known("ada"), status(json!({"allowed": false, "evaluationError": "x"})), 16, (1, 1)),
        ("access says nothing", known("ada"), status(json!({})), 16, (1, 1)),
        ("access of another type", known("ada"), status(json!({"allowed": 1})), 14, (1, 1)),
        ("access without status", known("ada"), Reply::Json(201, json!({})), 14, (1, 1)),
        ("no status", Reply::Json(201, json!({})), allowed(true), 14, (1, 0)),
        ("null", Reply::Text(201, "null"), allowed(true), 14, (1, 0)),
        ("a list", Reply::Text(201, "[]"), allowed(true), 14, (1, 0)),
        ("nothing", Reply::Text(201, ""), allowed(true), 14, (1, 0)),
        ("half", Reply::Text(201, "{\"status\": {\"authenticated\": true"), allowed(true), 14, (1, 0)),
        ("HTML", Reply::Text(200, "<html>hello</html>"), allowed(true), 14, (1, 0)),
        ("HTML for access", known("ada"), Reply::Text(200, "<html>hello</html>"), 14, (1, 1)),
        ("more than anybody reads", Reply::Endless, allowed(true), 14, (1, 0)),
        ("reset", Reply::Reset, allowed(true), 14, (1, 0)),
        ("reset at access", known("ada"), Reply::Reset, 14, (1, 1)),
        ("truncated", Reply::Truncated, allowed(true), 14, (1, 0)),
        ("truncated at access", known("ada"), Reply::Truncated, 14, (1, 1)),
    ];
    for (name, token, access, expected, reviews) in table {
        let api = Api::start().await;
        api.answer(move |kind, _| if kind == Kind::Token { token.clone() } else { access.clone() });
        let server = Server::usual(&api);
        let began = Instant::now();
        assert_eq!(server.status("any").await, expected, "{name}");
        assert!(began.elapsed() < SLACK, "{name}: {:?}", began.elapsed());
        assert_eq!(api.reviews(), reviews, "{name}");
        // What is definite is remembered; trouble is not.
        assert_eq!(server.status("any").await, expected, "{name}, again");
        let again = if expected == 14 { (2 * reviews.0, 2 * reviews.1) } else { reviews };
        assert_eq!(api.reviews(), again, "{name}, again");
    }
}

#[tokio::test]
async fn a_status_that_is_no_answer_is_unavailable_and_not_asked_for_twice() {
    for code in [500, 503, 429, 403, 401, 404, 302, 202, 400] {
        let api = Api::start().await;
        let server = Server::usual(&api);
        api.answer(move |_, _| {
            Reply::Json(code, json!({"status": {"authenticated": true, "user": {"username": "ada"}, "allowed": true}}))
        });
        assert_eq!(server.status("good").await, 14, "{code}");
        assert_eq!(api.reviews(), (1, 0), "{code}");
        api.answer(move |kind, review| if kind == Kind::Token { usual(kind, review) } else { Reply::Text(code, "{}") });
        assert_eq!(server.status("good").await, 14, "{code} at access");
        assert_eq!(api.reviews(), (2, 1), "{code} at access");
        api.answer(usual);
        assert_eq!(server.status("good").await, 0, "{code} is over");
    }
}

#[tokio::test]
async fn what_is_no_credential_is_refused_without_a_review() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    let with = |authorization: &[u8]| Call { authorization: Some(authorization.to_vec()), ..bearer("") };
    let table = [
        ("none", Call { authorization: None, ..bearer("") }),
        ("empty", with(b"")),
        ("no token", with(b"Bearer ")),
        ("lower case", with(b"bearer good")),
        ("no scheme", with(b"good")),
        ("no text", with(b"Bearer good\xff")),
        ("a blank, and more", with(b"Bearer good x.y")),
        ("a blank before", with(b"Bearer  good")),
        ("a tab", with(b"Bearer good\t")),
    ];
    for (name, call) in table {
        assert_eq!(server.call(call).await.0, 16, "{name}");
    }
    assert_eq!((api.reviews(), api.connections()), ((0, 0), 0));
    // A token of this process's own is nothing special, and the shared secret is no way in.
    assert_eq!(server.status("token-of-this-process").await, 16);
    assert_eq!(api.reviews(), (1, 0));
}

#[tokio::test]
async fn silence_ends_with_the_deadline_or_the_callers_patience() {
    let reply = |silent: Kind| {
        move |kind: Kind, review: &Value| if kind == silent { Reply::Silence } else { usual(kind, review) }
    };
    for (name, door, silent) in [
        ("before the handshake", Door::Silent, Kind::Token),
        ("after the handshake", Door::SilentAfterHandshake, Kind::Token),
        ("at the token", Door::Open, Kind::Token),
        ("at access", Door::Open, Kind::Access),
    ] {
        let api = Api::with(door, Certificate::Good).await;
        api.answer(reply(silent));
        let server = Server::new(&api, Verifier::builder().deadline(DEADLINE));
        let began = Instant::now();
        assert_eq!(server.status("good").await, 14, "{name}");
        assert!(began.elapsed() >= DEADLINE && began.elapsed() < DEADLINE + SLACK, "{name}: {:?}", began.elapsed());

        let patient = Server::new(&api, Verifier::builder().deadline(Duration::from_secs(60)));
        let began = Instant::now();
        let hasty = Call { timeout: Some("200m"), ..bearer("good") };
        assert_eq!(patient.call(hasty).await.0, 14, "{name}");
        assert!(began.elapsed() < SLACK, "{name}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn an_api_server_that_cannot_prove_itself_is_told_nothing() {
    for certificate in [Certificate::OtherAuthority, Certificate::OtherName, Certificate::Expired] {
        let api = Api::with(Door::Open, certificate).await;
        assert_eq!(Server::usual(&api).status("good").await, 14, "{certificate:?}");
        assert_eq!(api.reviews(), (0, 0), "{certificate:?}");
        assert!(api.connections() > 0, "{certificate:?}: it was tried");
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let api = Api::start().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let lookup = crate::caller::lookup(nobody, api.folder.path());
    let verifier = Verifier::builder().from_vars(lookup).unwrap();
    assert_eq!(Server::of(verifier).status("good").await, 14);
    // Nor behind a name that nobody has.
    let pod = crate::caller::lookup(nobody, api.folder.path());
    let lookup = |name: &str| if name == "KUBERNETES_SERVICE_HOST" { Some("api.invalid".into()) } else { pod(name) };
    let verifier = Verifier::builder().from_vars(lookup).unwrap();
    assert_eq!(Server::of(verifier).status("good").await, 14);
}

#[tokio::test]
async fn a_server_is_ready_while_it_is_answered_whatever_the_answer() {
    let api = Api::start().await;
    let verifier = Verifier::builder().from_vars(crate::caller::lookup(api.address, api.folder.path())).unwrap();
    let server = Server::of(verifier.clone());
    assert!(verifier.is_ready(), "nothing was asked");
    assert_eq!((server.status("good").await, verifier.is_ready()), (0, true));
    assert_eq!((server.status("bad").await, verifier.is_ready()), (16, true));
    api.answer(|_, _| Reply::Text(503, ""));
    assert_eq!(
        (server.status("good-2").await, verifier.is_ready()),
        (14, true),
        "one token can be the trouble of itself"
    );
    assert_eq!((server.status("good-2").await, server.status("good-2").await), (14, 14));
    assert_eq!((server.status("good").await, verifier.is_ready()), (0, false), "from what is remembered");
    api.answer(usual);
    assert_eq!((server.status("good-2").await, verifier.is_ready()), (0, true));
}

#[tokio::test]
async fn a_caller_is_told_that_it_is_not_allowed_where_that_was_chosen() {
    let api = Api::start().await;
    let telling = Server::new(&api, Verifier::builder().tell_not_allowed());
    assert_eq!(telling.status("denied").await, 7);
    assert_eq!(telling.status("denied").await, 7, "from what is remembered");
    assert_eq!(telling.status("unknown").await, 16);
    assert_eq!(api.reviews(), (2, 1));
}

#[tokio::test]
async fn the_questions_are_rays_and_what_it_leaves_out() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    let (code, seen) = server.call(bearer("good\"token\"")).await;
    assert_eq!(code, 0);
    assert_eq!(seen, r#"User { name: "ada", uid: Some("7"), groups: ["g1", "g2"] }"#);
    let own = "Bearer token-of-this-process".to_owned();
    let token = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {},
        "spec": {"token": "good\"token\""},
    });
    let access = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {},
        "spec": {
            "user": "ada", "uid": "7", "groups": ["g1", "g2"], "extra": {"k": ["v"]},
            "resourceAttributes": {
                "group": "ray.io", "resource": "rayclusters", "name": "lab", "namespace": "here", "verb": "ray:write",
            },
        },
    });
    assert_eq!(api.asked(), [(own.clone(), token), (own, access)]);
    assert_eq!(api.connections(), 1, "a connection is used again");
}

#[tokio::test]
async fn audiences_and_verb_can_be_chosen_and_are_looked_at_in_the_answer() {
    let with = |audiences: Value| {
        move |kind: Kind, _: &Value| match kind {
            Kind::Token => {
                status(json!({"authenticated": true, "user": {"username": "ada"}, "audiences": audiences.clone()}))
            }
            Kind::Access => allowed(true),
        }
    };
    for (audiences, expected) in [
        (json!(["ray.io"]), 0),
        (json!(["vault", "ray.io"]), 0),
        (json!(["vault"]), 16),
        (json!([]), 16),
        (Value::Null, 16),
    ] {
        let api = Api::start().await;
        let server = Server::new(&api, Verifier::builder().audiences(["ray.io", "", "ray"]).verb("get"));
        api.answer(with(audiences.clone()));
        assert_eq!(server.status("good").await, expected, "{audiences}");
        let asked = api.asked();
        assert_eq!(asked[0].1["spec"]["audiences"], json!(["ray.io", "ray"]));
        if expected == 0 {
            assert_eq!(asked[1].1["spec"]["resourceAttributes"]["verb"], "get");
        }
    }
}

#[tokio::test]
async fn audiences_can_be_said_by_the_environment() {
    let api = Api::start().await;
    let pod = crate::caller::lookup(api.address, api.folder.path());
    let lookup =
        |name: &str| if name == "RAY_AUTH_KUBERNETES_AUDIENCES" { Some("ray.io, ray".into()) } else { pod(name) };
    let server = Server::of(Verifier::builder().from_vars(lookup).unwrap());
    assert_eq!(server.status("good").await, 16, "the answer names none");
    assert_eq!(api.asked()[0].1["spec"]["audiences"], json!(["ray.io", "ray"]));
}

#[tokio::test]
async fn this_processs_own_token_is_read_again_when_it_changes() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    assert_eq!(server.status("good-1").await, 0);
    let path = api.folder.path().join("token");
    let next = api.folder.path().join("next");
    std::fs::write(&next, "renewed").unwrap();
    std::fs::rename(&next, &path).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    for attempt in 2.. {
        assert_eq!(server.status(format!("good-{attempt}")).await, 0);
        if api.asked().last().unwrap().0 == "Bearer renewed" {
            break;
        }
        assert!(Instant::now() < deadline, "never read again");
    }
}
