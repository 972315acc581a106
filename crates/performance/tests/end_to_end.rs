//! The measurement end to end in its shortest form: no call fails, what is printed has the shape that the report reads,
//! no token shows, and no server is left behind.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use serde_json::Value;

/// A token that would be recognised.
const TOKEN: &str = "a-token-that-nobody-may-ever-see-in-an-output";

const SHORT: [&str; 4] = ["--pairs=2", "--window-ms=20", "--in-flight=2", "--connections=1,2"];

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ray-auth-performance"));
    command.arg("end-to-end").env("RAY_AUTH_MODE", "token").env("RAY_AUTH_TOKEN", TOKEN).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    let ended = program().args(arguments).output().unwrap();
    for said in [&ended.stdout, &ended.stderr] {
        assert!(!String::from_utf8_lossy(said).contains(TOKEN), "a token shows");
    }
    ended
}

fn succeeded(arguments: &[&str]) -> String {
    let ended = run(arguments);
    let (said, wrong) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && wrong.is_empty(), "{said}\n{wrong}");
    said
}

/// A server as the driver starts it. It ends when its stdin is dropped, and with the test however that ends.
struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    address: String,
}

impl Server {
    fn start(layers: &str) -> Self {
        let mut child = program().args(["serve", layers]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, stdin, address }
    }

    fn named(&self, name: &str) -> String {
        format!("{name}={}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let ended = self.child.wait();
        assert!(std::thread::panicking() || ended.unwrap().success(), "a server ends well when its stdin ends");
    }
}

/// The arm made calls, and none of them failed.
fn assert_sound(arm: &Value) {
    assert!(arm["calls"].as_u64().unwrap() > 0 && arm["failed"] == 0, "{arm}");
    for number in ["calls_per_second", "p50_us", "p99_us"] {
        assert!(arm[number].as_f64().unwrap() > 0.0, "{number}: {arm}");
    }
}

fn assert_interval(ratio: &Value) {
    let [low, mean, high] = ["low", "mean", "high"].map(|bound| ratio[bound].as_f64().unwrap());
    assert!(0.0 < low && low <= mean && mean <= high, "{ratio}");
}

#[test]
fn both_arms_are_measured_under_each_load_and_no_call_fails() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("end_to_end.json");
    let save = format!("--save={}", file.display());
    let said = succeeded(&[&SHORT[..], &["--json", &save]].concat());
    assert_eq!(fs::read_to_string(&file).unwrap(), said, "the file holds what is printed");
    let measured: Value = serde_json::from_str(&said).unwrap();
    let loads = measured["loads"].as_array().unwrap();
    let seen: Vec<_> =
        loads.iter().map(|load| (load["kind"].as_str().unwrap(), load["connections"].as_u64())).collect();
    assert_eq!(seen, [("unary", Some(1)), ("unary", Some(2)), ("streaming", Some(1)), ("streaming", Some(2))]);
    for load in loads {
        assert_eq!((load["in_flight"].as_u64(), load["pairs"].as_u64()), (Some(2), Some(2)));
        for arm in ["with", "without"] {
            assert_sound(&load[arm]);
            assert!(load[arm]["server_cpu_us"].as_f64().unwrap() > 0.0, "{load}");
        }
        assert_interval(&load["ratio"]);
    }
    assert_eq!(measured["beside_ray"].as_array().map(Vec::len), Some(0));
}

#[test]
fn other_servers_are_measured_beside_ours_with_their_token_and_a_wrong_one() {
    let (guarded, open) = (Server::start("with"), Server::start("without"));
    let (beside, beside_token) = (open.named("other"), guarded.named("other"));
    let others = ["--kind=unary", "--json", "--beside", &beside, "--beside-token", &beside_token];
    let measured: Value = serde_json::from_str(&succeeded(&[&SHORT[..], &others].concat())).unwrap();
    let rows = measured["beside_ray"].as_array().unwrap();
    let servers: Vec<_> = rows.iter().map(|row| row["server"].as_str().unwrap()).collect();
    let names = [
        "other, disabled",
        "other, token",
        "other, refused",
        "ours, without layers",
        "ours, with layers",
        "ours, refused",
    ];
    assert_eq!(servers, [names, names].concat(), "on one connection, and on several");
    for row in rows {
        let name = row["server"].as_str().unwrap();
        // Of refused calls some may be lost with their connection, which the HTTP/2 library ends.
        if name.ends_with("refused") {
            assert!(row["arm"]["calls"].as_u64().unwrap() > 0, "{row}");
        } else {
            assert_sound(&row["arm"]);
        }
        assert_eq!(row["arm"]["server_cpu_us"].is_null(), name.starts_with("other"), "{row}");
        if ["other, disabled", "ours, without layers"].contains(&name) {
            assert!(row["ratio"].is_null(), "{row}");
        } else {
            assert_interval(&row["ratio"]);
        }
    }
}

#[test]
fn people_get_tables() {
    let said = succeeded(&[&SHORT[..], &["--kind=streaming"]].concat());
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 5, "{said}");
    assert!(lines[0].contains("in flight") && lines[2].starts_with("streaming") && lines[2].contains('['), "{said}");
}

#[test]
fn a_call_that_fails_ends_the_measurement_and_is_told() {
    let guarded = Server::start("with");
    // It requires a token and is said to require none.
    let beside = guarded.named("other");
    let ended = run(&[&SHORT[..], &["--kind=unary", "--beside", &beside]].concat());
    let wrong = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{wrong}");
    assert!(
        wrong.starts_with("error: ") && wrong.contains("other, disabled: a call failed, Unauthenticated"),
        "{wrong}"
    );
    assert!(ended.stdout.is_empty());
}

#[test]
fn what_cannot_be_measured_is_known_before_anything_is() {
    let cases: [(&[&str], &str); 4] = [
        (&["--save", "/nowhere/at/all.json"], "no folder /nowhere/at"),
        (&["--beside", "other=192.0.2.1:1"], "not on loopback"),
        (&["--pairs", "1"], "2..=1000"),
        (&["--kind", "sorts"], "possible values"),
    ];
    for (arguments, named) in cases {
        let ended = run(arguments);
        let wrong = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {wrong}");
        assert!(wrong.starts_with("error: ") && wrong.contains(named), "{arguments:?}: {wrong}");
    }
    let ended = program().args(["--beside-token", "other=127.0.0.1:1"]).env("RAY_AUTH_TOKEN", " ").output().unwrap();
    let wrong = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(2) && wrong.starts_with("error: --beside-token: "), "{wrong}");
}
