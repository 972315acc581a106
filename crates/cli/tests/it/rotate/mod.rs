//! `rotate`, with files and with running servers.

mod cluster;
mod filter;
mod install;
mod steps;

use ray_auth::Token;
use serde_json::Value;

use crate::support::{Ran, Tool};

const OLD: &str = "01d01d01d01d01d01d01d01d01d01d01d01d01d01d01d01d01d01d01d01d01d0";
const NEW: &str = "4e34e34e34e34e34e34e34e34e34e34e34e34e34e34e34e34e34e34e34e34e34";
const OTHER: &str = "07e407e407e407e407e407e407e407e407e407e407e407e407e407e407e407e4";

fn fingerprint(token: &str) -> String {
    Token::parse(token).unwrap().fingerprint().to_string()
}

/// What a step came to, as the one JSON object, in which no token stands.
fn answer(ran: &Ran) -> Value {
    assert_eq!(ran.stderr, "");
    assert_clean(ran);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn assert_clean(ran: &Ran) {
    for token in [OLD, NEW, OTHER] {
        assert!(!ran.stdout.contains(&token[..20]) && !ran.stderr.contains(&token[..20]), "a token is shown");
    }
}

/// Takes a step on the file in force.
async fn rotate(tool: &Tool, args: &[&str]) -> (i32, Value) {
    let ran = tool.run(&[&["rotate"], args, &["--json"]].concat()).await;
    (ran.code, answer(&ran))
}

/// The tokens as `role fingerprint`.
fn tokens(rows: &Value) -> Vec<String> {
    let text = |row: &Value| format!("{} {}", row["role"].as_str().unwrap(), row["fingerprint"].as_str().unwrap());
    rows.as_array().unwrap().iter().map(text).collect()
}

/// The text of a keyring file.
fn keyring(lines: &[(&str, &str)]) -> String {
    lines.iter().map(|(word, token)| format!("{word}{token}\n")).collect()
}
