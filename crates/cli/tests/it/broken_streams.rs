//! Streams that nobody reads, and that take nothing.

use std::process::Stdio;

use crate::support::{Listening, Tool, end};

/// Commands that end by themselves.
const COMMANDS: [&[&str]; 7] = [
    &["--help"],
    &["--version"],
    &["status"],
    &["status", "--json"],
    &["get-auth-token"],
    &["completions", "bash"],
    &["demo", "--calls", "1", "--seconds", "1"],
];

fn tool() -> Tool {
    Tool::new().var("RAY_AUTH_TOKEN", "token")
}

/// A pipe whose other end is closed.
fn broken_pipe() -> Stdio {
    let (_, writer) = std::io::pipe().unwrap();
    writer.into()
}

#[tokio::test]
async fn nobody_reads_stdout() {
    for args in COMMANDS {
        let ran = end(tool().command(args).stdout(broken_pipe()).spawn().unwrap()).await;
        assert!(ran.stderr.is_empty(), "{args:?}: {}", ran.stderr);
        assert!(matches!(ran.code, 0 | 1), "{args:?}: {}", ran.code);
    }
}

#[tokio::test]
async fn nobody_reads_stderr() {
    for args in COMMANDS.into_iter().chain([&["frobnicate"][..], &["check", "127.0.0.1:1"]]) {
        let with = tool().run(args).await;
        let without = end(tool().command(args).stderr(broken_pipe()).spawn().unwrap()).await;
        assert_eq!(with.code, without.code, "{args:?}");
    }
}

#[tokio::test]
async fn nobody_reads_the_logs() {
    let auth = ray_auth::ClusterAuth::disabled();
    let (server, _) = Listening::gcs(&auth).await;
    let tool = tool().var("RAY_AUTH_LOG", "trace");
    let child = tool.command(&["check", &server.address.to_string()]).stderr(broken_pipe()).spawn().unwrap();
    assert_eq!(end(child).await.code, 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn stdout_takes_nothing() {
    for args in [&["status"][..], &["status", "--json"], &["get-auth-token"], &["completions", "bash"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = end(tool().command(args).stdout(full).spawn().unwrap()).await;
        let expected = "error: cannot write to stdout: No space left on device (os error 28); \
                        give it a place that takes output\n";
        assert_eq!((ran.code, ran.stderr.as_str()), (1, expected), "{args:?}");
    }
}
