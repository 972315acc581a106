//! `redact`: URIs, and text on stdin, without what they hide.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::support::{Ran, Tool, end, set_mode};

#[tokio::test]
async fn a_uri_is_printed_without_its_secrets() {
    let table = [
        ("https://reader:5ec4e7@a.test:8443/p.zip?sig=5ec4e7#5ec4e7", "https://***@a.test:8443/p.zip?***#***"),
        ("https://a.test/p.zip", "https://a.test/p.zip"),
        ("abfss://container@account/p.zip", "abfss://container@account/p.zip"),
        ("https://reader:5ec/4e7@a.test/", "https://<unparseable URI>"),
        ("5ec4e7", "<unparseable URI>"),
        ("", "<unparseable URI>"),
    ];
    for (uri, expected) in table {
        let ran = Tool::new().run(&["redact", uri]).await;
        assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, format!("{expected}\n"), ""), "{uri}");
    }
}

#[tokio::test]
async fn a_log_is_copied_without_its_secrets() {
    let log = "Downloading package from https://me:5ec4e7@a.test/p.zip?sig=5ec4e7 to /tmp\r\n\
               {'env_vars': {'RAY_RUNTIME_ENV_BEARER_TOKEN': '5ec4e7'}}\n\
               Authorization: Bearer 5ec4e7\n\
               nothing to hide \u{e9}\n\
               no line feed";
    let expected = "Downloading package from https://***@a.test/p.zip?*** to /tmp\r\n\
                    {'env_vars': {'RAY_RUNTIME_ENV_BEARER_TOKEN': '***'}}\n\
                    Authorization: Bearer ***\n\
                    nothing to hide \u{e9}\n\
                    no line feed";
    let ran = Tool::new().run_with(&["redact"], log).await;
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, expected, ""));
}

#[tokio::test]
async fn what_the_environment_names_is_hidden_wherever_it_stands() {
    let table: [(&[(&str, &str)], &str, &str); 6] = [
        (&[("RAY_AUTH_TOKEN", "5ec4e7-1")], "it is 5ec4e7-1.", "it is ***."),
        (&[("RAY_AUTH_TOKEN_PATH", "__home__/token")], "5ec4e7-2 5ec4e7-3 5ec4e7-4", "*** *** ***"),
        (&[("RAY_RUNTIME_ENV_BEARER_TOKEN", " 5ec4e7-5\n")], "x5ec4e7-5x", "x***x"),
        (&[("NETRC", "__home__/netrc")], "5ec4e7-6 cmVhZGVyOjVlYzRlNy02 reader 5ec4e7-7", "*** *** reader ***"),
        (&[], "5ec4e7-1 cmVhZGVyOjVlYzRlNy02", "5ec4e7-1 cmVhZGVyOjVlYzRlNy02"),
        (&[("RAY_AUTH_MODE", "disabled"), ("RAY_AUTH_TOKEN", "5ec4e7-1")], "5ec4e7-1", "***"),
    ];
    for (vars, text, expected) in table {
        let tool = Tool::new().file("token", "5ec4e7-2\nnext 5ec4e7-3\naccept 5ec4e7-4\n");
        let tool =
            tool.file("netrc", "machine a.test login reader password 5ec4e7-6\ndefault login r password 5ec4e7-7\n");
        let ran = tool.vars(vars).run_with(&["redact"], format!("{text}\n")).await;
        assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, format!("{expected}\n"), ""), "{vars:?}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_warned_of_and_the_rest_is_done() {
    // One is broken, and the others are named beside it.
    let table = [
        ("RAY_AUTH_TOKEN_PATH", "__home__", "warning: ", "a-token *** ***"),
        (
            "RAY_RUNTIME_ENV_BEARER_TOKEN",
            "5ec4 e7",
            "warning: RAY_RUNTIME_ENV_BEARER_TOKEN holds no usable token",
            "*** a-ticket ***",
        ),
        (
            "RAY_RUNTIME_ENV_BEARER_TOKEN",
            "Bearer a-ticket",
            "warning: RAY_RUNTIME_ENV_BEARER_TOKEN holds no usable token",
            "*** *** ***",
        ),
        ("NETRC", "__home__/nothing", "warning: the netrc file", "*** *** a-password"),
        ("NETRC", "__home__/broken", "warning: the netrc file", "*** *** a-password"),
    ];
    for (name, value, warning, expected) in table {
        let tool = Tool::new().file("token", "a-token").file("netrc", "default login l password a-password");
        let tool = tool.file("broken", "default password 5ec4 e7").vars(&[
            ("RAY_AUTH_TOKEN_PATH", "__home__/token"),
            ("RAY_RUNTIME_ENV_BEARER_TOKEN", "a-ticket"),
            ("NETRC", "__home__/netrc"),
        ]);
        let tool = tool.vars(&[(name, value)]);
        let text = "a-token a-ticket a-password https://me:pw@a.test/\n";
        let Ran { code, stdout, stderr } = tool.run_with(&["redact"], text).await;
        assert_eq!((code, stdout), (0, format!("{expected} https://***@a.test/\n")), "{name}");
        assert!(stderr.starts_with(warning), "{name}: {stderr}");
        assert!(
            stderr.ends_with("; what this names is hidden only where its place gives it away\n"),
            "{name}: {stderr}"
        );
        assert!(!stderr.contains("5ec4"), "{name}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{name}: {stderr}");
    }
}

#[tokio::test]
async fn a_netrc_file_that_is_not_used_is_hidden_all_the_same() {
    let tool = Tool::new().file(".netrc", "machine a.test login l password 5ec4e7\n");
    set_mode(&tool.home().join(".netrc"), 0o644);
    let ran = tool.run_with(&["redact"], "Ray uses 5ec4e7\n").await;
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "Ray uses ***\n", ""));

    let tool = Tool::new().file(".netrc", "machine a.test login l password my 5ec4e7\n");
    let ran = tool.run_with(&["redact"], "https://me:pw@a.test/\n").await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "https://***@a.test/\n"));
    assert!(ran.stderr.starts_with("warning: the netrc file"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_line_is_shown_as_soon_as_it_is_there() {
    let mut child = Tool::new().command(&["redact"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        stdin.write_all(b"GET https://a.test/p.zip?sig=5ec4e7\n").await.unwrap();
        assert_eq!(stdout.next_line().await.unwrap().unwrap(), "GET https://a.test/p.zip?***");
    }
    drop(stdin);
    assert_eq!(end(child).await.code, 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_place_that_takes_nothing_is_an_error_and_nobody_who_reads_is_none() {
    let tool = Tool::new().file("log", "a line\n");
    let log = || std::fs::File::open(tool.home().join("log")).unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = end(tool.command(&["redact"]).stdin(log()).stdout(full).spawn().unwrap()).await;
    let expected =
        "error: cannot copy stdin to stdout: No space left on device (os error 28); give it text and a place for it\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (1, expected));

    let (_, nobody) = std::io::pipe().unwrap();
    let ran = end(tool.command(&["redact"]).stdin(log()).stdout(nobody).spawn().unwrap()).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
}
