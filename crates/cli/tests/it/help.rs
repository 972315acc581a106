//! The help texts, word by word: `help/*.txt` holds what they were when somebody last read them.
//!
//! After a change that is meant, `RAY_AUTH_BLESS=1 cargo test -p ray-auth-cli help` writes them anew.

use std::path::Path;

use crate::support::Tool;

const TEXTS: [(&str, &[&str]); 17] = [
    ("short", &["-h"]),
    ("ray-auth", &["--help"]),
    ("get-auth-token", &["get-auth-token", "--help"]),
    ("status", &["status", "--help"]),
    ("rotate", &["rotate", "--help"]),
    ("rotate-stage", &["rotate", "stage", "--help"]),
    ("rotate-promote", &["rotate", "promote", "--help"]),
    ("rotate-retire", &["rotate", "retire", "--help"]),
    ("rotate-abort", &["rotate", "abort", "--help"]),
    ("rotate-install", &["rotate", "install", "--help"]),
    ("serve", &["serve", "--help"]),
    ("check", &["check", "--help"]),
    ("demo", &["demo", "--help"]),
    ("secret", &["secret", "--help"]),
    ("fetch", &["fetch", "--help"]),
    ("redact", &["redact", "--help"]),
    ("completions", &["completions", "--help"]),
];

#[tokio::test]
async fn help_is_what_was_last_read() {
    let bless = std::env::var_os("RAY_AUTH_BLESS").is_some();
    for (name, args) in TEXTS {
        let ran = Tool::new().run(args).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/help")).join(format!("{name}.txt"));
        if bless {
            std::fs::write(&file, &ran.stdout).unwrap();
        }
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(ran.stdout == golden, "{name}: the help differs from {}:\n{}", file.display(), ran.stdout);
    }
}

#[tokio::test]
async fn help_is_the_same_however_wide_the_terminal_and_fits_into_100_columns() {
    for (name, args) in TEXTS {
        let ran = Tool::new().run(args).await;
        let wide = Tool::new().vars(&[("COLUMNS", "300")]).run(args).await;
        assert_eq!(ran.stdout, wide.stdout, "{name}");
        let longest = ran.stdout.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{name}: {longest:?}");
    }
}

#[tokio::test]
async fn version_is_the_crates() {
    let ran = Tool::new().run(&["--version"]).await;
    let version = concat!("ray-auth ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, version, ""));
}
