//! `status --address`: what running processes tell.

use std::net::{Ipv4Addr, UdpSocket};

use ray_auth::{ClusterAuth, Keyring, Token};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Listening, Serving, Tool};

const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const NEXT: &str = "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];

fn fingerprint(token: &str) -> String {
    Token::parse(token).unwrap().fingerprint().to_string()
}

async fn ask(tool: &Tool, addresses: &str) -> (i32, Value) {
    let ran = tool.run(&["status", "--json", "--address", addresses]).await;
    assert_eq!(ran.stderr, "");
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

#[tokio::test]
async fn every_process_tells_its_tokens() {
    let tool = Tool::new().file(".ray/auth_token", format!("{TOKEN}\nnext {NEXT}\n"));
    let one = Serving::start(&tool, SERVE).await;
    let fixed = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let other = Serving::start(&fixed, SERVE).await;

    let addresses = format!("{},{}", one.address, other.address);
    let (code, answer) = ask(&tool, &addresses).await;
    assert_eq!((code, &answer["warnings"]), (0, &json!([])));
    let [followed, fixed] = answer["processes"].as_array().unwrap().as_slice() else { panic!("{answer}") };

    assert_eq!(followed["address"], one.address);
    let known = ["reachable", "mode", "generation", "problem"].map(|field| &followed[field]);
    assert_eq!(known, [&json!(true), &json!("token"), &json!(1), &Value::Null]);
    let path = format!("the default token file {:?}", tool.default_file());
    assert!(followed["uptime_seconds"].is_u64());
    let source = &followed["source"];
    assert_eq!(
        (&source["kind"], &source["origin"], &source["error"]),
        (&json!("followed"), &json!(path), &Value::Null)
    );
    assert_eq!((&source["reloads"], &source["failures"]), (&json!(0), &json!(0)));
    assert!(source["last_reload_seconds_ago"].is_u64());
    let token = |at: usize| {
        let token = &followed["tokens"][at];
        json!([token["role"], token["label"], token["weak"], token["accepted_calls"]])
    };
    // That it is asked is a call.
    assert_eq!(token(0), json!(["primary", fingerprint(TOKEN), false, 1]));
    assert_eq!(token(1), json!(["next", fingerprint(NEXT), false, 0]));
    assert!(followed["tokens"][0]["last_seen_seconds_ago"].is_u64());
    assert_eq!(followed["tokens"][1]["last_seen_seconds_ago"], Value::Null);
    assert!(followed["tokens"][1]["watched_seconds"].is_u64());

    assert_eq!((&fixed["source"]["kind"], &fixed["source"]["origin"]), (&json!("static"), &json!("RAY_AUTH_TOKEN")));

    let ran = tool.run(&["status", "--address", &addresses]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("PROCESS") && lines[0].ends_with("SOURCE"), "{}", ran.stdout);
    assert!(lines[1].starts_with(&one.address) && lines[1].ends_with(&format!("{path} (followed)")), "{}", ran.stdout);
    assert!(lines[2].ends_with("RAY_AUTH_TOKEN (static: rotates only by restart)"), "{}", ran.stdout);
    assert!(lines[4].starts_with("PROCESS") && lines[4].ends_with("LAST SEEN"), "{}", ran.stdout);
    assert!(lines[6].contains(&format!("next     {}  0      never in ", fingerprint(NEXT))), "{}", ran.stdout);
}

#[tokio::test]
async fn what_is_wrong_with_a_process_is_told_and_the_others_are_asked_all_the_same() {
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let well = Serving::start(&tool, SERVE).await;
    let open = Serving::start(&Tool::new().var("RAY_AUTH_MODE", "disabled"), SERVE).await;
    let strange = Serving::start(&Tool::new().var("RAY_AUTH_TOKEN", NEXT), SERVE).await;
    let mute = Listening::node(&ClusterAuth::with_keyring(Keyring::new(Token::parse(TOKEN).unwrap()))).await;
    let web = Listening::saying(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let silent = Listening::saying(None).await;
    let table = [
        (well.address.clone(), true, None),
        (open.address.clone(), true, Some("lets every call in, since authentication is disabled; ")),
        (strange.address.clone(), true, Some("refuses our token; compare the fingerprints ")),
        (mute.address.to_string(), true, Some("does not tell its status; ")),
        (web.address.to_string(), true, Some("does not speak gRPC; ")),
        (silent.address.to_string(), true, Some("did not answer within 2 s; ")),
        ("127.0.0.1:1".to_owned(), false, Some("cannot be reached: Connection refused")),
    ];
    let addresses: Vec<_> = table.iter().map(|(address, ..)| address.as_str()).collect();
    let args = ["status", "--address", &addresses.join(","), "--timeout", "2"];
    let ran = tool.run(&[&args[..], &["--json"]].concat()).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    for (index, (address, reachable, problem)) in table.iter().enumerate() {
        let process = &answer["processes"][index];
        assert_eq!((&process["address"], &process["reachable"]), (&json!(address), &json!(reachable)));
        let told = process["problem"].as_str();
        assert_eq!(told.is_some(), problem.is_some(), "{process}");
        assert!(told.unwrap_or_default().starts_with(problem.unwrap_or_default()), "{process}");
    }

    let ran = tool.run(&args).await;
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains(&format!("{}  yes", well.address)), "{}", ran.stdout);
    let errors: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(errors.len(), 6, "{}", ran.stderr);
    assert!(errors[5].starts_with("error: 127.0.0.1:1 cannot be reached: "), "{}", ran.stderr);
}

#[tokio::test]
async fn a_process_that_lost_its_file_says_so_and_keeps_its_tokens() {
    let tool = Tool::new().file(".ray/auth_token", TOKEN);
    let mut serving = Serving::start(&tool, SERVE).await;
    std::fs::remove_file(tool.default_file()).unwrap();
    serving.log_line("the last good tokens stay").await;
    let other = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let (code, answer) = ask(&other, &serving.address).await;
    assert_eq!(code, 1);
    let process = &answer["processes"][0];
    let problem = process["problem"].as_str().unwrap();
    assert!(problem.starts_with("keeps its last good tokens, since its source cannot be used: "), "{problem}");
    assert_eq!((&process["source"]["failures"], process["source"]["error"].is_string()), (&json!(1), true));
    assert_eq!(process["tokens"][0]["label"], fingerprint(TOKEN));
}

#[tokio::test]
async fn between_two_steps_processes_differ_and_all_answer() {
    let late = Tool::new().file(".ray/auth_token", TOKEN);
    let behind = Serving::start(&late, SERVE).await;
    let tool = Tool::new().file(".ray/auth_token", format!("{NEXT}\naccept {TOKEN}\n"));
    let ahead = Serving::start(&tool, SERVE).await;
    let (code, answer) = ask(&tool, &format!("{},{}", behind.address, ahead.address)).await;
    assert_eq!(code, 0);
    let warning = answer["warnings"][0].as_str().unwrap();
    let both = format!("({}, {})", fingerprint(TOKEN), fingerprint(NEXT));
    let other_order = format!("({}, {})", fingerprint(NEXT), fingerprint(TOKEN));
    assert!(warning.starts_with("the processes send different tokens "), "{warning}");
    assert!(warning.contains(&both) || warning.contains(&other_order), "{warning}");
}

#[tokio::test]
async fn a_weak_token_is_warned_of_and_not_named() {
    let tool = Tool::new().var("RAY_AUTH_TOKEN", "open-sesame");
    let serving = Serving::start(&tool, SERVE).await;
    let (code, answer) = ask(&tool, &serving.address).await;
    assert_eq!((code, &answer["processes"][0]["tokens"][0]["label"]), (0, &json!("weak-primary")));
    let warning = answer["warnings"][0].as_str().unwrap();
    assert!(warning.contains(": the primary token is shorter than 32 characters, "), "{warning}");
    serving.signal(Signal::TERM);
    assert_eq!(serving.end().await.code, 0);
}

/// An address of this machine that is not loopback, where it has one that leads elsewhere. Nothing is sent.
fn own_address() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        std::net::IpAddr::V4(address) if !address.is_loopback() => Some(address),
        _ => None,
    }
}

#[tokio::test]
async fn our_token_goes_to_other_machines_only_when_that_is_allowed() {
    let Some(own) = own_address() else { return };
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let serving = Serving::start(&tool, &["serve", "--listen", "0.0.0.0:0"]).await;
    let address = format!("{own}:{}", serving.address.rsplit(':').next().unwrap());
    let (code, answer) = ask(&tool, &address).await;
    let problem = answer["processes"][0]["problem"].as_str().unwrap();
    let expected =
        format!("was not asked, since the token would travel in plaintext to {address}; add --allow-plaintext");
    assert!(code == 1 && problem.starts_with(&expected), "{code} {problem}");
    let ran = tool.run(&["status", "--address", &address, "--allow-plaintext"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
