//! Command lines and configurations that make no sense: what stands on stderr, and the exit code.

use std::net::TcpListener;

use crate::support::Tool;

struct Row {
    args: &'static [&'static str],
    vars: &'static [(&'static str, &'static str)],
    /// How stderr begins.
    stderr: &'static str,
}

/// With a token, so that nothing else is wrong.
const WITH_TOKEN: &[(&str, &str)] = &[("RAY_AUTH_TOKEN", "token")];

fn row(args: &'static [&'static str], stderr: &'static str) -> Row {
    Row { args, vars: WITH_TOKEN, stderr }
}

async fn run(table: &[Row]) {
    for Row { args, vars, stderr } in table {
        let ran = Tool::new().vars(vars).run(args).await;
        assert!(ran.stderr.starts_with(stderr), "{args:?} {vars:?}: {}", ran.stderr);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?} {vars:?}");
    }
}

#[tokio::test]
async fn command_lines() {
    run(&[
        row(&[], "Token authentication for Ray clusters"),
        row(&["frobnicate"], "error: unrecognized subcommand 'frobnicate'"),
        row(&["help"], "error: unrecognized subcommand 'help'"),
        row(&["--frobnicate"], "error: unexpected argument '--frobnicate' found"),
        row(&["get-auth-token", "--frobnicate"], "error: unexpected argument '--frobnicate' found"),
        row(&["get-auth-token", "extra"], "error: unexpected argument 'extra' found"),
        row(&["status", "--json", "--json"], "error: the argument '--json' cannot be used multiple times"),
        row(
            &["serve", "--listen", "localhost"],
            "error: invalid value 'localhost' for '--listen <ADDRESS>': not an address to listen at; \
             write it like 127.0.0.1:6379 or [::1]:6379",
        ),
        row(&["serve", "--listen", "127.0.0.1:65536"], "error: invalid value '127.0.0.1:65536'"),
        row(&["serve", "--listen"], "error: a value is required for '--listen <ADDRESS>'"),
        row(&["check"], "error: the following required arguments were not provided:\n  <ADDRESS>"),
        row(&["check", "127.0.0.1:1", "--timeout", "0"], "error: invalid value '0' for '--timeout <SECONDS>'"),
        row(&["check", "127.0.0.1:1", "--timeout", "-1"], "error: unexpected argument '-1' found"),
        row(&["check", "127.0.0.1:1", "--timeout", "1e9"], "error: invalid value '1e9' for '--timeout <SECONDS>'"),
        row(&["status", "--timeout", "5"], "error: the following required arguments were not provided:"),
        row(&["status", "--allow-plaintext"], "error: the following required arguments were not provided:"),
        row(&["status", "--address", "127.0.0.1:1", "--timeout", "0"], "error: invalid value '0' for '--timeout"),
        row(&["demo", "--calls", "0"], "error: invalid value '0' for '--calls <N>'"),
        row(&["demo", "--seconds", "many"], "error: invalid value 'many' for '--seconds <N>'"),
        row(&["fetch"], "error: the following required arguments were not provided:\n  --output <FILE>\n  <URI>\n"),
        row(&["fetch", "https://a.test/p.zip"], "error: the following required arguments were not provided:"),
        row(&["fetch", "https://a.test/", "-o", "p", "--timeout", "0"], "error: invalid value '0' for '--timeout"),
        row(
            &["fetch", "https://a.test/", "-o", "p", "--idle-timeout", "0"],
            "error: invalid value '0' for '--idle-time",
        ),
        row(
            &["fetch", "https://a.test/", "-o", "p", "--idle-timeout", "86401"],
            "error: invalid value '86401' for '--idle",
        ),
        row(&["fetch", "https://a.test/", "-o", "p", "--attempts", "0"], "error: invalid value '0' for '--attempts"),
        row(&["fetch", "https://a.test/", "-o", "p", "--sha256", "12"], "error: invalid value '12' for '--sha256"),
        row(
            &["fetch", "https://a.test/", "-o", "p", "--resolve", "a.test:443:127.0.0.1"],
            "error: invalid value 'a.test:443:127.0.0.1' for '--resolve <HOST=ADDRESS>': give HOST=ADDRESS, such as \
             packages.example=10.0.0.7",
        ),
        row(
            &["secret"],
            "error: the following required arguments were not provided:\n  --name <NAME>\n  --namespace <NS>\n",
        ),
        row(
            &["secret", "--name", "Ray", "--namespace", "ray"],
            "error: invalid value 'Ray' for '--name <NAME>': not a name of Kubernetes; use lower-case letters",
        ),
        row(
            &["secret", "--name", "ray", "--namespace", "a.b"],
            "error: invalid value 'a.b' for '--namespace <NS>': not a namespace of Kubernetes; use lower-case letters",
        ),
        row(
            &["secret", "--name", "ray", "--namespace", "ray", "--key", "a/b"],
            "error: invalid value 'a/b' for '--key <KEY>': not a key of a Secret; use letters",
        ),
        row(
            &["secret", "--name", "ray", "--namespace", "ray", "--key", "a", "--key", "a"],
            "error: the key \"a\" is named twice; leave one out\n",
        ),
        row(&["completions"], "error: the following required arguments were not provided:\n  <SHELL>"),
        row(&["completions", "tcsh"], "error: invalid value 'tcsh' for '<SHELL>'"),
    ])
    .await;
}

#[tokio::test]
async fn addresses() {
    run(&[
        row(
            &["check", "127.0.0.1"],
            "error: \"127.0.0.1\" is no address of a server; write a host and a port, like 127.0.0.1:6379\n",
        ),
        row(&["check", ""], "error: \"\" is no address of a server; "),
        row(&["check", "ray://127.0.0.1:10001"], "error: \"ray://127.0.0.1:10001\" is no address of a server; "),
        row(&["check", "127.0.0.1:6379/path"], "error: \"127.0.0.1:6379/path\" is no address of a server; "),
        row(&["check", "\u{1b}[31m:1"], "error: \"\\u{1b}[31m:1\" is no address of a server; "),
        row(
            &["check", "https://127.0.0.1:6379"],
            "error: the address asks for TLS, and this process has none; set RAY_USE_TLS=1 ",
        ),
        row(&["status", "--address", ""], "error: \"\" is no address of a server; "),
        row(&["status", "--address", "127.0.0.1:1,nowhere"], "error: \"nowhere\" is no address of a server; "),
        row(&["rotate", "promote", "--verify", "127.0.0.1:1,"], "error: \"\" is no address of a server; "),
        row(&["rotate", "retire", "--verify", "ada:pass@head:1"], "error: the address has a user name in it; "),
        row(&["check", "ada:pass@127.0.0.1:6379"], "error: the address has a user name in it; "),
    ])
    .await;
}

#[tokio::test]
async fn configurations() {
    const CHECK: &[&str] = &["check", "127.0.0.1:1"];
    const ASK: &[&str] = &["status", "--address", "127.0.0.1:1"];
    const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];
    let row = |args, vars, stderr| Row { args, vars, stderr };
    run(&[
        row(SERVE, &[], "error: no authentication token was found"),
        row(SERVE, &[("RAY_AUTH_MODE", "Tokens")], "error: RAY_AUTH_MODE is \"Tokens\", which is no mode; "),
        row(SERVE, &[("RAY_AUTH_MODE", "k8s")], "error: RAY_AUTH_MODE is \"k8s\", and takes token or disabled only; "),
        row(SERVE, &[("RAY_AUTH_TOKEN", "a\u{7f}b")], "error: RAY_AUTH_TOKEN holds no usable token: "),
        row(SERVE, &[("RAY_AUTH_TOKEN_PATH", "/dev/null")], "error: RAY_AUTH_TOKEN_PATH is set but its file"),
        row(
            SERVE,
            &[("RAY_ENABLE_K8S_TOKEN_AUTH", "1"), ("RAY_AUTH_TOKEN", "token")],
            "error: RAY_CLUSTER_NAME is not set, or blank: the name of the RayCluster; ",
        ),
        row(ASK, &[], "error: no authentication token was found"),
        row(
            ASK,
            &[("RAY_AUTH_MODE", "on"), ("RAY_AUTH_TOKEN", "token")],
            "error: RAY_AUTH_MODE is \"on\", which is no mode; ",
        ),
        row(CHECK, &[("RAY_AUTH_MODE", " token")], "error: RAY_AUTH_MODE is \" token\", which is no mode; "),
        row(CHECK, &[("RAY_AUTH_TOKEN", "  ")], "error: RAY_AUTH_TOKEN is set but holds only blanks; "),
        row(CHECK, &[("RAY_AUTH_TOKEN_PATH", "/nope")], "error: RAY_AUTH_TOKEN_PATH is set but its file \"/nope\""),
        row(
            CHECK,
            &[("RAY_AUTH_LOG", "ray_auth=loud")],
            "error: RAY_AUTH_LOG is no log filter; set it to a level such as info, or to target=level pairs\n",
        ),
        row(&["demo"], &[("RUST_LOG", "=")], "error: RUST_LOG is no log filter; "),
    ])
    .await;
}

#[tokio::test]
async fn rotations() {
    const HELD: &str = "error: RAY_AUTH_TOKEN holds the token itself, which changes only when processes are started again; \
                        put it into a file and set RAY_AUTH_TOKEN_PATH to its path\n";
    const MISSING: &str = "error: the following required arguments were not provided:";
    run(&[
        row(&["rotate"], "Replaces the cluster's token step by step"),
        row(&["rotate", "back"], "error: unrecognized subcommand 'back'"),
        row(&["rotate", "stage"], HELD),
        row(&["rotate", "promote"], HELD),
        row(&["rotate", "retire"], HELD),
        row(&["rotate", "abort"], HELD),
        row(&["rotate", "promote", "--verify", "127.0.0.1:1"], HELD),
        row(
            &["rotate", "stage", "a-new-token"],
            "error: a token does not stand on the command line, where other users can read it; \
             give it with --from FILE, or with --from - through stdin\n",
        ),
        row(&["rotate", "stage", "--from", "/nope"], "error: what --from names cannot be "),
        row(&["rotate", "stage", "--from", "/dev/null"], "error: what --from names is no token: the token is empty; "),
        row(&["rotate", "stage", "--from", "-"], "error: what --from names is no token: the token is empty; "),
        row(&["rotate", "stage", "--verify", "127.0.0.1:1"], "error: unexpected argument '--verify' found"),
        row(
            &["rotate", "stage", "--from", "-", "--in", "-", "--out", "-"],
            "error: --from and --in cannot both be stdin; name a file for one of them\n",
        ),
        row(&["rotate", "stage", "--in", "-"], MISSING),
        row(&["rotate", "abort", "--out", "-"], MISSING),
        row(
            &["rotate", "retire", "--in", "-", "--out", "-", "--token-path", "file"],
            "error: the argument '--in <FILE|->' cannot be used with '--token-path <FILE>'",
        ),
        row(
            &["rotate", "retire", "--in", "-", "--out", "-", "--json"],
            "error: --json and --out - both need stdout; write the keyring to a file\n",
        ),
        row(&["rotate", "retire", "--in", "/nope", "--out", "-"], "error: what --in names cannot be "),
        row(&["rotate", "retire", "--in", "-", "--out", "-"], "error: the keyring is malformed: line 1: the token is empty; "),
        row(&["rotate", "promote", "0123456789abc"], "error: a fingerprint has 12 hexadecimal digits; "),
        row(&["rotate", "retire", ""], "error: a fingerprint has 12 hexadecimal digits; "),
        row(&["rotate", "retire", "--unused-for", "5m"], MISSING),
        row(
            &["rotate", "retire", "--verify", "127.0.0.1:1", "--unused-for", "5"],
            "error: invalid value '5' for '--unused-for <DURATION>': not a span of time; write a whole number above 0 and a \
             unit, like 30s, 5m, 2h or 1d",
        ),
        row(&["rotate", "promote", "--unused-for", "5m"], "error: unexpected argument '--unused-for' found"),
        row(&["rotate", "promote", "--allow-plaintext"], MISSING),
        row(&["rotate", "install"], MISSING),
        row(
            &["rotate", "install", "file"],
            "error: install takes the keyring from stdin only; write `ray-auth rotate install -`\n",
        ),
        row(&["rotate", "install", "-"], "error: the keyring on stdin is malformed: line 1: the token is empty; "),
        row(&["rotate", "stage", "--token-path", "/nope"], "error: the token file \"/nope\" cannot be opened: "),
        row(&["rotate", "stage", "--token-path", "/dev"], "error: the token file \"/dev\" cannot be opened as a file: "),
    ])
    .await;
}

#[tokio::test]
async fn a_command_line_that_is_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let tool = Tool::new();
    let mut command = tool.command(&["check"]);
    command.arg(std::ffi::OsStr::from_bytes(b"\xff\xfe:1"));
    let ran = crate::support::end(command.spawn().unwrap()).await;
    assert!(ran.stderr.starts_with("error: invalid UTF-8 was detected"), "{}", ran.stderr);
    assert_eq!(ran.code, 2);
}

#[tokio::test]
async fn an_address_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = Tool::new().vars(WITH_TOKEN).run(&["serve", "--listen", &address]).await;
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.starts_with(&format!("error: cannot listen at {address}: Address already in use")), "{last}");
    assert!(last.ends_with("; choose another address with --listen, or end the program that has it"), "{last}");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
}
