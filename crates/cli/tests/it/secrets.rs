//! No token in any output, at any level of logs, but on the stdout of `get-auth-token`.

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{Ran, Tool, end};

const TOKEN: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4";

/// The spellings in which it might stand somewhere: itself, half of it, its bytes.
fn spellings() -> [String; 5] {
    let list = |separator: &str, each: fn(u8) -> String| TOKEN.bytes().map(each).collect::<Vec<_>>().join(separator);
    [
        TOKEN.to_owned(),
        TOKEN[..24].to_owned(),
        TOKEN[40..].to_owned(),
        list(", ", |byte| byte.to_string()),
        list("", |byte| format!("{byte:02x}")),
    ]
}

fn assert_clean(what: &str, text: &str) {
    for spelling in spellings() {
        assert!(!text.contains(&spelling), "{what} gives the token away");
    }
}

/// All the ways in which a process may have it.
fn tools() -> Vec<Tool> {
    let tool = || Tool::new().var("RAY_AUTH_LOG", "trace");
    vec![
        tool().var("RAY_AUTH_TOKEN", TOKEN),
        tool().file("file", TOKEN).vars(&[("RAY_AUTH_TOKEN_PATH", "__home__/file")]),
        tool().file(".ray/auth_token", TOKEN),
        // Unusable, and no less a secret.
        tool().var("RAY_AUTH_TOKEN", format!("{TOKEN}\u{1}")),
        tool().file(".ray/auth_token", format!("\u{feff}{TOKEN}")),
        // In the wrong variable.
        tool().var("RAY_AUTH_MODE", TOKEN),
        tool().var("RAY_ENABLE_K8S_TOKEN_AUTH", TOKEN),
    ]
}

#[tokio::test]
async fn commands_that_end() {
    for (index, tool) in tools().into_iter().enumerate() {
        for args in
            [&["status"][..], &["status", "--json"], &["check", "127.0.0.1:1"], &["check", "127.0.0.1:1", "--json"]]
        {
            let Ran { stdout, stderr, .. } = tool.run(args).await;
            assert_clean(&format!("{args:?}, {index}: stdout"), &stdout);
            assert_clean(&format!("{args:?}, {index}: stderr"), &stderr);
        }
        let ran = tool.run(&["get-auth-token"]).await;
        assert_clean(&format!("get-auth-token, {index}: stderr"), &ran.stderr);
        assert!(ran.stdout.is_empty() || ran.stdout == TOKEN);
    }
}

#[tokio::test]
async fn rotations() {
    let row = TOKEN.replace('5', "6");
    for (index, tool) in tools().into_iter().enumerate() {
        let tool = tool.file("token", TOKEN).file("malformed", format!("{TOKEN}\nnext {TOKEN}\u{1}\n"));
        let tool = tool.file("keyring", format!("{row}\nnext {TOKEN}\n"));
        for args in [
            &["rotate", "stage"][..],
            &["rotate", "stage", "--from", "token"],
            &["rotate", "stage", "--from", "malformed"],
            &["rotate", "stage", "--token-path", "malformed"],
            // By mistake.
            &["rotate", "stage", TOKEN],
            &["rotate", "stage", "--from", TOKEN],
            &["rotate", "promote", TOKEN],
            &["rotate", "retire", TOKEN],
            &["rotate", "install", TOKEN],
            &["rotate", "promote", "--token-path", "keyring", "--verify", "127.0.0.1:1"],
            &["rotate", "promote", "--token-path", "keyring"],
            &["rotate", "retire", "--token-path", "keyring", "--json"],
            &["rotate", "abort", "--in", "malformed", "--out", "-"],
            &["status", "--address", "127.0.0.1:1"],
        ] {
            let Ran { stdout, stderr, .. } = tool.run(args).await;
            assert_clean(&format!("{args:?}, {index}: stdout"), &stdout);
            assert_clean(&format!("{args:?}, {index}: stderr"), &stderr);
        }
        let ran = tool.run_with(&["rotate", "install", "-"], format!("{TOKEN}\nnext {TOKEN}\u{1}\n")).await;
        assert_clean("install: stderr", &ran.stderr);
    }
}

#[tokio::test]
async fn both_ends_of_a_call() {
    let tool = Tool::new().vars(&[("RAY_AUTH_TOKEN", TOKEN), ("RAY_AUTH_LOG", "trace")]);
    let mut server = tool.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    stdout.read_line(&mut line).await.unwrap();
    let address = line.trim_end().strip_prefix("listening on ").unwrap();
    let child = tool.command(&["check", address]).spawn().unwrap();
    let asking = tool.command(&["status", "--address", address]).spawn().unwrap();
    // Read at the same time: at this level the server fills its pipe and would wait for a reader.
    let pid = Pid::from_raw(server.id().unwrap().try_into().unwrap()).unwrap();
    let checking = async {
        let ran = tokio::join!(end(child), end(asking));
        kill_process(pid, Signal::TERM).unwrap();
        ran
    };
    let ((check, status), server) = tokio::join!(checking, end(server));
    assert_eq!((check.code, status.code, server.code), (0, 0, 0));
    for (name, ran) in [("check", &check), ("status", &status), ("the server", &server)] {
        assert!(
            ran.stderr.contains("TRACE") || ran.stderr.contains("DEBUG"),
            "{name} logs nothing, so this shows nothing"
        );
        assert_clean(name, &ran.stderr);
        assert_clean(name, &ran.stdout);
    }
}

#[tokio::test]
async fn the_demonstration() {
    let tool = Tool::new().var("RAY_AUTH_LOG", "debug");
    let ran = tool.run(&["demo", "--calls", "1"]).await;
    assert_eq!(ran.code, 0);
    for text in [&ran.stdout, &ran.stderr] {
        // Its tokens are 64 digits, and nothing else that it says is as long.
        let words = text.split(|character: char| !character.is_ascii_hexdigit());
        assert!(words.clone().all(|word| word.len() < 60), "something as long as a token");
    }
}
