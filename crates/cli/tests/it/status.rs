//! `status`, for people and for machines.

use serde_json::{Value, json};

use crate::support::{Ran, Tool, set_mode};

/// 64 digits, and what names them.
const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

async fn json(tool: &Tool) -> (i32, Value) {
    let Ran { code, stdout, stderr } = tool.run(&["status", "--json"]).await;
    assert_eq!(stderr, "");
    (code, serde_json::from_str(&stdout).unwrap())
}

fn fingerprint(token: &str) -> String {
    ray_auth::Token::parse(token).unwrap().fingerprint().to_string()
}

#[tokio::test]
async fn all_is_well() {
    let tool = Tool::new().file(".ray/auth_token", TOKEN);
    let path = tool.default_file();
    let ran = tool.run(&["status"]).await;
    let lines =
        format!("mode      token\nsource    the default token file {path:?}\nprimary   {}\n", fingerprint(TOKEN));
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, lines, ""));

    let expected = json!({
        "mode": "token",
        "source": {"kind": "default", "path": path.to_str().unwrap()},
        "tokens": [{"role": "primary", "fingerprint": fingerprint(TOKEN), "weak": false}],
        "kubernetes": null,
        "warnings": [],
        "problem": null,
    });
    assert_eq!(json(&tool).await, (0, expected));
}

#[tokio::test]
async fn in_a_pod_it_is_told_who_we_are_and_who_judges() {
    // {"sub":"system:serviceaccount:here:head","aud":["https://kubernetes"],"exp":9999999999}
    const CLAIMS: &str = "eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6aGVyZTpoZWFkIiwiYXVkIjpbImh0dHBzOi8va3ViZXJuZXRlcyJdLCJleHAiOjk5OTk5OTk5OTl9";
    let token = format!("e30.{CLAIMS}.c2ln");
    let pod = [
        ("RAY_ENABLE_K8S_TOKEN_AUTH", "true"),
        ("RAY_AUTH_TOKEN_PATH", "__home__/ray"),
        ("RAY_AUTH_KUBERNETES_FOLDER", "__home__/pod"),
        ("RAY_CLUSTER_NAME", "lab"),
        ("RAY_CLUSTER_NAMESPACE", "here"),
        ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
        ("KUBERNETES_SERVICE_PORT", "443"),
    ];
    let files = |tool: Tool| {
        tool.file("ray", &token).file("pod/ca.crt", "x").file("pod/token", "x").file("pod/namespace", "here")
    };
    let (code, answer) = json(&files(Tool::new().vars(&pod))).await;
    assert_eq!((code, &answer["mode"], &answer["problem"]), (0, &json!("kubernetes"), &Value::Null));
    let left = answer["kubernetes"]["seconds_left"].as_u64().unwrap();
    assert!(left > 7_000_000_000, "{left}");
    let expected = json!({
        "subject": "system:serviceaccount:here:head", "audiences": ["https://kubernetes"], "seconds_left": left,
        "server": "https://10.96.0.1:443/", "cluster": "lab", "namespace": "here",
    });
    assert_eq!(answer["kubernetes"], expected);
    let ran = files(Tool::new().vars(&pod)).run(&["status"]).await;
    let told = "judge     https://10.96.0.1:443/, for RayCluster lab in namespace here\n";
    assert!(ran.stdout.contains(told) && !ran.stdout.contains(CLAIMS), "{}", ran.stdout);

    let (code, answer) = json(&files(Tool::new().vars(&pod[..3]))).await;
    let warning = answer["warnings"].to_string();
    assert_eq!((code, &answer["kubernetes"]["server"]), (0, &Value::Null));
    assert!(warning.contains("a server could not judge callers here: RAY_CLUSTER_NAME is not set"), "{warning}");
    let opaque = Tool::new().vars(&[("RAY_ENABLE_K8S_TOKEN_AUTH", "true"), ("RAY_AUTH_TOKEN", TOKEN)]);
    assert!(json(&opaque).await.1["warnings"].to_string().contains("our own token is not a service account's"));
}

#[tokio::test]
async fn a_token_that_says_itself_that_it_has_ended_is_none_that_can_be_used() {
    // {"sub":"system:serviceaccount:here:head","exp":1700000000}
    const CLAIMS: &str = "eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6aGVyZTpoZWFkIiwiZXhwIjoxNzAwMDAwMDAwfQ";
    let token = format!("e30.{CLAIMS}.c2ln");
    let tool = Tool::new().vars(&[("RAY_ENABLE_K8S_TOKEN_AUTH", "true"), ("RAY_AUTH_TOKEN_PATH", "__home__/ray")]);
    let tool = tool.file("ray", &token);
    let (code, answer) = json(&tool).await;
    assert_eq!((code, &answer["kubernetes"]["seconds_left"]), (1, &json!(0)));
    let told = answer["problem"].as_str().unwrap();
    assert!(told.starts_with("our own token has ended, so every server refuses us; let Kubernetes "), "{told}");

    let ran = tool.run(&["status"]).await;
    assert_eq!((ran.code, ran.stderr), (1, format!("error: {told}\n")));
    assert!(ran.stdout.contains("\nexpires   it has ended\n"), "{}", ran.stdout);
    // As a shared secret it is as good as any: nobody reads it.
    let shared = Tool::new().var("RAY_AUTH_TOKEN", &token);
    assert_eq!(json(&shared).await.0, 0);
}

#[tokio::test]
async fn a_weak_token_is_named_and_warned_of() {
    let tool = Tool::new().var("RAY_AUTH_TOKEN", "open-sesame");
    let (code, answer) = json(&tool).await;
    assert_eq!(code, 0);
    assert_eq!(answer["source"], json!({"kind": "variable", "path": null}));
    let row = json!([{"role": "primary", "fingerprint": fingerprint("open-sesame"), "weak": true}]);
    assert_eq!(answer["tokens"], row);
    let warning = answer["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("the primary token is shorter than 32 characters: "), "{warning}");

    let ran = tool.run(&["status"]).await;
    assert!(
        ran.stdout.contains(&format!("\nprimary   {} (weak)\nwarning   the primary token", fingerprint("open-sesame")))
    );
}

#[tokio::test]
async fn in_a_rotation_all_tokens_are_named_with_their_roles() {
    let (next, old) = (TOKEN.replace('0', "1"), TOKEN.replace('0', "2"));
    let content = format!("{TOKEN}\n# a comment\nnext {next}\naccept {old}\nstray\n");
    let tool = Tool::new().file(".ray/auth_token", content);
    let (code, answer) = json(&tool).await;
    let row = |role, token| json!({"role": role, "fingerprint": fingerprint(token), "weak": false});
    assert_eq!((code, &answer["problem"]), (0, &Value::Null));
    assert_eq!(answer["tokens"], json!([row("primary", TOKEN), row("next", &next), row("accepted", &old)]));
    let warning = answer["warnings"][0].as_str().unwrap();
    assert!(warning.contains("(line 5)") && !warning.contains("stray"), "{warning}");

    let ran = tool.run(&["status"]).await;
    let lines = format!(
        "\nprimary   {}\nnext      {}\naccepted  {}\nwarning   ",
        fingerprint(TOKEN),
        fingerprint(&next),
        fingerprint(&old)
    );
    assert!(ran.stdout.contains(&lines), "{}", ran.stdout);
}

#[tokio::test]
async fn what_others_can_do_with_the_file_is_told() {
    let tool = Tool::new().file("file", TOKEN).vars(&[("RAY_AUTH_TOKEN_PATH", "__home__/file")]);
    let file = tool.home().join("file");
    set_mode(&file, 0o666);
    let (code, answer) = json(&tool).await;
    assert_eq!(code, 0);
    assert_eq!(answer["source"]["kind"], "path_variable");
    let expected = json!([
        format!("{file:?} can be read by every user (mode 0666); take that away with chmod o-r"),
        format!("{file:?} can be written by other users (mode 0666); take that away with chmod go-w"),
    ]);
    assert_eq!(answer["warnings"], expected);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_the_way_to_mend_it() {
    struct Row {
        name: &'static str,
        vars: &'static [(&'static str, &'static str)],
        code: i32,
        mode: Value,
        kind: Value,
        problem: &'static str,
    }
    let table = [
        Row {
            name: "no token",
            vars: &[],
            code: 1,
            mode: "token".into(),
            kind: Value::Null,
            problem: "no authentication token was found (no variable names one, and there is no",
        },
        Row {
            name: "no file",
            vars: &[("RAY_AUTH_TOKEN_PATH", "/nope")],
            code: 1,
            mode: "token".into(),
            kind: "path_variable".into(),
            problem: "RAY_AUTH_TOKEN_PATH is set but its file \"/nope\" cannot be opened: it does not exist; ",
        },
        Row {
            name: "no token for Kubernetes",
            vars: &[("RAY_ENABLE_K8S_TOKEN_AUTH", "true")],
            code: 1,
            mode: "kubernetes".into(),
            kind: Value::Null,
            problem: "no authentication token was found",
        },
        Row {
            name: "unusable",
            vars: &[("RAY_AUTH_TOKEN", "tok\ten")],
            code: 1,
            mode: "token".into(),
            kind: "variable".into(),
            problem: "RAY_AUTH_TOKEN holds no usable token: the token has the byte 0x09 at position 3",
        },
        Row {
            name: "unknown mode",
            vars: &[("RAY_AUTH_MODE", "tokens"), ("RAY_AUTH_TOKEN", TOKEN)],
            code: 2,
            mode: Value::Null,
            kind: Value::Null,
            problem: "RAY_AUTH_MODE is \"tokens\", which is no mode; set it to token or disabled",
        },
        Row {
            name: "unknown flag",
            vars: &[("RAY_ENABLE_K8S_TOKEN_AUTH", "yes"), ("RAY_AUTH_TOKEN", TOKEN)],
            code: 2,
            mode: Value::Null,
            kind: Value::Null,
            problem: "RAY_ENABLE_K8S_TOKEN_AUTH is \"yes\", which is neither on nor off; ",
        },
    ];
    for Row { name, vars, code, mode, kind, problem } in table {
        let tool = Tool::new().vars(vars);
        let (exit, answer) = json(&tool).await;
        assert_eq!((exit, &answer["mode"]), (code, &mode), "{name}");
        assert_eq!(answer["source"].get("kind").unwrap_or(&Value::Null), &kind, "{name}");
        assert_eq!(answer["tokens"], json!([]), "{name}");
        let told = answer["problem"].as_str().unwrap();
        assert!(told.starts_with(problem), "{name}: {told}");

        let ran = tool.run(&["status"]).await;
        assert_eq!(ran.code, code, "{name}");
        assert_eq!(ran.stderr, format!("error: {told}\n"), "{name}");
        let word = mode.as_str().unwrap_or("unknown");
        assert!(ran.stdout.starts_with(&format!("mode      {word}\n")), "{name}: {}", ran.stdout);
    }
}

#[tokio::test]
async fn disabled_is_a_choice_and_is_told_loudly() {
    let tool = Tool::new().var("RAY_AUTH_MODE", "disabled");
    let (code, answer) = json(&tool).await;
    assert_eq!((code, &answer["mode"], &answer["source"]), (0, &json!("disabled"), &Value::Null));
    let ran = tool.run(&["status"]).await;
    assert!(ran.stdout.contains("\nwarning   authentication is disabled: servers let every call in"), "{}", ran.stdout);
}
